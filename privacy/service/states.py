"""Say whose contact data is there, without opening anything."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from hub.kernel import clock
from privacy.models import Collection, ConsentRecord
from privacy.rules.consent import may_read

AVAILABLE, WITHHELD, PURGED, NEVER_COLLECTED = BEST_FIRST = ("available", "withheld", "purged", "never_collected")


def contact_states(session: Session, people: Sequence[UUID], *, legal_entity: str) -> dict[UUID, str]:
    """Return for each person what a reveal to `legal_entity` would find, opening nothing.

    "available", "withheld" (it is there, but neither is this the entity that collected it nor is there consent to share
    it), "purged" or "never_collected".
    """
    columns = (Collection.id, Collection.person_id, Collection.legal_entity, _is_live(clock.now()).label("live"))
    rows = session.execute(select(*columns).where(Collection.person_id.in_(list(people)))).all()
    scopes = live_scopes(session, [row.id for row in rows if row.live])
    states = dict.fromkeys(people, NEVER_COLLECTED)
    for row in rows:
        state = PURGED
        if row.live:
            allowed = may_read(legal_entity, row.legal_entity, scopes.get(row.id, frozenset()))
            state = AVAILABLE if allowed else WITHHELD
        states[row.person_id] = min(states[row.person_id], state, key=BEST_FIRST.index)
    return states


def live_scopes(session: Session, collections: Sequence[UUID]) -> dict[UUID, frozenset[str]]:
    """Return the scopes that each collection's own consent still gives."""
    query = select(ConsentRecord.collection_id, ConsentRecord.scopes).where(
        ConsentRecord.collection_id.in_(list(collections)), ConsentRecord.withdrawn_at.is_(None)
    )
    return {collection: frozenset(scopes) for collection, scopes in session.execute(query)}


def _is_live(now: datetime) -> ColumnElement[bool]:
    return (Collection.expires_at > now) & Collection.purged_at.is_(None) & (Collection.state != "dead")
