"""Registrations with obviously invented values, and a look for those values in every table."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import Engine, text

from hub.kernel.db import transaction
from hub.kernel.ids import new_id
from hub.kernel.work import LANES
from privacy.jobs import drain_collections
from privacy.service import Consent, Contact, collect, reveal

CONTACT = {
    "name": "示例甲",
    "mobile": "+86 139-0000-0001",
    "email": "canary.7f3a@example.com",
    "company": "示例公司",
    "title": "示例职务",
}
CONSENT = Consent("v1", ("collection", "phone"))


def register(
    person: UUID, contact: Mapping[str, str] = CONTACT, consent: Consent = CONSENT, entity: str | None = "acme-cn"
) -> UUID:
    """Collect `contact` of `person` in a transaction of its own."""
    with transaction() as session:
        return collect(session, person_id=person, contact=contact, consent=consent, legal_entity=entity)


def drain() -> int:
    """Vault everything that waits."""
    return sum(drain_collections(lane) for lane in range(LANES))


def show(*people: UUID, entity: str = "acme-cn") -> Contact:
    """Reveal the contact data of `people` to a BU of `entity`."""
    with transaction() as session:
        return reveal(
            session,
            people=people,
            lead_id=new_id(),
            bu_id=new_id(),
            legal_entity=entity,
            purpose="首次联系",
            actor_id=new_id(),
        )


def tables_with(database: Engine, values: Mapping[str, str]) -> set[str]:
    """Return the names of the tables whose copy holds one of `values`, as text or in the hex of a byte column."""
    needles = [v.encode() for v in values.values()] + [v.encode().hex().encode() for v in values.values()]
    found = set()
    with database.connect() as connection:
        names = connection.scalars(
            text("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
        ).all()
        cursor = connection.connection.cursor()
        for name in names:
            with cursor.copy(f"COPY {name} TO STDOUT") as copy:
                content = b"".join(bytes(block) for block in copy)
            if any(needle in content for needle in needles):
                found.add(name)
    return found
