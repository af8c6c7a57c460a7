"""Check visitors in at the door."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from event_hub.models import EventRegistration
from event_hub.rules import admission
from event_hub.service.events import find
from hub.kernel import clock, rollups
from hub.pool import service as pool
from hub.pool.service import IdentityRef, NewActivity

ATTENDANCE = "attendance"


class UnknownCode(Exception):
    """Nobody registered for the event with this code."""


@dataclass(frozen=True, slots=True)
class CheckIn:
    """Say when somebody was checked in, and whether that was just now."""

    at: datetime
    first: bool


def check_in(session: Session, slug: str, code: str) -> CheckIn:
    """Check the holder of `code` in and record the attendance, once; raise UnknownEvent or UnknownCode."""
    event = find(session, slug, lock=True)
    registration = session.scalar(
        select(EventRegistration).where(
            EventRegistration.event_id == event.id, EventRegistration.code == admission.read_code(code)
        )
    )
    if registration is None:
        raise UnknownCode(f"nobody has this code at the event {slug!r}")
    if registration.checked_in_at is not None:
        return CheckIn(registration.checked_in_at, first=False)
    now = clock.now()
    registration.checked_in_at = now
    event.checked_in += 1
    identity = IdentityRef(registration.identity_kind, registration.identity_namespace, registration.identity_value)
    attendance = NewActivity(
        identity=identity,
        kind=ATTENDANCE,
        occurred_at=now,
        key=event.slug,
        touchpoint_id=event.touchpoint_id,
        external_id=f"attendance:{registration.id}",
    )
    pool.record_activities(session, [attendance])
    rollups.add(session, {("event_checkins", event.slug): 1})
    return CheckIn(now, first=True)
