"""Check-ins and the list of events over the API."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text
from werkzeug.test import TestResponse

from hub.kernel.db import transaction
from hub.pool.models import Activity
from tests.event_hub.making import code_of, key, make_event, send


def check_in(app: Flask, code: Any, headers: dict[str, str], slug: str = "day") -> TestResponse:
    return app.test_client().post(f"/api/v1/events/{slug}/check-ins", json={"code": code}, headers=headers)


def registered(app: Flask) -> str:
    client = app.test_client()
    send(client)
    return code_of(client)


@pytest.mark.parametrize("owner", [{}, {"touchpoint": "event-day"}])
def test_a_code_checks_its_holder_in_once(app: Flask, owner: dict[str, str]) -> None:
    code, headers = registered(app), key(**owner)
    first = check_in(app, f" {code[:3].lower()}-{code[3:]} ", headers)
    again = check_in(app, code, headers)
    assert (first.status_code, first.json["status"]) == (200, "checked_in")
    assert (again.status_code, again.json["status"]) == (200, "already_checked_in")
    assert first.json["at"] == again.json["at"]
    with transaction() as session:
        done = session.scalars(select(Activity).where(Activity.kind == "attendance")).one()
        born = session.scalars(select(Activity).where(Activity.kind == "registration")).one()
        assert (done.key, done.person_id) == ("day", born.person_id)


def test_an_unknown_code_or_event_is_a_404(app: Flask) -> None:
    code, headers = registered(app), key()
    for answer in (check_in(app, "ZZZZZZ", headers), check_in(app, code, headers, slug="nowhere")):
        assert answer.status_code == 404
        assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize("body", [{}, {"code": ""}, {"code": 7}, {"code": "x" * 33}, {"code": "ABC", "more": 1}])
def test_a_wrong_body_is_refused(app: Flask, body: dict[str, Any]) -> None:
    answer = app.test_client().post("/api/v1/events/day/check-ins", json=body, headers=key())
    assert answer.status_code == 422
    assert answer.json["errors"]


def test_a_code_belongs_to_its_event(app: Flask) -> None:
    make_event(slug="other")
    assert check_in(app, registered(app), key(), slug="other").status_code == 404


def test_only_admins_and_touchpoints_may_call(app: Flask) -> None:
    assert check_in(app, "ABCDEF", {}).status_code == 401
    assert check_in(app, "ABCDEF", key(bu="power")).status_code == 403
    assert app.test_client().get("/api/v1/events", headers=key(bu="power")).status_code == 403


def test_the_list_counts_and_pages(app: Flask) -> None:
    make_event(slug="second", capacity=5, bu=None)
    check_in(app, registered(app), key())
    client, headers = app.test_client(), key()
    page = client.get("/api/v1/events?limit=1", headers=headers).json
    assert [item["slug"] for item in page["items"]] == ["second"]
    rest = client.get(f"/api/v1/events?limit=1&cursor={page['next_cursor']}", headers=headers).json
    assert rest["next_cursor"] is None
    assert {name: rest["items"][0][name] for name in ("slug", "registered", "checked_in", "capacity")} == {
        "slug": "day",
        "registered": 1,
        "checked_in": 1,
        "capacity": None,
    }
    assert client.get("/api/v1/events?cursor=WyJ4Il0", headers=headers).status_code == 422


def test_the_counters_are_kept(app: Flask) -> None:
    check_in(app, registered(app), key())
    with transaction() as session:
        kept = dict(session.execute(text("SELECT metric, sum(n) FROM rollup WHERE dimension = 'day' GROUP BY 1")).all())
    assert kept == {"event_registrations": 1, "event_checkins": 1}
