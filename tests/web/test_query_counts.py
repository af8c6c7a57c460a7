"""A list asks the database as often for many rows as for few."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from hub.group import service as group
from hub.group.service import users
from hub.kernel import access, clock
from hub.kernel.db import transaction
from hub.kernel.ids import new_id
from hub.web.access import cookie_name
from hub.web.app import create_app
from tests.web.console import crowd
from tests.web.console.counting import counted
from wechat import service as wechat
from wechat.service import NewCode

PAGES = {
    access.GROUP_ADMIN: (
        "/",
        "/live.json",
        "/people",
        "/people?when={field: score, gte: 1}",
        "/people?when={activity: menu_click, key: PRICE}",
        "/leads",
        "/leads?bu=automation&state=queued",
        "/touchpoints",
        "/qr-codes",
        "/operations",
        "/audit",
        "/audit?kind=lead",
        "/access",
    ),
    access.BU_MEMBER: ("/queue", "/queue/working", "/queue/done"),
}
LISTS = {
    "bu": ("/api/v1/leads", "/api/v1/leads?order=score&state=queued", "/api/v1/lead-changes"),
    "admin": ("/api/v1/people", "/api/v1/keys", "/api/v1/qr-codes"),
}


@pytest.fixture
def app(clean: Engine) -> Flask:
    """Return the application on the demo's group."""
    crowd.found_group()
    return create_app()


def fill(first: int, count: int) -> None:
    """Add people with leads, QR codes, users and keys."""
    for person in range(first, first + count):
        crowd.act(person, "follow", scene="auto.expo", ago=90)
        crowd.act(person, "menu_click", "PRICE", ago=30)
    crowd.settle()
    codes = [
        NewCode(crowd.GROUP, f"auto.p{n}", f"P{n}", "campaign", "auto", False) for n in range(first, first + count)
    ]
    with transaction() as session:
        wechat.register_codes(session, codes)
        for _ in range(count):
            users.create_user(session, None, email=f"{new_id()}@example.com", role=access.AUDITOR)
            group.create_key(session, name="more", bu=crowd.BU)


def asked(app: Flask, database: Engine, tokens: dict[str, str], keys: dict[str, str]) -> dict[str, int]:
    """Return how many statements each page and list takes, the second time it is asked for."""
    found = {}
    for role, paths in PAGES.items():
        client = app.test_client()
        client.set_cookie(cookie_name(), tokens[role])
        found.update({path: count(client, database, path, {}) for path in paths})
    for owner, paths in LISTS.items():
        headers = {"Authorization": f"Bearer {keys[owner]}"}
        found.update({path: count(app.test_client(), database, path, headers) for path in paths})
    return found


def count(client: FlaskClient, database: Engine, path: str, headers: dict[str, str]) -> int:
    """Return how many statements a path takes once everything that is cached for a moment has been."""
    for _ in range(2):
        with counted(database) as sent:
            answer = client.get(path, headers=headers)
        assert answer.status_code == 200, (path, answer.text)
    return len(sent)


def test_more_rows_take_no_more_queries(app: Flask, database: Engine) -> None:
    tokens = {role: crowd.sign_in(role) for role in PAGES}
    with transaction() as session:
        keys = {"bu": group.create_key(session, name="t", bu=crowd.BU), "admin": group.create_key(session, name="t")}
    fill(0, 3)
    few = asked(app, database, tokens, keys)
    fill(3, 9)
    clock.set_offset(timedelta(seconds=1))
    many = asked(app, database, tokens, keys)
    more = {path: (few[path], n) for path, n in many.items() if n > few[path]}
    assert more == {}
    assert {path: n for path, n in many.items() if n > 30} == {}
