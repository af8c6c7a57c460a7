"""A list asks the database as often for many rows as for few."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from hub.group import service as group
from hub.group.service import users
from hub.kernel import access
from hub.kernel.db import transaction
from hub.kernel.ids import new_id
from hub.web.access import cookie_name
from hub.web.app import create_app
from tests.web.console import crowd
from tests.web.console.counting import counted
from wechat import service as wechat
from wechat.service import NewCode

WORST = {
    access.GROUP_ADMIN: (
        "/people?when={field: score, gte: 1}",
        "/people?when={activity: menu_click, key: PRICE}",
        "/leads?bu=automation&state=queued",
        "/audit?kind=lead",
    ),
    access.BU_MEMBER: (),
    access.BU: ("/api/v1/leads?order=score&state=queued",),
    access.ADMIN: (),
}
"""Role -> lists with filters, beside all that the role may open without parameters."""
FILES = {"/audit.csv", "/metrics"}


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


def paths(app: Flask, role: str) -> list[str]:
    """Return every page or list that a role may ask for and that needs no parameter."""
    rules = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and not rule.arguments]
    mine = [r.rule for r in rules if role in getattr(app.view_functions[r.endpoint], "allowed", ())]
    return sorted({*mine, *WORST[role]} - FILES)


def asked(app: Flask, database: Engine, tokens: dict[str, str], keys: dict[str, str]) -> dict[str, int]:
    """Return how many statements each page and list takes, once what is cached for a moment has been."""
    found = {}
    for role, token in tokens.items():
        client = app.test_client()
        client.set_cookie(cookie_name(), token)
        found.update({f"{role} {path}": count(client, database, path, {}) for path in paths(app, role)})
    for role, key in keys.items():
        headers = {"Authorization": f"Bearer {key}"}
        found.update({f"{role} {path}": count(app.test_client(), database, path, headers) for path in paths(app, role)})
    return found


def count(client: FlaskClient, database: Engine, path: str, headers: dict[str, str]) -> int:
    """Return how many statements a path takes the second time."""
    for _ in range(2):
        with counted(database) as sent:
            answer = client.get(path, headers=headers)
        assert answer.status_code in (200, 302), (path, answer.text)
    return len(sent)


def test_more_rows_take_no_more_queries(app: Flask, database: Engine) -> None:
    tokens = {role: crowd.sign_in(role) for role in (access.GROUP_ADMIN, access.BU_MEMBER)}
    with transaction() as session:
        made = {access.BU: group.create_key(session, name="t", bu=crowd.BU)}
        made[access.ADMIN] = group.create_key(session, name="t")
    fill(0, 3)
    few = asked(app, database, tokens, made)
    assert len(few) > 25
    fill(3, 9)
    many = asked(app, database, tokens, made)
    assert {path: (few[path], n) for path, n in many.items() if n > few[path]} == {}
    assert {path: n for path, n in many.items() if n > 40} == {}
