"""A group with one event, and visitors who fill in its form."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from event_hub import service
from event_hub.schemas import EventSection
from hub.group import service as group
from hub.group.models import BusinessUnit, LegalEntity
from hub.kernel.db import transaction
from hub.web.app import create_app

EVENT: dict[str, Any] = {
    "slug": "day",
    "name": "示例开放日",
    "starts_at": "2099-03-20T14:00:00+08:00",
    "ends_at": "2099-03-20T16:00:00+08:00",
    "venue": "示例会场",
    "bu": "power",
    "interest": "power",
}
FORM = {
    "name": "示例",
    "mobile": "13900000000",
    "company": "示例公司",
    "company_size": "200-999",
    "consent_collection": "y",
}


def make_group() -> None:
    """Make two legal entities with one business unit each."""
    with transaction() as session:
        first = LegalEntity(slug="acme-cn", name="示例(中国)有限公司", position=0)
        second = LegalEntity(slug="acme-power", name="示例能源有限公司", position=1)
        session.add_all([first, second])
        session.flush()
        session.add_all(
            [
                BusinessUnit(slug="automation", name="自动化", legal_entity_id=first.id, circulation="isolated"),
                BusinessUnit(slug="power", name="能源", legal_entity_id=second.id, circulation="shared"),
            ]
        )


def make_event(**changes: Any) -> list[str]:
    """Apply one event to the group; return what that did."""
    with transaction() as session:
        return [c.action for c in service.apply(session, [EventSection().load({**EVENT, **changes})])]


def key(**owner: str) -> dict[str, str]:
    """Return the headers of a new API key."""
    with transaction() as session:
        return {"Authorization": f"Bearer {group.create_key(session, name='test', **owner)}"}


def make_app() -> Flask:
    """Return the whole application."""
    app = create_app()
    app.testing = True
    return app


def open_form(client: FlaskClient, slug: str = "day", query: str = "") -> str:
    """Open the page as a browser does; return the token in its form."""
    page = client.get(f"/events/{slug}{query}").text
    found = re.search(r'name="csrf_token" type="hidden" value="([^"]+)"', page)
    assert found is not None, page
    return found[1]


def send(client: FlaskClient, *, slug: str = "day", query: str = "", **changes: str) -> TestResponse:
    """Open the form, fill it in and send it."""
    token = open_form(client, slug, query)
    return client.post(f"/events/{slug}{query}", data={"csrf_token": token, **FORM, **changes})


def code_of(client: FlaskClient, slug: str = "day") -> str:
    """Return the check-in code that the visitor is shown."""
    page = client.get(f"/events/{slug}/done").text
    found = re.search(r"<b>([0-9A-Z]{3})</b><b>([0-9A-Z]{3})</b>", page)
    assert found is not None, page
    return found[1] + found[2]
