"""The BU's queue: claims that never meet, leases that run out."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from bu_routing.models import Lead, is_state
from bu_routing.rules.states import CLAIMED, QUEUED, NotAllowed, step
from bu_routing.service.feedback import WrongState
from bu_routing.service.leads import lock
from bu_routing.service.transitions import SYSTEM, Move, record
from hub.kernel import clock
from hub.kernel.scoped import every_bu_unsafe, scoped

_LEASE_OVER = "lease over"


def claim(
    session: Session, *, bu_id: UUID, actor_id: UUID, limit: int, lease_minutes: int = 30, assignee: str | None = None
) -> list[Lead]:
    """Claim up to `limit` leads of the BU's queue, best score first, until the lease is over; return them so.

    Claims whose lease is over go back to the queue first. Two claims at once never get the same lead, nor wait.
    """
    now = clock.now()
    if session.scalar(select(_overdue(bu_id, now).exists())):
        _expire(session, bu_id, limit, now)
    picked = (
        scoped(select(Lead.id), bu_id).where(is_state(QUEUED)).order_by(Lead.score.desc(), Lead.created_at, Lead.id)
    )
    values = {
        "state": step(QUEUED, "claim").state,
        "claimed_by": actor_id,
        "assignee": assignee,
        "lease_until": now + timedelta(minutes=lease_minutes),
        "claim_token": Lead.claim_token + 1,
    }
    leads = _move(session, bu_id, picked.limit(limit), values, now)
    record(session, [Move(lead.id, lead.bu_id, QUEUED, lead.state, str(actor_id), now) for lead in leads])
    return leads


def claim_one(
    session: Session,
    *,
    lead_id: UUID,
    bu_id: UUID,
    actor_id: UUID,
    lease_minutes: int = 30,
    assignee: str | None = None,
) -> Lead:
    """Claim one lead of the queue by its id, as a person does who read its card; raise LeadNotFound or WrongState.

    Whoever holds the claim already keeps it. A claim of somebody else whose lease is over may be taken.
    """
    lead, now = lock(session, lead_id, bu_id), clock.now()
    if lead.state == CLAIMED and lead.claimed_by == actor_id and lead.lease_until and lead.lease_until > now:
        return lead
    if lead.state == CLAIMED and lead.lease_until and lead.lease_until <= now:
        record(session, [Move(lead.id, bu_id, CLAIMED, step(CLAIMED, "expire").state, SYSTEM, now, _LEASE_OVER)])
        lead.state = step(CLAIMED, "expire").state
    try:
        state = step(lead.state, "claim").state
    except NotAllowed as error:
        raise WrongState(str(error)) from error
    lead.state, lead.claimed_by, lead.assignee, lead.updated_at = state, actor_id, assignee, now
    lead.lease_until, lead.claim_token = now + timedelta(minutes=lease_minutes), lead.claim_token + 1
    record(session, [Move(lead.id, bu_id, QUEUED, state, str(actor_id), now)])
    return lead


def expire_leases(session: Session, limit: int) -> int:
    """Put up to `limit` leads whose lease is over back into their queues; return how many."""
    now = clock.now()
    return sum(_expire(session, bu_id, limit, now) for bu_id in _overdue_units(session, now))


def _overdue_units(session: Session, now: datetime) -> list[UUID]:
    overdue = every_bu_unsafe(select(Lead.bu_id)).where(is_state(CLAIMED), Lead.lease_until <= now)
    return sorted(session.scalars(overdue.distinct()))


def _overdue(bu_id: UUID, now: datetime) -> Select[UUID]:
    return scoped(select(Lead.id), bu_id).where(is_state(CLAIMED), Lead.lease_until <= now)


def _expire(session: Session, bu_id: UUID, limit: int, now: datetime) -> int:
    picked = _overdue(bu_id, now).order_by(Lead.lease_until).limit(limit)
    values = {"state": step(CLAIMED, "expire").state, "claimed_by": None, "assignee": None, "lease_until": None}
    leads = _move(session, bu_id, picked, values, now)
    record(session, [Move(lead.id, lead.bu_id, CLAIMED, lead.state, SYSTEM, now, _LEASE_OVER) for lead in leads])
    return len(leads)


def _move(session: Session, bu_id: UUID, picked: Select[UUID], values: dict[str, Any], now: datetime) -> list[Lead]:
    """Change the leads of `picked` that nobody else holds, in one statement; return them, best first."""
    # Materialized, so that no plan runs the locking part twice and takes more than the limit.
    held = picked.with_for_update(skip_locked=True).cte("held").prefix_with("MATERIALIZED")
    statement = (
        scoped(update(Lead), bu_id)
        .where(Lead.id.in_(select(held.c.id)))
        .values(updated_at=now, **values)
        .returning(Lead)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    return sorted(session.scalars(statement), key=lambda lead: (-lead.score, lead.created_at, lead.id))
