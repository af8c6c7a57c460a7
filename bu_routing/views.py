"""The BU's API: read, claim, answer and work leads; and for admins why a person was routed as they were."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from bu_routing import schemas, service
from bu_routing.models import Lead
from bu_routing.service import Card, Explained, Place, Progress
from hub.kernel.access import ADMIN, BU, allow, caller
from hub.kernel.blueprints import Blueprint
from hub.kernel.db import transaction
from hub.kernel.http import Problem, broken_cursor, not_found, read_cursor, unrecorded, write_cursor
from privacy.service import Contact, PurposeRefused

blp = Blueprint("leads", __name__, url_prefix="/api/v1/leads", description="A business unit's leads")
decisions = Blueprint("decisions", __name__, url_prefix="/api/v1/routing", description="Why people were routed")


@blp.get("")
@blp.arguments(schemas.LeadQuery, location="query")
@blp.response(200, schemas.LeadPage)
@allow(BU, scope="leads:read")
def list_leads(query: dict[str, Any]) -> dict[str, Any]:
    """List leads, newest first; with `state=queued&order=score` the queue in the order in which it is claimed."""
    limit, by_score = query["limit"], query["order"] == "score"
    place = _place(query["cursor"], by_score=by_score)
    with transaction() as session:
        if by_score:
            after = None if place is None else Place(*place)
            leads = service.waiting(session, _bu(), after=after, limit=limit + 1)
        else:
            before = None if place is None else place[0]
            leads = service.newest(session, _bu(), state=query["state"], before=before, limit=limit + 1)
        cards = service.cards(session, leads[:limit])
    more = len(leads) > limit
    return {"items": cards, "next_cursor": _cursor(leads[limit - 1], by_score=by_score) if more else None}


@blp.post("/claims")
@blp.arguments(schemas.ClaimBody)
@blp.response(200, schemas.ClaimedLeads)
@allow(BU, scope="leads:write")
def post_claim(body: dict[str, Any]) -> dict[str, list[Card]]:
    """Claim the best leads of the queue for a while; two claims never get the same lead."""
    with transaction() as session:
        leads = service.claim(session, bu_id=_bu(), actor_id=caller().actor_id, **body)
        return {"items": service.cards(session, leads)}


@blp.get("/<lead_id>")
@blp.response(200, schemas.LeadResult)
@allow(BU, scope="leads:read")
def get_lead(lead_id: str) -> Card:
    """Read one lead."""
    with _problems(), transaction() as session:
        return service.cards(session, [service.get(session, _id(lead_id, "lead"), _bu())])[0]


@blp.post("/<lead_id>/acceptance")
@blp.response(200, schemas.LeadResult)
@allow(BU, scope="leads:write")
def post_acceptance(lead_id: str) -> Card:
    """Accept a claimed lead (SAL)."""
    return _change(lead_id, service.accept)


@blp.post("/<lead_id>/rejection")
@blp.arguments(schemas.RejectionBody)
@blp.response(200, schemas.LeadResult)
@allow(BU, scope="leads:write")
def post_rejection(body: dict[str, Any], lead_id: str) -> Card:
    """Reject a lead for a reason, which decides whether it is re-routed, recycled, disqualified or held."""
    return _change(lead_id, service.reject, **body)


@blp.post("/<lead_id>/release")
@blp.response(200, schemas.LeadResult)
@allow(BU, scope="leads:write")
def post_release(lead_id: str) -> Card:
    """Give a claimed lead back to the queue."""
    return _change(lead_id, service.release)


@blp.post("/<lead_id>/progress")
@blp.arguments(schemas.ProgressBody)
@blp.response(200, schemas.LeadResult)
@allow(BU, scope="leads:write")
def post_progress(body: dict[str, Any], lead_id: str) -> Card:
    """Report how far an accepted lead came; what comes twice or too late changes nothing."""
    return _change(lead_id, service.progress, report=Progress(**body))


@blp.post("/<lead_id>/contact")
@blp.arguments(schemas.ContactBody)
@blp.response(200, schemas.ContactResult)
@unrecorded
@allow(BU, scope="contact:reveal")
def post_contact(body: dict[str, str], lead_id: str) -> Contact:
    """Ask for the person's contact data; the disclosure is logged."""
    with _problems(), transaction() as session:
        return service.contact(
            session, lead_id=_id(lead_id, "lead"), bu_id=_bu(), actor_id=caller().actor_id, purpose=body["purpose"]
        )


@decisions.get("/decisions/<decision_id>")
@decisions.response(200, schemas.DecisionResult)
@allow(ADMIN, scope="admin:read")
def get_decision(decision_id: str) -> Explained:
    """Show how every rule answered for a person, which was chosen, and why in a sentence."""
    with _problems(), transaction() as session:
        return service.explain(session, _id(decision_id, "decision"))


def _change(lead_id: str, verb: Callable[..., Lead], **details: Any) -> Card:
    with _problems(), transaction() as session:
        lead = verb(session, lead_id=_id(lead_id, "lead"), bu_id=_bu(), actor_id=caller().actor_id, **details)
        return service.cards(session, [lead])[0]


@contextmanager
def _problems() -> Iterator[None]:
    try:
        yield
    except service.LeadNotFound:
        raise not_found("lead") from None
    except service.DecisionNotFound:
        raise not_found("decision") from None
    except (service.WrongState, service.LeaseOver, service.HeldByAnother) as error:
        raise Problem(409, str(error)) from None
    except PurposeRefused as error:
        raise Problem(422, str(error), {"purpose": [str(error)]}) from None


def _bu() -> UUID:
    found = caller().bu_id
    if found is None:
        raise Problem(403, "This key belongs to no business unit.")
    return found


def _id(text: str, what: str) -> UUID:
    """Return `text` as an id; anything that is none names nothing, so the answer is the same 404."""
    try:
        return UUID(text)
    except ValueError:
        raise not_found(what) from None


def _cursor(lead: Lead, *, by_score: bool) -> str:
    return write_cursor([lead.score, lead.created_at.isoformat(), lead.id] if by_score else [lead.id])


def _place(cursor: str | None, *, by_score: bool) -> list[Any] | None:
    """Return where the cursor's page ended: [score, created_at, id] or [id]; raise Problem 422 for a broken one."""
    position = read_cursor(cursor, 3 if by_score else 1)
    if position is None:
        return None
    try:
        last = UUID(position[-1])
        return [int(position[0]), datetime.fromisoformat(position[1]), last] if by_score else [last]
    except (ValueError, TypeError, AttributeError, OverflowError):
        raise broken_cursor() from None
