"""Say whose contact data is there, without opening anything."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hub.kernel import clock
from privacy.models import Collection

AVAILABLE, PURGED, NEVER_COLLECTED, WITHHELD = "available", "purged", "never_collected", "withheld"


def contact_states(session: Session, people: Sequence[UUID]) -> dict[UUID, str]:
    """Return for each person "available", "purged" or "never_collected", whoever asks."""
    live = (Collection.expires_at > clock.now()) & Collection.purged_at.is_(None) & (Collection.state != "dead")
    query = (
        select(Collection.person_id, func.bool_or(live))
        .where(Collection.person_id.in_(list(people)))
        .group_by(Collection.person_id)
    )
    found = {person: AVAILABLE if any_live else PURGED for person, any_live in session.execute(query)}
    return {person: found.get(person, NEVER_COLLECTED) for person in people}
