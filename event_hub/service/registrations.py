"""Register visitors for events: contact data goes on to the vault, the event keeps an identity and a code."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from event_hub.models import Event, EventRegistration
from event_hub.rules import admission, consent
from event_hub.service.events import UnknownEvent, find
from hub.group import service as group
from hub.kernel import clock, rollups
from hub.kernel.ids import new_id
from hub.pool import service as pool
from hub.pool.service import VISITOR, IdentityRef
from privacy.service import Consent


class RegistrationClosed(Exception):
    """The event is over."""


class EventFull(Exception):
    """Every place of the event is taken."""


@dataclass(frozen=True, slots=True)
class Form:
    """Hold what a visitor filled in; `contact` is personal information and leaves this object only towards the vault.

    The consent to the collection itself is given by sending the form at all.
    """

    contact: Mapping[str, str] = field(repr=False)
    company_size: str | None = None
    phone: bool = False
    email: bool = False
    share: bool = False


def register(session: Session, slug: str, visitor: str, form: Form) -> EventRegistration:
    """Register `visitor` (a random id of our own making) and return the registration; a second time changes nothing.

    Raises UnknownEvent, RegistrationClosed, EventFull, and the vault's ContactRefused.
    """
    event = find(session, slug, lock=True)
    if not event.published:
        raise UnknownEvent(f"the event {slug!r} is not published")
    ref = IdentityRef(VISITOR, "", visitor)
    already = _registration(session, event.id, ref)
    if already is not None:
        return already
    _admit(event)
    pool.register(session, _new_registration(session, event, ref, form))
    registration = EventRegistration(
        id=new_id(),
        event_id=event.id,
        identity_kind=ref.kind,
        identity_namespace=ref.namespace,
        identity_value=ref.value,
        code=_free_code(session, event.id),
        registered_at=clock.now(),
    )
    session.add(registration)
    event.registered += 1
    session.flush()
    rollups.add(session, {("event_registrations", event.slug): 1})
    return registration


def of_visitor(session: Session, event_id: UUID, visitor: str) -> EventRegistration | None:
    """Return the visitor's registration for the event, if there is one."""
    return _registration(session, event_id, IdentityRef(VISITOR, "", visitor))


def _admit(event: Event) -> None:
    if clock.now() >= admission.closes_at(event.starts_at, event.ends_at):
        raise RegistrationClosed(f"the event {event.slug!r} is over")
    if admission.is_full(event.registered, event.capacity):
        raise EventFull(f"the event {event.slug!r} has no place left")


def _new_registration(session: Session, event: Event, ref: IdentityRef, form: Form) -> pool.NewRegistration:
    bu = group.bu_by_id(session, event.bu_id) if event.bu_id else None
    entity = bu.legal_entity if bu else None
    scopes = consent.scopes(phone=form.phone, email=form.email, share=form.share, legal_entity=entity)
    traits = {"interest": event.interest, "company_size": form.company_size}
    return pool.NewRegistration(
        external_id=f"event:{event.slug}:{ref.value}",
        identity=ref,
        contact=form.contact,
        consent=Consent(consent.VERSION, scopes),
        traits={name: value for name, value in traits.items() if value},
        source=f"event.{event.slug}",
        touchpoint_id=event.touchpoint_id,
    )


def _registration(session: Session, event_id: UUID, ref: IdentityRef) -> EventRegistration | None:
    return session.scalar(
        select(EventRegistration).where(
            EventRegistration.event_id == event_id,
            EventRegistration.identity_kind == ref.kind,
            EventRegistration.identity_namespace == ref.namespace,
            EventRegistration.identity_value == ref.value,
        )
    )


def _free_code(session: Session, event_id: UUID) -> str:
    """Return a code that nobody at the event has; the event's lock keeps others from taking it meanwhile."""
    while True:
        code = "".join(secrets.choice(admission.ALPHABET) for _ in range(admission.CODE_LENGTH))
        taken = select(EventRegistration.id).where(
            EventRegistration.event_id == event_id, EventRegistration.code == code
        )
        if session.scalar(taken) is None:
            return code
