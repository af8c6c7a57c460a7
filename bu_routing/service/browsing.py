"""Leads and their steps as the group and a BU's people browse them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from bu_routing.models import Lead, LeadTransition
from hub.kernel.scoped import every_bu_unsafe, scoped


def browse(
    session: Session,
    *,
    bu_id: UUID | None = None,
    states: Sequence[str] = (),
    people: Sequence[UUID] | None = None,
    ids: Sequence[UUID] | None = None,
    claimed_by: UUID | None = None,
    before: UUID | None = None,
    limit: int,
) -> list[Lead]:
    """Return leads, newest first, those older than `before`; each argument that is given narrows them.

    Without `bu_id` they are those of every business unit: for the group's own people only.
    """
    query = every_bu_unsafe(select(Lead)) if bu_id is None else scoped(select(Lead), bu_id)
    query = query.order_by(Lead.id.desc()).limit(limit)
    if states:
        query = query.where(Lead.state.in_(list(states)))
    if people is not None:
        query = query.where(Lead.person_id.in_(list(people)))
    if ids is not None:
        query = query.where(Lead.id.in_(list(ids)))
    if claimed_by is not None:
        query = query.where(Lead.claimed_by == claimed_by)
    if before is not None:
        query = query.where(Lead.id < before)
    return list(session.scalars(query))


def lead_steps(
    session: Session,
    *,
    bu_id: UUID | None = None,
    lead_id: UUID | None = None,
    actor: str | None = None,
    before: UUID | None = None,
    limit: int,
) -> list[LeadTransition]:
    """Return steps of leads, newest first, those recorded before `before`; each argument that is given narrows them."""
    query = every_bu_unsafe(select(LeadTransition)) if bu_id is None else scoped(select(LeadTransition), bu_id)
    query = query.order_by(LeadTransition.id.desc()).limit(limit)
    if lead_id is not None:
        query = query.where(LeadTransition.lead_id == lead_id)
    if actor is not None:
        query = query.where(LeadTransition.actor == actor)
    if before is not None:
        query = query.where(LeadTransition.id < before)
    return list(session.scalars(query))
