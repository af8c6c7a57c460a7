"""What may be known of contact data without opening it: until when it is kept, when it was purged, who was shown it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hub.kernel import clock
from hub.kernel.scoped import every_bu_unsafe, scoped
from privacy.models import Collection, ConsentRecord, Disclosure, PurgeRun


@dataclass(frozen=True, slots=True)
class Kept:
    """Hold one collection: which fields, whose, its clock; never the values."""

    id: UUID
    fields: tuple[str, ...]
    verified: tuple[str, ...]
    legal_entity: str | None
    collected_at: datetime
    expires_at: datetime
    purged_at: datetime | None
    scopes: tuple[str, ...]
    """What the person agreed to and has not withdrawn."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Hold one disclosure: who was shown which fields, when and what for."""

    id: UUID
    lead_id: UUID
    person_id: UUID
    bu_id: UUID
    actor_id: UUID
    purpose: str
    fields: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class PurgeState:
    """Hold how the purge stands: its newest runs, and what is overdue, which must be nothing."""

    overdue: int
    next_day: date | None
    runs: tuple[PurgeRun, ...]


def kept_of(session: Session, people: Sequence[UUID]) -> list[Kept]:
    """Return every collection of `people`, newest first, without opening any."""
    query = (
        select(Collection, ConsentRecord.scopes)
        .outerjoin(ConsentRecord, (ConsentRecord.collection_id == Collection.id) & ConsentRecord.withdrawn_at.is_(None))
        .where(Collection.person_id.in_(list(people)))
        .order_by(Collection.collected_at.desc(), Collection.id.desc())
    )
    return [
        Kept(
            row.id,
            tuple(row.fields),
            tuple(row.verified),
            row.legal_entity,
            row.collected_at,
            row.expires_at,
            row.purged_at,
            tuple(scopes or ()),
        )
        for row, scopes in session.execute(query)
    ]


def disclosures(
    session: Session,
    *,
    before: UUID | None = None,
    people: Sequence[UUID] | None = None,
    actor_id: UUID | None = None,
    bu_id: UUID | None = None,
    limit: int,
) -> list[Shown]:
    """Return disclosures, newest first, those older than `before`; each argument that is given narrows them."""
    query = every_bu_unsafe(select(Disclosure)) if bu_id is None else scoped(select(Disclosure), bu_id)
    query = query.order_by(Disclosure.id.desc()).limit(limit)
    if before is not None:
        query = query.where(Disclosure.id < before)
    if people is not None:
        query = query.where(Disclosure.person_id.in_(list(people)))
    if actor_id is not None:
        query = query.where(Disclosure.actor_id == actor_id)
    return [
        Shown(d.id, d.lead_id, d.person_id, d.bu_id, d.actor_id, d.purpose, tuple(d.fields), d.at)
        for d in session.scalars(query)
    ]


def purge_state(session: Session, *, limit: int) -> PurgeState:
    """Return the purge's newest `limit` runs, the next expiry day, and how many collections are past theirs."""
    now = clock.now()
    open_ = Collection.purged_at.is_(None)
    overdue = session.scalar(select(func.count()).where(open_, Collection.expires_on < now.date()))
    coming = session.scalar(select(func.min(Collection.expires_on)).where(open_))
    runs = session.scalars(select(PurgeRun).order_by(PurgeRun.day.desc(), PurgeRun.kind).limit(limit))
    return PurgeState(overdue or 0, coming, tuple(runs))
