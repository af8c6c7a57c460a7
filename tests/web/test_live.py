"""The live page: its figures, its two languages, what it shows before there is anything to show."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from bu_routing.rules.states import STATES
from hub.group import service as group
from hub.kernel import clock, ids
from hub.kernel.db import transaction
from hub.pool import service as pool
from hub.pool.service import OPENID, IdentityRef, NewActivity
from hub.web import overview
from hub.web.app import create_app
from hub.web.board import board, span
from hub.web.overview import BuLeads, Counts, Overview, Recent
from hub.web.wiring import DRAINS
from hub.web.words import WORDS
from tests.sample import APPID, apply_sample

NOW = datetime(2030, 1, 1, 6, 0, 5, tzinfo=UTC)
NOTHING = Counts(0, 0, 0, 0, 0, 0, 0, 0)


@pytest.fixture
def app(clean: Engine) -> Flask:
    """Return the application on an empty hub."""
    return create_app()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Return a browser."""
    return app.test_client()


def happen(*acts: tuple[str, str]) -> None:
    """Let people (by name) do things at the sample account, in one batch."""
    with transaction() as session:
        place = group.touchpoint_ids(session)[APPID]
        pool.record_activities(
            session,
            [NewActivity(IdentityRef(OPENID, APPID, f"o-{who}"), kind, clock.now(), "", place) for who, kind in acts],
        )


def drawn(**changes: Any) -> dict[str, Any]:
    """Return the board of an overview made by hand, in English."""
    plain = {"at": NOW, "group": None, "timezone": "Asia/Shanghai", "counts": NOTHING}
    none: dict[str, Any] = {"bus": (), "accounts": (), "recent": (), "lags": {}}
    return board(Overview(**{**plain, **none, **changes}), WORDS["en"])


def test_an_empty_hub_says_how_to_start(client: FlaskClient) -> None:
    page = client.get("/live")
    assert page.status_code == 200
    assert "make demo" in page.text
    assert not re.search(r'class="empty"[^>]*hidden', page.text)
    assert client.get("/live.json").json["empty"] is True


def test_the_figures_follow_what_happens(client: FlaskClient) -> None:
    apply_sample()
    happen(("a", "follow"), ("b", "follow"), ("b", "unfollow"), ("c", "page_view"))
    data = client.get("/live.json").json
    assert data["empty"] is False
    assert {item["key"]: item["n"] for item in data["funnel"]} == {
        "people": 3,
        "fans": 1,
        "registered": 0,
        "mqls": 0,
        "leads": 0,
        "accepted": 0,
    }
    assert [(a["key"], a["n"]) for a in data["accounts"]] == [(APPID, 1)]
    assert [a["kind"] for a in data["activities"]] == ["page_view", "unfollow", "follow", "follow"]
    assert data["activities"][0]["label"] == "浏览页面"
    assert [bu["key"] for bu in data["bus"]] == ["automation", "power"]
    assert {item["key"] for item in data["lags"]} == set(DRAINS)


def test_the_page_and_its_data_hold_no_openid(client: FlaskClient) -> None:
    apply_sample()
    happen(("openid-of-somebody", "follow"))
    for path in ("/live", "/live.json"):
        answer = client.get(path)
        assert "示例集团服务号" in answer.text
        assert "openid-of-somebody" not in answer.text


def test_only_the_latest_activities_are_shown(client: FlaskClient) -> None:
    apply_sample()
    happen(*[(f"p{n}", "follow") for n in range(overview.NEWEST + 5)])
    data = client.get("/live.json").json["activities"]
    assert len(data) == overview.NEWEST
    assert len({item["person"] for item in data}) == overview.NEWEST


def test_the_language_is_chinese_until_another_is_asked_for_and_then_kept(client: FlaskClient) -> None:
    assert "实时总览" in client.get("/live", headers={"Accept-Language": "en"}).text
    assert "Live overview" in client.get("/live?lang=en").text
    assert "Live overview" in client.get("/live").text
    assert client.get("/live.json").json["counts"][0]["label"] == "Callbacks"
    assert "实时总览" in client.get("/live?lang=zh").text
    assert "实时总览" in client.get("/live?lang=tlh").text


def test_nothing_on_the_page_needs_what_the_policy_refuses(client: FlaskClient) -> None:
    apply_sample()
    happen(("a", "follow"))
    page = client.get("/live").text
    assert not re.search(r"<script>|<style|\sstyle=|\son[a-z]+=|(?:src|href)=\"(?:https?:)?//", page)
    names = re.findall(r'(?:src|href)="(/static/[^"]+)"', page)
    assert len(names) == 3
    for name in names:
        with client.get(name) as file:
            assert file.status_code == 200


def test_production_shows_it_to_operators_only(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.web.access._operator", lambda: False)
    with transaction() as session:
        admin = group.create_key(session, name="test")
    assert client.get("/live").status_code == client.get("/live.json").status_code == 401
    assert client.get("/live.json", headers={"Authorization": f"Bearer {admin}"}).status_code == 200


def test_rates_are_shares_of_the_step_before() -> None:
    steps = drawn(counts=Counts(9, 1000, 0, 500, 20, 50, 0, 0))["funnel"]
    assert [(s["key"], s["rate"], s["width"]) for s in steps] == [
        ("people", "", 100.0),
        ("fans", "50%", 50.0),
        ("registered", "4.0%", 2.0),
        ("mqls", "–", 5.0),
        ("leads", "0%", 0.0),
        ("accepted", "", 0.0),
    ]


def test_a_business_units_states_fill_its_bar_and_empty_ones_step_back() -> None:
    counts = {**dict.fromkeys(STATES, 0), "queued": 3, "won": 1}
    bu = drawn(bus=(BuLeads("power", "能源", counts),))["bus"][0]
    assert bu["n"] == 4
    shown = [(s["key"], s["x"], s["width"]) for s in bu["states"] if not s["hidden"]]
    assert shown == [("queued", 0.0, 75.0), ("claimed", 75.0, 0.0), ("accepted", 75.0, 0.0), ("won", 75.0, 25.0)]


def test_an_activity_shows_when_and_a_short_person() -> None:
    person = UUID("01890000-0000-7000-8000-0000000abcde")
    recent = Recent(ids.new_id(), "follow", "示例", NOW - timedelta(seconds=75), person)
    shown = drawn(recent=(recent,))["activities"][0]
    assert (shown["label"], shown["ago"], shown["person"]) == ("Followed", "1 min ago", "0abcde")


@pytest.mark.parametrize(
    ("seconds", "text"), [(-3, "0 s"), (59.9, "59 s"), (60, "1 min"), (7200, "2 h"), (180000, "2 d")]
)
def test_spans_are_one_unit(seconds: float, text: str) -> None:
    assert span(timedelta(seconds=seconds), WORDS["en"]) == text


def test_both_languages_say_the_same_things() -> None:
    assert _shape(WORDS["zh"]) == _shape(WORDS["en"])
    assert set(WORDS["zh"]["states"]) == set(STATES)


def _shape(words: object) -> object:
    return {key: _shape(value) for key, value in words.items()} if isinstance(words, dict) else None
