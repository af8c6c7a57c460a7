"""Decide which persons are one: union by evidence, refused when two different UnionIDs stand in one platform."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

UnionId = tuple[str, str]
"""(Open Platform slug, UnionID)"""


@dataclass(frozen=True, slots=True, order=True)
class Wanted:
    """Say that two persons share an identity, named by `evidence`."""

    person_a: UUID
    person_b: UUID
    evidence: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Hold what to write: edges, moved roots (person -> new root) and pairs that need a human."""

    edges: tuple[Wanted, ...]
    roots: Mapping[UUID, UUID]
    conflicts: tuple[Wanted, ...]


def plan(roots: Mapping[UUID, UUID], unionids: Mapping[UUID, Iterable[UnionId]], wanted: Sequence[Wanted]) -> Plan:
    """Return how to join the persons of `wanted`.

    `roots` holds every person of the clusters concerned with its present root; `unionids` what each *person* carries.
    The result does not depend on the order of `wanted`; the oldest person (the smallest id) of a cluster is its root.
    """
    clusters = _Clusters(roots, unionids)
    edges, conflicts = [], []
    for wish in sorted({_canonical(wish) for wish in wanted}, key=lambda w: (w.evidence, w.person_a, w.person_b)):
        outcome = clusters.join(wish.person_a, wish.person_b)
        if outcome is True:
            edges.append(wish)
        elif outcome is False:
            conflicts.append(wish)
    return Plan(tuple(edges), clusters.moved(), tuple(conflicts))


def _canonical(wish: Wanted) -> Wanted:
    first, second = sorted((wish.person_a, wish.person_b))
    return Wanted(first, second, wish.evidence)


def roots_of(persons: Iterable[UUID], edges: Iterable[tuple[UUID, UUID]]) -> dict[UUID, UUID]:
    """Return each person's root given the merge edges that stand: what an undo recomputes."""
    clusters = _Clusters({person: person for person in persons}, {})
    for a, b in edges:
        clusters.join(a, b)
    return clusters.roots()


class _Clusters:
    def __init__(self, roots: Mapping[UUID, UUID], unionids: Mapping[UUID, Iterable[UnionId]]) -> None:
        self._before = dict(roots)
        self._members: dict[UUID, set[UUID]] = {}
        self._of: dict[UUID, set[UUID]] = {}
        self._known: dict[int, dict[str, set[str]]] = {}
        for person, root in roots.items():
            members = self._members.setdefault(root, set())
            members.add(person)
            self._of[person] = members
        for members in self._members.values():
            known: dict[str, set[str]] = {}
            for person in members:
                for platform, value in unionids.get(person, ()):
                    known.setdefault(platform, set()).add(value)
            self._known[id(members)] = known

    def join(self, a: UUID, b: UUID) -> bool | None:
        """Join two clusters: True when joined, None when they already were one, False when evidence forbids it."""
        left, right = self._of[a], self._of[b]
        if left is right:
            return None
        one, other = self._known[id(left)], self._known[id(right)]
        if any(one[platform] != other[platform] for platform in one.keys() & other.keys()):
            return False
        left |= right
        for platform, values in other.items():
            one.setdefault(platform, set()).update(values)
        for person in right:
            self._of[person] = left
        return True

    def roots(self) -> dict[UUID, UUID]:
        return {person: min(members) for person, members in self._of.items()}

    def moved(self) -> dict[UUID, UUID]:
        return {person: root for person, root in self.roots().items() if self._before[person] != root}
