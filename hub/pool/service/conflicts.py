"""Read identity conflicts: who may be one person, with the evidence of both sides; identities masked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, aliased

from hub.pool.models import Activity, Identity, IdentityConflict, IdentityLink, Person
from hub.pool.rules.masking import mask
from hub.pool.service.linking import carried_by
from hub.pool.service.people import PersonShown, show_person


@dataclass(frozen=True, slots=True)
class ConflictRow:
    """Hold one conflict: its two persons (their roots), what joins them, and what was decided."""

    id: UUID
    people: tuple[UUID, UUID]
    by: str
    found_at: datetime
    decision: str | None
    decided_at: datetime | None
    decided_by: UUID | None


@dataclass(frozen=True, slots=True)
class Side:
    """Hold one of the two persons: who they are, and how much they did between when and when."""

    person: PersonShown
    activities: int
    first_at: datetime | None
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class Joined:
    """Hold a link between an identity of one side and an identity of the other: what speaks for one person."""

    identity: tuple[str, str, str]
    other: tuple[str, str, str]
    """(kind, namespace, masked value)"""
    source: str
    linked_at: datetime


@dataclass(frozen=True, slots=True)
class ConflictShown:
    """Hold a conflict whole; `differing` names per open platform the UnionIDs of both sides, masked."""

    row: ConflictRow
    sides: tuple[Side, Side]
    joined: tuple[Joined, ...]
    differing: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]


_A, _B = aliased(Person), aliased(Person)


def open_conflicts(session: Session, *, before: UUID | None, limit: int) -> list[ConflictRow]:
    """Return the conflicts that wait for a human, newest first, those older than `before`."""
    query = _query().where(IdentityConflict.decision.is_(None), _A.root_id != _B.root_id)
    return _page(session, query, before, limit)


def count_open_conflicts(session: Session, *, most: int) -> int:
    """Return how many conflicts wait for a human, counted up to `most`."""
    waiting = select(IdentityConflict.id).where(IdentityConflict.decision.is_(None)).limit(most).subquery()
    return session.scalar(select(func.count()).select_from(waiting)) or 0


def decided_conflicts(session: Session, *, before: UUID | None, limit: int) -> list[ConflictRow]:
    """Return the conflicts that a human decided, newest first, those older than `before`."""
    return _page(session, _query().where(IdentityConflict.decision.is_not(None)), before, limit)


def conflict(session: Session, conflict_id: UUID) -> ConflictShown | None:
    """Return a conflict with the evidence of both sides, None when there is none."""
    found = session.execute(_query().where(IdentityConflict.id == conflict_id)).one_or_none()
    if found is None:
        return None
    row = _row(*found)
    sides = tuple(_side(session, person) for person in row.people)
    return ConflictShown(
        row,
        (sides[0], sides[1]),
        _joined(session, sides[0].person.members, sides[1].person.members),
        _differing(session, sides[0].person.members, sides[1].person.members),
    )


def _query() -> Select[IdentityConflict, UUID, UUID]:
    return (
        select(IdentityConflict, _A.root_id, _B.root_id)
        .join(_A, _A.id == IdentityConflict.person_a)
        .join(_B, _B.id == IdentityConflict.person_b)
    )


def _page(
    session: Session, query: Select[IdentityConflict, UUID, UUID], before: UUID | None, limit: int
) -> list[ConflictRow]:
    if before is not None:
        query = query.where(IdentityConflict.id < before)
    return [_row(*found) for found in session.execute(query.order_by(IdentityConflict.id.desc()).limit(limit))]


def _row(row: IdentityConflict, a: UUID, b: UUID) -> ConflictRow:
    people = (a, b) if a != b else (row.person_a, row.person_b)
    by = str(row.evidence.get("by", ""))
    return ConflictRow(row.id, people, by, row.found_at, row.decision, row.decided_at, row.decided_by)


def _side(session: Session, person_id: UUID) -> Side:
    shown = show_person(session, person_id)
    if shown is None:
        raise LookupError(f"a conflict names {person_id}, who is not there")
    count, first, last = session.execute(
        select(func.count(), func.min(Activity.occurred_at), func.max(Activity.occurred_at)).where(
            Activity.person_id.in_(shown.members)
        )
    ).one()
    return Side(shown, count, first, last)


def _joined(session: Session, one: Sequence[UUID], other: Sequence[UUID]) -> tuple[Joined, ...]:
    mine, theirs = aliased(Identity), aliased(Identity)
    across = or_(
        mine.person_id.in_(one) & theirs.person_id.in_(other), mine.person_id.in_(other) & theirs.person_id.in_(one)
    )
    query = (
        select(mine, theirs, IdentityLink.source, IdentityLink.linked_at)
        .join(mine, mine.id == IdentityLink.identity_id)
        .join(theirs, theirs.id == IdentityLink.linked_identity_id)
        .where(across)
        .order_by(IdentityLink.linked_at)
    )
    return tuple(Joined(_masked(a), _masked(b), source, at) for a, b, source, at in session.execute(query))


def _masked(row: Identity) -> tuple[str, str, str]:
    return row.kind, row.namespace, mask(row.value)


def _differing(
    session: Session, one: Sequence[UUID], other: Sequence[UUID]
) -> tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]:
    """Return per open platform where the sides differ the UnionIDs of each, without those they share if any is left."""
    sides = [_by_platform(session, members) for members in (one, other)]
    found = []
    for platform in sorted(sides[0].keys() & sides[1].keys()):
        left, right = sides[0][platform], sides[1][platform]
        if left != right:
            shown = [sorted(own - shared or own) for own, shared in ((left, right), (right, left))]
            found.append((platform, tuple(map(mask, shown[0])), tuple(map(mask, shown[1]))))
    return tuple(found)


def _by_platform(session: Session, members: Sequence[UUID]) -> dict[str, set[str]]:
    """Return the UnionIDs of a side by platform: its own identities', and those its OpenIDs were linked to."""
    found: dict[str, set[str]] = {}
    for unionids in carried_by(session, members).values():
        for platform, value in unionids:
            found.setdefault(platform, set()).add(value)
    return found
