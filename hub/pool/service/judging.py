"""What humans decide about who is one person: conflicts judged, merges undone and restored, each reversible."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from hub.kernel import bulk, clock, rollups
from hub.kernel.ids import new_id
from hub.pool.models import IdentityConflict, MergeEdge
from hub.pool.rules import merging
from hub.pool.rules.merging import APART, SAME
from hub.pool.service.linking import hold, join, move
from hub.pool.service.profiles import derive

_HUMAN = "human"


class UnknownMerge(Exception):
    """There is no such merge, or it was undone already."""


class UnknownConflict(Exception):
    """There is no such conflict."""


class AlreadyDecided(Exception):
    """Somebody decided this conflict before, or nobody decided what is to be taken back."""


def decide_same(session: Session, conflict_id: UUID, by: UUID | None) -> UUID | None:
    """Merge the two persons of a conflict by a human's word, `by` whom is kept as the evidence; return the edge.

    Raise UnknownConflict or AlreadyDecided. None: they were one already, by something that was learnt meanwhile.
    """
    row = _open(session, conflict_id)
    evidence = {"conflict": str(row.id), "decided_by": str(by) if by else "operator"}
    edges = _force(session, row.person_a, row.person_b, _HUMAN, evidence)
    _settle(row, SAME, by)
    return edges[0] if edges else None


def decide_apart(session: Session, conflict_id: UUID, by: UUID | None) -> None:
    """Keep the two persons of a conflict apart: they are never merged and never asked about again.

    Raise UnknownConflict or AlreadyDecided.
    """
    row = _open(session, conflict_id)
    cluster = hold(session, [row.person_a, row.person_b])
    _settle(row, APART, by)
    for other in _between(session, cluster, row):
        _settle(other, APART, by)


def reopen(session: Session, conflict_id: UUID, by: UUID | None) -> None:
    """Take a decision back, and with it the merge it made; raise UnknownConflict, or AlreadyDecided when it is open."""
    row = _held(session, conflict_id)
    if row.decision is None:
        raise AlreadyDecided(str(conflict_id))
    if row.decision == SAME:
        for edge in session.scalars(_standing().where(MergeEdge.evidence["conflict"].astext == str(row.id))):
            _split(session, edge, by)
    _settle(row, None, None)


def merged_person(session: Session, edge_id: UUID) -> UUID:
    """Return the older of the two persons of a merge, whether it stands or not; raise UnknownMerge."""
    edge = session.get(MergeEdge, edge_id)
    if edge is None:
        raise UnknownMerge(f"no merge {edge_id} was made")
    return min(edge.person_a, edge.person_b)


def undo_merge(session: Session, edge_id: UUID, by: UUID | None = None) -> None:
    """Take a merge back: drop its edge and derive both persons anew; raise UnknownMerge when there is none.

    The same evidence does not merge them again. A merge by a human's word opens its conflict again.
    """
    edge = session.scalar(_standing().where(MergeEdge.id == edge_id))
    if edge is None:
        raise UnknownMerge(f"no merge {edge_id} stands")
    _split(session, edge, by)
    judged = edge.evidence.get("conflict")
    if judged is not None:
        _settle(_held(session, UUID(judged)), None, None)
        return
    now, (a, b) = clock.now(), sorted((edge.person_a, edge.person_b))
    row = {"id": new_id(), "person_a": a, "person_b": b, "evidence": dict(edge.evidence), "found_at": now}
    row |= {"decision": APART, "decided_at": now, "decided_by": by}
    decided = "decision = excluded.decision, decided_at = excluded.decided_at, decided_by = excluded.decided_by"
    bulk.insert_rows(session, IdentityConflict, [row], conflict=f"(person_a, person_b) DO UPDATE SET {decided}")


def restore_merge(session: Session, edge_id: UUID, by: UUID | None) -> UUID | None:
    """Merge again what an undone merge had joined; return the new edge, None when they are one already.

    Raise UnknownMerge when no such merge was undone.
    """
    edge = session.scalar(select(MergeEdge).where(MergeEdge.id == edge_id, MergeEdge.undone_at.is_not(None)))
    if edge is None:
        raise UnknownMerge(f"no merge {edge_id} was undone")
    evidence = {**edge.evidence, "restored_by": str(by) if by else "operator"}
    edges = _force(session, edge.person_a, edge.person_b, str(edge.evidence["by"]), evidence)
    a, b = sorted((edge.person_a, edge.person_b))
    session.execute(
        update(IdentityConflict)
        .where(IdentityConflict.person_a == a, IdentityConflict.person_b == b)
        .values(decision=SAME, decided_at=clock.now(), decided_by=by)
    )
    return edges[0] if edges else None


def _force(session: Session, a: UUID, b: UUID, why: str, evidence: Mapping[str, str]) -> list[UUID]:
    cluster = hold(session, [a, b])
    return join(session, cluster, merging.plan(cluster, {}, [merging.Wanted(a, b, why)]), evidence)


def _split(session: Session, edge: MergeEdge, by: UUID | None) -> None:
    cluster = hold(session, [edge.person_a])
    edge.undone_at, edge.undone_by = clock.now(), by
    session.flush()  # the edges are read again below
    standing = session.scalars(_standing().where(MergeEdge.person_a.in_(list(cluster))))
    roots = merging.roots_of(cluster, [(other.person_a, other.person_b) for other in standing])
    move(session, roots)
    derive(session, set(roots.values()))
    parted = len(set(roots.values())) - 1
    rollups.add(session, {("people", ""): parted, ("merges", ""): -parted})


def _standing() -> Select[MergeEdge]:
    return select(MergeEdge).where(MergeEdge.undone_at.is_(None))


def _held(session: Session, conflict_id: UUID) -> IdentityConflict:
    row = session.scalar(select(IdentityConflict).where(IdentityConflict.id == conflict_id).with_for_update())
    if row is None:
        raise UnknownConflict(str(conflict_id))
    return row


def _open(session: Session, conflict_id: UUID) -> IdentityConflict:
    row = _held(session, conflict_id)
    if row.decision is not None:
        raise AlreadyDecided(str(conflict_id))
    return row


def _settle(row: IdentityConflict, decision: str | None, by: UUID | None) -> None:
    row.decision, row.decided_by = decision, by
    row.decided_at = None if decision is None else clock.now()


def _between(session: Session, cluster: Mapping[UUID, UUID], row: IdentityConflict) -> Iterable[IdentityConflict]:
    """Return the other open conflicts between the two persons of `row`, whoever of their members they name."""
    people = list(cluster)
    query = select(IdentityConflict).where(
        IdentityConflict.person_a.in_(people),
        IdentityConflict.person_b.in_(people),
        IdentityConflict.decision.is_(None),
        IdentityConflict.id != row.id,
    )
    return [other for other in session.scalars(query) if cluster[other.person_a] != cluster[other.person_b]]
