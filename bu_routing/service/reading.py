"""What a BU sees of a lead beside its row: how the person can be reached and what the company is like; no PII."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from bu_routing.models import Lead
from bu_routing.rules.reach import contact_of
from hub.group import service as group
from hub.pool import service as pool
from hub.pool.service import Snapshot
from privacy import service as privacy


@dataclass(frozen=True, slots=True)
class Reach:
    """Say how many accounts the person follows, and whether contact data is there to ask for."""

    followed_accounts: int
    contact: str


@dataclass(frozen=True, slots=True)
class Card:
    """Hold a lead as its BU reads it."""

    lead: Lead
    bu: str
    company_size: str | None
    reach: Reach


def cards(session: Session, leads: Sequence[Lead]) -> list[Card]:
    """Return the card of each lead of one BU, in their order; the persons are seen as they are now, merges included."""
    if not leads:
        return []
    bu = group.bu_by_id(session, leads[0].bu_id)
    snapshots = people_of(session, leads)
    people = sorted({member for snapshot in snapshots.values() for member in snapshot.members})
    states = privacy.contact_states(session, people, legal_entity=bu.legal_entity)
    return [_card(lead, bu.slug, snapshots[lead.person_id], states) for lead in leads]


def people_of(session: Session, leads: Sequence[Lead]) -> dict[UUID, Snapshot]:
    """Return the snapshot behind each lead, by the person id that the lead was born with."""
    found = pool.snapshot(session, {lead.person_id for lead in leads}, activities=False)
    return {member: snapshot for snapshot in found.values() for member in snapshot.members}


def _card(lead: Lead, bu: str, person: Snapshot, states: dict[UUID, str]) -> Card:
    size = person.value("traits.company_size")
    reach = Reach(person.value("follows"), contact_of(states[member] for member in person.members))
    return Card(lead, bu, None if size is None else str(size), reach)
