"""Stitch OpenIDs to people by UnionID; a merge writes an edge and moves roots, nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import or_, select, text, update
from sqlalchemy.orm import Session

from hub.kernel import bulk, clock, outbox, rollups
from hub.kernel.ids import new_id
from hub.pool.facts import PeopleMerged
from hub.pool.models import IdentityConflict, IdentityLink, MergeEdge, Person
from hub.pool.rules import merging
from hub.pool.service.identities import UNIONID, IdentityRef, Known, lock_roots, members, resolve
from hub.pool.service.profiles import derive


@dataclass(frozen=True, slots=True)
class Link:
    """Say that `identity` and the UnionID `union` are one human being, and how that was learnt.

    `union` may be the OpenID with which a visitor logged in: see `visitors`.
    """

    identity: IdentityRef
    union: IdentityRef
    source: str


def link_identities(session: Session, links: Sequence[Link]) -> int:
    """Stitch each link's identity to the person of its UnionID; return how many merges that took."""
    known = resolve(session, [link.identity for link in links])
    taken = _carried(session, {k.person_id for k in known.values()})
    born = {
        link.union: known[link.identity].person_id
        for link in reversed(links)
        if taken[known[link.identity].person_id].get(link.union.namespace, link.union.value) == link.union.value
    }
    unions = resolve(session, [link.union for link in links], born=born)
    _remember(session, links, known, unions)
    wanted = [
        merging.Wanted(
            known[link.identity].person_id,
            unions[link.union].person_id,
            f"{link.union.kind}:{link.union.namespace}",
        )
        for link in links
        if known[link.identity].person_id != unions[link.union].person_id
    ]
    return _merge(session, wanted)


def _remember(
    session: Session,
    links: Sequence[Link],
    known: Mapping[IdentityRef, Known],
    unions: Mapping[IdentityRef, Known],
) -> None:
    now = clock.now()
    rows = {(known[link.identity].identity_id, unions[link.union].identity_id): link.source for link in links}
    made = bulk.insert_rows(
        session,
        IdentityLink,
        [
            {"identity_id": a, "linked_identity_id": b, "source": source, "linked_at": now}
            for (a, b), source in sorted(rows.items())
        ],
        conflict="DO NOTHING",
        returning="identity_id",
    )
    rollups.add(session, {("stitched", ""): len(made)})


def _carried(session: Session, people: Iterable[UUID]) -> dict[UUID, dict[str, str]]:
    """Return the UnionID that each person's cluster carries, by platform."""
    roots: dict[UUID, UUID] = {
        person: root for person, root in session.execute(select(Person.id, Person.root_id).where(Person.id.in_(people)))
    }
    cluster = members(session, roots.values())
    carried: dict[UUID, dict[str, str]] = {root: {} for root in roots.values()}
    for person, unionids in carried_by(session, cluster).items():
        carried[cluster[person]].update(unionids)
    return {person: carried[root] for person, root in roots.items()}


def _merge(session: Session, wanted: Sequence[merging.Wanted]) -> int:
    if not wanted:
        return 0
    cluster = hold(session, {p for w in wanted for p in (w.person_a, w.person_b)})
    apart, judged = _decided(session, cluster)
    carried = _carried_apart(session, cluster, judged) if judged else carried_by(session, cluster)
    plan = merging.plan(cluster, carried, wanted, apart, judged)
    now = clock.now()
    bulk.insert_rows(
        session,
        IdentityConflict,
        [
            {"id": new_id(), "person_a": a, "person_b": b, "evidence": {"by": c.evidence}, "found_at": now}
            for c in plan.conflicts
            for a, b in [sorted((c.person_a, c.person_b))]
        ],
        conflict="DO NOTHING",
    )
    join(session, cluster, plan)
    return len(plan.edges)


def join(
    session: Session, cluster: Mapping[UUID, UUID], plan: merging.Plan, evidence: Mapping[str, str] | None = None
) -> list[UUID]:
    """Write the edges of `plan` over persons held in `cluster`, with more `evidence` on them; return their ids."""
    now = clock.now()
    edges = [
        MergeEdge(
            id=new_id(),
            person_a=e.person_a,
            person_b=e.person_b,
            evidence={**(evidence or {}), "by": e.evidence},
            merged_at=now,
        )
        for e in plan.edges
    ]
    session.add_all(edges)
    move(session, plan.roots)
    session.flush()  # raw statements below read what the session added
    derive(session, {plan.roots.get(e.person_a, cluster[e.person_a]) for e in plan.edges})
    outbox.publish(session, [PeopleMerged(person_id=root, merged_id=p) for p, root in sorted(plan.roots.items())])
    rollups.add(session, {("people", ""): -len(edges), ("merges", ""): len(edges)})
    return [edge.id for edge in edges]


def _decided(session: Session, people: Iterable[UUID]) -> tuple[list[tuple[UUID, UUID]], set[UUID]]:
    """Return the pairs that a human keeps apart, and everybody among `people` whom a human decided about."""
    wanted = list(people)
    query = select(IdentityConflict).where(
        or_(IdentityConflict.person_a.in_(wanted), IdentityConflict.person_b.in_(wanted)),
        IdentityConflict.decision.is_not(None),
    )
    rows = list(session.scalars(query))
    apart = [(row.person_a, row.person_b) for row in rows if row.decision == merging.APART]
    return apart, {person for row in rows for person in (row.person_a, row.person_b)} & set(wanted)


def _carried_apart(
    session: Session, cluster: Mapping[UUID, UUID], judged: Iterable[UUID]
) -> dict[UUID, list[merging.UnionId]]:
    """Return the UnionIDs each person carries; of the clusters of `judged` those alone that are their own identities.

    What their OpenIDs are linked to beside is what the human had before them: it is settled, and would hide new ones.
    """
    roots = {cluster[person] for person in judged}
    own = [person for person, root in cluster.items() if root in roots]
    return carried_by(session, cluster.keys() - set(own)) | carried_by(session, own, linked=False)


def hold(session: Session, people: Iterable[UUID]) -> dict[UUID, UUID]:
    """Lock the whole clusters of `people` in one sweep, and again when a merge moved them while we waited.

    They are looked up first and locked together, in the order in which everybody locks people: locking a few and then
    the rest would make two transactions wait for one another.
    """
    wanted = set(people)
    while True:
        roots = session.scalars(select(Person.root_id).where(Person.id.in_(wanted)))
        held = lock_roots(session, members(session, roots))
        if members(session, (held[person] for person in wanted if person in held)) == held:
            return held


def move(session: Session, roots: Mapping[UUID, UUID]) -> None:
    """Give persons the roots that `roots` names."""
    for person, root in sorted(roots.items()):
        session.execute(update(Person).where(Person.id == person).values(root_id=root))


def carried_by(session: Session, people: Iterable[UUID], *, linked: bool = True) -> dict[UUID, list[merging.UnionId]]:
    """Return the UnionIDs each person carries: its own identities, and if `linked` those its OpenIDs were linked to."""
    linked_too = (
        " UNION SELECT i.person_id, u.namespace, u.value FROM identity i"
        " JOIN identity_link l ON l.identity_id = i.id JOIN identity u ON u.id = l.linked_identity_id"
        " WHERE i.person_id = ANY(:people)"
    )
    own = "SELECT person_id, namespace, value FROM identity WHERE kind = :kind AND person_id = ANY(:people)"
    rows = session.execute(text(own + linked_too if linked else own), {"kind": UNIONID, "people": list(people)})
    found: dict[UUID, list[merging.UnionId]] = {}
    for person_id, namespace, value in rows:
        found.setdefault(person_id, []).append((namespace, value))
    return found
