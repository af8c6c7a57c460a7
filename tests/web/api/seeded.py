"""The sample group with leads, an event and a person at its door, and a key of each role."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask
from sqlalchemy import select

from bu_routing.models import Decision
from hub.group import service as group
from hub.kernel.access import ADMIN, BU, TOUCHPOINT
from hub.kernel.db import transaction
from hub.pool.models import Person
from hub.web.app import create_app
from tests.bu_routing.places import make_leads
from tests.event_hub.making import code_of, make_event, send
from tests.sample import apply_sample

OWNERS: Mapping[str, dict[str, str]] = {BU: {"bu": "power"}, TOUCHPOINT: {"touchpoint": "minisite"}, ADMIN: {}}


@dataclass(frozen=True, slots=True)
class Seeded:
    """Hold the application, the text of one key per role, and ids and codes that exist."""

    app: Flask
    keys: dict[str, str]
    ids: dict[str, list[str]]
    code: str

    def headers(self, role: str, **more: str) -> dict[str, str]:
        """Return the headers of a request with the key of `role`."""
        return {"Authorization": f"Bearer {self.keys[role]}", **more}

    def call(self, role: str, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Return the answer to one request under /api/v1."""
        return self.app.test_client().open(
            f"/api/v1{path}", method=method, json=body, headers=self.headers(role, **headers)
        )


def seed() -> Seeded:
    """Fill the database and return what is in it."""
    apply_sample()
    make_event(slug="day")
    with transaction() as session:
        leads = [str(id_) for id_ in make_leads(session, "power", range(1, 13))]
        keys = {role: group.create_key(session, name=f"{role} key", **owner) for role, owner in OWNERS.items()}
        spare = group.issue_key(session, name="spare", bu="power")[0]
        people = [str(id_) for id_ in session.scalars(select(Person.id).limit(5))]
        decisions = [str(id_) for id_ in session.scalars(select(Decision.id))]
    app = create_app()
    visitor = app.test_client()
    send(visitor)
    code = re.sub(r"\W", "", code_of(visitor))
    client = app.test_client()
    held = {"Authorization": f"Bearer {keys[BU]}"}
    client.post("/api/v1/leads/claims", json={"limit": 6, "lease_minutes": 1440}, headers=held)
    ids = {"person_id": people, "lead_id": leads, "decision_id": decisions, "slug": ["day"], "key_id": [str(spare.id)]}
    return Seeded(app, keys, ids, code)
