"""A small group and its people for the tests of routing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from bu_routing import service
from bu_routing.models import Lead
from hub.group.models import BusinessUnit, LegalEntity
from hub.kernel import clock
from hub.kernel.ids import new_id
from hub.pool import service as pool
from hub.pool.service import IdentityRef, NewActivity

SECTION: Mapping[str, Any] = {
    "rules": [
        {"name": "报价", "when": {"activity": "menu_click", "key": "PRICE"}, "to": "automation"},
        {"name": "能源兴趣", "when": {"field": "traits.interest", "equals": "power"}, "to": "power", "need": "储能"},
    ],
    "fallback": "power",
}


@dataclass(frozen=True, slots=True)
class FakeSubject:
    """Answer conditions from plain mappings; activities are (kind, key) pairs that happened now."""

    values: Mapping[str, Any] = field(default_factory=dict)
    activities: Sequence[tuple[str, str]] = ()
    now: datetime = datetime(2030, 1, 1, tzinfo=UTC)

    def value(self, name: str) -> Any:
        return self.values.get(name)

    def activity_count(self, kind: str, key: str | None, key_starts_with: str | None, since: datetime | None) -> int:
        return sum(k == kind and key in (None, x) and x.startswith(key_starts_with or "") for k, x in self.activities)


def make_group(session: Session) -> dict[str, UUID]:
    """Make the BUs automation and power (which accepts within 24 hours) and return their ids."""
    entity = LegalEntity(slug="acme-cn", name="示例", position=0)
    session.add(entity)
    session.flush()
    automation = BusinessUnit(slug="automation", name="自动化", legal_entity_id=entity.id, circulation="isolated")
    power = BusinessUnit(
        slug="power", name="能源", legal_entity_id=entity.id, circulation="shared", accept_within_hours=24
    )
    session.add_all([automation, power])
    session.flush()
    return {"automation": automation.id, "power": power.id}


def make_person(session: Session, name: str, *, clicks: Sequence[str] = (), traits: Any = None) -> UUID:
    """Return a person who is known by a visitor id, clicked menu items and has traits."""
    visitor = IdentityRef(pool.VISITOR, "", f"visitor-{name}")
    properties = {"traits": traits} if traits else {}
    acts = [NewActivity(visitor, "visit", clock.now(), properties=properties)]
    acts += [NewActivity(visitor, "menu_click", clock.now(), key=key) for key in clicks]
    return pool.record_activities(session, acts).identities[visitor].person_id


def make_leads(session: Session, bu: str, scores: Sequence[int]) -> list[UUID]:
    """Route a person for each score to `bu` and return the leads' ids; needs a group."""
    service.apply(session, {"rules": [], "fallback": bu})
    people = [make_person(session, str(new_id())) for _ in scores]
    ids = service.route(session, people)
    for lead_id, score in zip(ids, scores, strict=True):
        session.get_one(Lead, lead_id).score = score
    session.flush()
    return ids


def states(session: Session) -> dict[UUID, str]:
    """Return the state of every lead."""
    return {id_: state for id_, state in session.execute(select(Lead.id, Lead.state))}
