"""Find leads of one BU; a lead of another BU is not there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select, tuple_
from sqlalchemy.orm import Session

from bu_routing.models import Lead, is_state
from bu_routing.rules.states import QUEUED
from hub.kernel.scoped import scoped


class LeadNotFound(Exception):
    """There is no such lead in this business unit."""


@dataclass(frozen=True, slots=True)
class Place:
    """Hold where a page of the queue ended: the last lead's score, creation time and id."""

    score: int
    created_at: datetime
    id: UUID


def get(session: Session, lead_id: UUID, bu_id: UUID) -> Lead:
    """Return the lead; raise LeadNotFound when this BU has none of that id."""
    return _one(session, _lead(lead_id, bu_id))


def lock(session: Session, lead_id: UUID, bu_id: UUID) -> Lead:
    """Return the lead, held against every other change to the end of the transaction; raise LeadNotFound."""
    return _one(session, _lead(lead_id, bu_id).with_for_update().execution_options(populate_existing=True))


def newest(session: Session, bu_id: UUID, *, state: str | None, before: UUID | None, limit: int) -> list[Lead]:
    """Return the BU's leads, newest first, those older than `before`."""
    query = scoped(select(Lead), bu_id).order_by(Lead.id.desc()).limit(limit)
    if state is not None:
        query = query.where(Lead.state == state)
    if before is not None:
        query = query.where(Lead.id < before)
    return list(session.scalars(query))


def waiting(session: Session, bu_id: UUID, *, after: Place | None, limit: int) -> list[Lead]:
    """Return the BU's queue in the order in which it is claimed: best score first, then oldest."""
    query = scoped(select(Lead), bu_id).where(is_state(QUEUED))
    if after is not None:
        later = tuple_(Lead.created_at, Lead.id) > (after.created_at, after.id)
        # The first half bounds the index, the second is exact.
        query = query.where(Lead.score <= after.score, (Lead.score < after.score) | later)
    return list(session.scalars(query.order_by(Lead.score.desc(), Lead.created_at, Lead.id).limit(limit)))


def _lead(lead_id: UUID, bu_id: UUID) -> Select[Lead]:
    return scoped(select(Lead), bu_id).where(Lead.id == lead_id)


def _one(session: Session, query: Select[Lead]) -> Lead:
    found = session.scalar(query)
    if found is None:
        raise LeadNotFound("this business unit has no such lead")
    return found
