"""Ask the vault for the contact data behind a lead."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from bu_routing.rules.states import CLAIMED, REACHABLE
from bu_routing.service.feedback import WrongState, refuse_late, refuse_others
from bu_routing.service.leads import lock
from bu_routing.service.reading import people_of
from hub.group import service as group
from privacy import service as privacy


def contact(session: Session, *, lead_id: UUID, bu_id: UUID, actor_id: UUID, purpose: str) -> privacy.Contact:
    """Return what the BU's legal entity may see of the person, and let the vault write the disclosure down.

    Only whoever holds the claim, or after acceptance any key of the BU, may ask. Raises LeadNotFound, WrongState,
    HeldByAnother, LeaseOver, and the vault's PurposeRefused.
    """
    lead = lock(session, lead_id, bu_id)
    if lead.state not in REACHABLE:
        raise WrongState(f"A lead that is {lead.state} gives no contact data: claim it first.")
    if lead.state == CLAIMED:
        refuse_others(lead, actor_id)
        refuse_late(lead)
    person = people_of(session, [lead])[lead.person_id]
    return privacy.reveal(
        session,
        people=person.members,
        lead_id=lead.id,
        bu_id=bu_id,
        legal_entity=group.bu_by_id(session, bu_id).legal_entity,
        purpose=purpose,
        actor_id=actor_id,
    )
