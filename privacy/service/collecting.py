"""Take contact data in: checked, sealed before the first write, with the consent it rests on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from hub.kernel import bell, clock
from hub.kernel.ids import new_id
from hub.kernel.work import shard_of
from privacy.models import Collection, ConsentRecord
from privacy.rules import consent as consent_rules
from privacy.rules import contact as contact_rules
from privacy.rules.binding import collection_context
from privacy.rules.expiry import planned_expiry
from privacy.service.sealing import open_sealed, seal_text


class ContactRefused(Exception):
    """The contact data or its consent cannot be taken; `errors` says why by field and repeats no value."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        """Keep the messages by field."""
        super().__init__(f"contact data refused: {', '.join(sorted(errors))}")
        self.errors = dict(errors)


@dataclass(frozen=True, slots=True)
class Consent:
    """Name the text a person agreed to, and for what."""

    text_version: str
    scopes: tuple[str, ...]


def collect(
    session: Session,
    *,
    person_id: UUID,
    contact: Mapping[str, str],
    consent: Consent,
    legal_entity: str | None,
    verified: Sequence[str] = (),
) -> UUID:
    """Record a collection with its consent and its own clock, and return its id; a worker vaults it.

    `verified` names the fields that somebody vouches for. Raises ContactRefused.
    """
    fields, errors = contact_rules.check(contact)
    problem = consent_rules.problem(consent.text_version, consent.scopes)
    if problem is not None:
        errors["consent"] = problem
    if errors:
        raise ContactRefused(errors)
    now = clock.now()
    row = _row(person_id, sorted(fields), legal_entity, now)
    row.verified = sorted(set(verified) & fields.keys())
    sealed = seal_text(session, json.dumps(fields, ensure_ascii=False).encode(), context=context_of(row))
    row.sealed, row.sealed_epoch = sealed.blob, sealed.epoch
    session.add(row)
    bell.announce(session, Collection.__tablename__, [row.shard])
    session.flush()
    session.add(
        ConsentRecord(
            id=new_id(),
            person_id=person_id,
            collection_id=row.id,
            text_version=consent.text_version,
            scopes=sorted(set(consent.scopes)),
            given_at=now,
        )
    )
    session.flush()
    return row.id


def consent_problem(consent: Consent) -> str | None:
    """Return what is wrong with a consent that should let contact data be collected, or None."""
    return consent_rules.problem(consent.text_version, consent.scopes)


def open_collection(row: Collection) -> dict[str, str]:
    """Return the contact fields still sealed in `row`; raise KeyGone or SealedUnreadable when they cannot be read."""
    if row.sealed is None or row.sealed_epoch is None:
        return {}
    fields: dict[str, str] = json.loads(open_sealed(row.sealed_epoch, row.sealed, context_of(row)))
    return fields


def context_of(row: Collection) -> str:
    """Return what the sealed fields of `row` are bound to."""
    return collection_context(row.id, row.person_id, row.collected_at, row.expires_on, row.legal_entity)


def _row(person_id: UUID, fields: list[str], legal_entity: str | None, now: datetime) -> Collection:
    expires_at = planned_expiry(now)
    subject = str(person_id)
    return Collection(
        id=new_id(),
        person_id=person_id,
        legal_entity=legal_entity,
        fields=fields,
        collected_at=now,
        expires_at=expires_at,
        expires_on=expires_at.date(),
        shard=shard_of(subject),
        subject=subject,
        state="new",
        attempts=0,
    )
