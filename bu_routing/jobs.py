"""What routing does behind the scenes: hear of MQLs and rejections, mind the leases."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy.orm import Session

from bu_routing import service
from bu_routing.facts import LeadRejected
from bu_routing.rules.reasons import REROUTE
from hub.kernel.db import transaction
from hub.pool.facts import MqlReached

_BATCH = 500


def on_mql_reached(session: Session, facts: Sequence[MqlReached]) -> None:
    """Route the people who became MQLs."""
    service.route(session, [fact.person_id for fact in facts])


def on_lead_rejected(session: Session, facts: Sequence[LeadRejected]) -> None:
    """Route people again whom a BU rejected in favour of another; the ones that rejected them are passed over."""
    service.route(session, [fact.person_id for fact in facts if fact.effect == REROUTE])


def expire_leases() -> int:
    """Put every claim whose lease is over back into its queue; return how many."""
    return _all(service.expire_leases)


def route_unrouted() -> int:
    """Route everybody who waited for a first rule set; return how many."""
    return _all(service.route_unrouted)


def _all(batch: Callable[[Session, int], int]) -> int:
    total = 0
    while True:
        with transaction() as session:
            done = batch(session, _BATCH)
        total += done
        if not done:
            return total
