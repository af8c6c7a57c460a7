"""What a BU tells about a lead: accepted, rejected, given back, how far it came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Session

from bu_routing.facts import LeadRejected
from bu_routing.models import Lead
from bu_routing.rules import states
from bu_routing.rules.reasons import REASONS, RECYCLE, VERBS, Reason
from bu_routing.service.leads import lock
from bu_routing.service.transitions import SYSTEM, Move, record
from hub.group import service as group
from hub.kernel import clock, outbox
from privacy import service as privacy


class WrongState(Exception):
    """The lead's state does not allow this."""


class LeaseOver(Exception):
    """The lease ended before this came: claim the lead again."""


class HeldByAnother(Exception):
    """Another key of the business unit has claimed the lead."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Hold what a BU reports of a lead; `occurred_at` is the BU's time, None means now."""

    state: str
    amount: Decimal | None = None
    currency: str | None = None
    reason: str | None = None
    occurred_at: datetime | None = None
    external_id: str | None = None


def accept(session: Session, *, lead_id: UUID, bu_id: UUID, actor_id: UUID) -> Lead:
    """Accept a claimed lead within its lease; the same key may say so twice."""
    lead = lock(session, lead_id, bu_id)
    moved = _step(lead, "accept")
    refuse_others(lead, actor_id)
    if lead.state == moved.state:
        return lead
    refuse_late(lead)
    return _take(session, lead, moved, str(actor_id))


def release(session: Session, *, lead_id: UUID, bu_id: UUID, actor_id: UUID) -> Lead:
    """Give a claimed lead back to the queue; the lease may be over, as long as nobody else claimed it."""
    lead = lock(session, lead_id, bu_id)
    moved = _step(lead, "release")
    refuse_others(lead, actor_id)
    _take(session, lead, moved, str(actor_id))
    _drop_claim(lead)
    return lead


def reject(
    session: Session, *, lead_id: UUID, bu_id: UUID, actor_id: UUID, reason: str, note: str | None = None
) -> Lead:
    """Reject a lead for a reason of the closed list, and let the reason take its effect.

    `note` is sealed before it is stored. A re-routed lead stays rejected, and a fact lets another BU have the person.
    """
    lead, why = lock(session, lead_id, bu_id), REASONS[reason]
    moved = _step(lead, "reject")
    if lead.state == states.CLAIMED:
        refuse_others(lead, actor_id)
        refuse_late(lead)
    if note:
        sealed = privacy.seal_text(session, note.encode(), context=f"lead:{lead.id}")
        lead.note, lead.note_epoch = sealed.blob, sealed.epoch
    _take(session, lead, moved, str(actor_id), reason)
    _drop_claim(lead)
    _take_effect(session, lead, why)
    slug = group.bu_by_id(session, bu_id).slug
    fact = LeadRejected(person_id=lead.person_id, lead_id=lead.id, bu=slug, reason=reason, effect=why.effect)
    outbox.publish(session, [fact])
    return lead


def progress(session: Session, *, lead_id: UUID, bu_id: UUID, actor_id: UUID, report: Progress) -> Lead:
    """Record how far a lead came; what was passed over is noted, and what comes twice or too late changes no state."""
    lead, now = lock(session, lead_id, bu_id), clock.now()
    moved = _step(lead, states.PROGRESS[report.state])
    at = report.occurred_at or now
    older = lead.progressed_at is not None and at < lead.progressed_at
    closed = lead.state in (states.WON, states.LOST)
    if lead.state != moved.state and not (closed and older):
        _take(session, lead, moved, str(actor_id), report.reason, at)
        lead.progressed_at, older = at, False
    if not older:
        _note_details(lead, report)
    return lead


def _step(lead: Lead, verb: str) -> states.Step:
    try:
        return states.step(lead.state, verb)
    except states.NotAllowed as error:
        raise WrongState(str(error)) from error


def refuse_others(lead: Lead, actor_id: UUID) -> None:
    """Raise HeldByAnother unless this key claimed the lead."""
    if lead.claimed_by != actor_id:
        raise HeldByAnother("Another key of this business unit holds this lead.")


def refuse_late(lead: Lead) -> None:
    """Raise LeaseOver when the claim's lease ended."""
    if lead.lease_until is not None and lead.lease_until <= clock.now():
        raise LeaseOver(f"The lease ended at {lead.lease_until.isoformat()}: claim the lead again.")


def _take(
    session: Session,
    lead: Lead,
    moved: states.Step,
    actor: str,
    reason: str | None = None,
    at: datetime | None = None,
) -> Lead:
    now = clock.now()
    record(session, [Move(lead.id, lead.bu_id, lead.state, moved.state, actor, at or now, reason, moved.skipped)])
    lead.state, lead.reason, lead.updated_at, lead.lease_until = moved.state, reason, now, None
    return lead


def _drop_claim(lead: Lead) -> None:
    lead.claimed_by, lead.assignee, lead.lease_until = None, None, None


def _take_effect(session: Session, lead: Lead, why: Reason) -> None:
    if why.effect == RECYCLE:
        lead.recycle_at = clock.now() + timedelta(days=why.days or 0)
    if why.effect in VERBS:
        _take(session, lead, _step(lead, VERBS[why.effect]), SYSTEM, why.code)


def _note_details(lead: Lead, report: Progress) -> None:
    if report.amount is not None:
        lead.amount, lead.currency = report.amount, report.currency
    if report.external_id is not None:
        lead.external_id = report.external_id
