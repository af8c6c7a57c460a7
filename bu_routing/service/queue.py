"""The BU's queue: claims that never meet, leases that run out."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select, update
from sqlalchemy.orm import Session

from bu_routing.models import Lead, is_state
from bu_routing.rules.states import CLAIMED, QUEUED, step
from bu_routing.service.transitions import SYSTEM, Move, record
from hub.kernel import clock

_LEASE_OVER = "lease over"


def claim(
    session: Session, *, bu_id: UUID, actor_id: UUID, limit: int, lease_minutes: int = 30, assignee: str | None = None
) -> list[Lead]:
    """Claim up to `limit` leads of the BU's queue, best score first, until the lease is over; return them so.

    Claims whose lease is over go back to the queue first. Two claims at once never get the same lead, nor wait.
    """
    now = clock.now()
    if session.scalar(select(_overdue(now).where(Lead.bu_id == bu_id).exists())):
        _expire(session, Lead.bu_id == bu_id, limit, now)
    picked = (
        select(Lead.id)
        .where(Lead.bu_id == bu_id, is_state(QUEUED))
        .order_by(Lead.score.desc(), Lead.created_at, Lead.id)
    )
    values = {
        "state": step(QUEUED, "claim").state,
        "claimed_by": actor_id,
        "assignee": assignee,
        "lease_until": now + timedelta(minutes=lease_minutes),
        "claim_token": Lead.claim_token + 1,
    }
    leads = _move(session, picked, limit, values, now)
    record(session, [Move(lead.id, lead.bu_id, QUEUED, lead.state, str(actor_id), now) for lead in leads])
    return leads


def expire_leases(session: Session, limit: int) -> int:
    """Put up to `limit` leads whose lease is over back into their queues; return how many."""
    now = clock.now()
    return sum(_expire(session, Lead.bu_id == bu_id, limit, now) for bu_id in _overdue_units(session, now))


def _overdue_units(session: Session, now: datetime) -> list[UUID]:
    return sorted(session.scalars(_overdue(now).distinct()))


def _overdue(now: datetime) -> Select[UUID]:
    return select(Lead.bu_id).where(is_state(CLAIMED), Lead.lease_until <= now)


def _expire(session: Session, whose: ColumnElement[bool], limit: int, now: datetime) -> int:
    picked = select(Lead.id).where(whose, is_state(CLAIMED), Lead.lease_until <= now).order_by(Lead.lease_until)
    values = {"state": step(CLAIMED, "expire").state, "claimed_by": None, "assignee": None, "lease_until": None}
    leads = _move(session, picked, limit, values, now)
    record(session, [Move(lead.id, lead.bu_id, CLAIMED, lead.state, SYSTEM, now, _LEASE_OVER) for lead in leads])
    return len(leads)


def _move(session: Session, picked: Select[UUID], limit: int, values: dict[str, Any], now: datetime) -> list[Lead]:
    """Change the first `limit` leads of `picked` that nobody else holds, in one statement; return them, best first."""
    # Materialized, so that no plan runs the locking part twice and takes more than `limit`.
    held = picked.limit(limit).with_for_update(skip_locked=True).cte("held").prefix_with("MATERIALIZED")
    statement = (
        update(Lead)
        .where(Lead.id.in_(select(held.c.id)))
        .values(updated_at=now, **values)
        .returning(Lead)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    return sorted(session.scalars(statement), key=lambda lead: (-lead.score, lead.created_at, lead.id))
