"""Decide which persons are one: union by evidence, refused when two different UnionIDs stand in one platform."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

SAME, APART = "same", "apart"
"""What a human decides of two persons in conflict."""
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


def plan(
    roots: Mapping[UUID, UUID],
    unionids: Mapping[UUID, Iterable[UnionId]],
    wanted: Sequence[Wanted],
    apart: Iterable[tuple[UUID, UUID]] = (),
    judged: Iterable[UUID] = (),
) -> Plan:
    """Return how to join the persons of `wanted`.

    `roots` holds every person of the clusters concerned with its present root; `unionids` what each *person* carries;
    `apart` the pairs of which a human said that they are two: they are neither joined nor asked about again; `judged`
    persons whom a human decided about: their clusters may hold several UnionIDs of a platform.
    The result does not depend on the order of `wanted`; the oldest person (the smallest id) of a cluster is its root.
    """
    clusters = _Clusters(roots, unionids, apart, judged)
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
    clusters = _Clusters({person: person for person in persons}, {}, (), ())
    for a, b in edges:
        clusters.join(a, b)
    return clusters.roots()


class _Clusters:
    def __init__(
        self,
        roots: Mapping[UUID, UUID],
        unionids: Mapping[UUID, Iterable[UnionId]],
        apart: Iterable[tuple[UUID, UUID]],
        judged: Iterable[UUID],
    ) -> None:
        self._before = dict(roots)
        self._apart = [pair for pair in apart if pair[0] in roots and pair[1] in roots]
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
        self._judged = {id(self._of[person]) for person in judged if person in roots}

    def join(self, a: UUID, b: UUID) -> bool | None:
        """Join two clusters: True when joined, False when evidence forbids it.

        None says that nothing is to be done: they already are one, or a human keeps them apart.
        """
        left, right = self._of[a], self._of[b]
        if left is right or self._kept_apart(left, right):
            return None
        one, other = self._known[id(left)], self._known[id(right)]
        if not all(self._agree(left, right, platform) for platform in one.keys() & other.keys()):
            return False
        left |= right
        for platform, values in other.items():
            one.setdefault(platform, set()).update(values)
        if id(right) in self._judged:
            self._judged.add(id(left))
        for person in right:
            self._of[person] = left
        return True

    def _agree(self, left: set[UUID], right: set[UUID], platform: str) -> bool:
        """Tell whether the UnionIDs of two clusters in one platform allow one person.

        They are the same; or a human said that those of one cluster are one person's, and the other's are among them.
        """
        one, other = self._known[id(left)][platform], self._known[id(right)][platform]
        return (
            one == other or (id(left) in self._judged and other <= one) or (id(right) in self._judged and one <= other)
        )

    def _kept_apart(self, left: set[UUID], right: set[UUID]) -> bool:
        return any((p in left and q in right) or (p in right and q in left) for p, q in self._apart)

    def roots(self) -> dict[UUID, UUID]:
        return {person: min(members) for person, members in self._of.items()}

    def moved(self) -> dict[UUID, UUID]:
        return {person: root for person, root in self.roots().items() if self._before[person] != root}
