"""Take registrations in: contact fields go to the vault's door, the rest becomes an activity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from hub.group.service import collecting_entity
from hub.kernel import clock
from hub.pool.service.activities import NewActivity, record_activities
from hub.pool.service.identities import OPENID, IdentityRef
from privacy import service as privacy


@dataclass(frozen=True, slots=True)
class NewRegistration:
    """Hold one registration; `contact` is personal information and leaves this object only towards the vault."""

    external_id: str
    identity: IdentityRef
    contact: Mapping[str, str]
    consent: privacy.Consent
    traits: Mapping[str, Any]
    source: str
    touchpoint_id: UUID
    verified: tuple[str, ...] = ()
    """Contact fields that somebody else vouches for."""


@dataclass(frozen=True, slots=True)
class Registered:
    """Say who registered; `new` is False when this registration was taken in before."""

    person_id: UUID | None
    new: bool


def register(session: Session, registration: NewRegistration) -> Registered:
    """Record a registration once: an activity with its traits, and its contact fields sealed for the vault."""
    now = clock.now()
    activity = NewActivity(
        identity=registration.identity,
        kind="registration",
        occurred_at=now,
        key=registration.source,
        touchpoint_id=registration.touchpoint_id,
        properties={"traits": dict(registration.traits)} if registration.traits else {},
        external_id=registration.external_id,
    )
    recorded = record_activities(session, [activity])
    if not recorded.new:
        return Registered(None, new=False)
    who = recorded.identities[registration.identity]
    appid = registration.identity.namespace if registration.identity.kind == OPENID else None
    privacy.collect(
        session,
        person_id=who.person_id,
        contact=registration.contact,
        consent=registration.consent,
        legal_entity=collecting_entity(session, appid=appid, touchpoint_id=registration.touchpoint_id),
        verified=registration.verified,
    )
    return Registered(who.person_id, new=True)
