"""The admin's API of sends and of reach."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from hub.group import service as group
from hub.kernel.db import transaction
from hub.pool import service as pool
from hub.pool.service import OPENID, IdentityRef
from hub.web.app import create_app
from tests.sample import APPID
from tests.wechat import sending as s
from wechat.simulator import World

TEXT = {"msgtype": "text", "text": {"content": "资料已备好"}}


@pytest.fixture
def world(clean: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Yield a simulated WeChat that the hub's client talks to."""
    with s.simulated(monkeypatch) as made:
        yield made


@pytest.fixture
def client(world: World) -> FlaskClient:
    """Return a client of the application."""
    return create_app().test_client()


def key(*scopes: str, **owner: str) -> dict[str, str]:
    with transaction() as session:
        made = group.create_key(session, name="tests", scopes=scopes, **owner)  # type: ignore[arg-type]
    return {"Authorization": f"Bearer {made}", "Accept-Language": "en"}


def item(openid: str, **changes: Any) -> dict[str, Any]:
    made = {"appid": APPID, "openid": openid, "channel": "custom", "content": TEXT, "purpose": "service"}
    return {**made, **changes}


def person(openid: str) -> str:
    ref = IdentityRef(OPENID, APPID, openid)
    with transaction() as session:
        return str(pool.people_of(session, [ref])[ref])


def test_what_is_asked_for_goes_out_and_can_be_looked_up(world: World, client: FlaskClient) -> None:
    openid, admin = s.fan(world, message=True), key()
    body = {"items": [item(openid, dedupe_key="hello", campaign="welcome")]}
    answer = client.post("/api/v1/sends", json=body, headers=admin)
    assert answer.status_code == 200
    (queued,) = answer.get_json()["items"]
    assert (queued["state"], queued["person_id"]) == ("pending", person(openid))
    s.drain()
    again = client.post("/api/v1/sends", json=body, headers=admin).get_json()["items"][0]
    assert (again["id"], again["state"]) == (queued["id"], "sent")
    for query in ("state=sent", "campaign=welcome", f"person_id={person(openid)}", "channel=custom&state=sent"):
        found = client.get(f"/api/v1/sends?{query}", headers=admin).get_json()
        assert [one["id"] for one in found["items"]] == [queued["id"]], query
    assert client.get("/api/v1/sends?state=failed", headers=admin).get_json()["items"] == []


def test_sends_are_listed_page_by_page(world: World, client: FlaskClient) -> None:
    openid, admin = s.fan(world), key()
    client.post("/api/v1/sends", json={"items": [item(openid) for _ in range(5)]}, headers=admin)
    seen, cursor = [], ""
    while cursor is not None:
        page = client.get(f"/api/v1/sends?limit=2{cursor and f'&cursor={cursor}'}", headers=admin).get_json()
        seen += [one["id"] for one in page["items"]]
        cursor = page["next_cursor"]
    assert len(seen) == len(set(seen)) == 5
    assert seen == sorted(seen, reverse=True)


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"appid": "wx0000000000000000"}, "appid", "no account"),
        ({"channel": "miniprogram_notice"}, "channel", "no such channel"),
        ({"content": {"msgtype": "fax"}}, "content.msgtype", "must be one of text"),
        (
            {"content": {"msgtype": "text", "text": {"content": "致电 13900000001"}}},
            "content.text.content",
            "never sent",
        ),
    ],
)
def test_one_bad_send_queues_nothing_and_names_its_place(
    world: World, client: FlaskClient, changes: dict[str, Any], field: str, said: str
) -> None:
    openid, admin = s.fan(world), key()
    answer = client.post("/api/v1/sends", json={"items": [item(openid), item(openid, **changes)]}, headers=admin)
    assert answer.status_code == 422
    assert said in answer.get_json()["errors"]["items"]["1"][field][0]
    assert s.states() == []


def test_too_many_sends_at_once_are_refused(world: World, client: FlaskClient) -> None:
    answer = client.post("/api/v1/sends", json={"items": [item("o1")] * 501}, headers=key())
    assert answer.status_code == 422


def test_a_key_without_the_scope_sends_nothing(world: World, client: FlaskClient) -> None:
    answer = client.post("/api/v1/sends", json={"items": [item(s.fan(world))]}, headers=key("admin:read"))
    assert (answer.status_code, s.states()) == (403, [])
    assert client.get("/api/v1/sends", headers=key("sends:write")).status_code == 403


def test_reach_is_told_in_both_languages(world: World, client: FlaskClient) -> None:
    openid = s.fan(world, message=True)
    answer = client.get(f"/api/v1/people/{person(openid)}/reach", headers=key()).get_json()
    (account,) = answer["items"]
    ways = {way["channel"]: way for way in account["ways"]}
    assert (ways["custom"]["open"], ways["custom"]["left"]) == (True, 8)
    assert (ways["notice"]["open"], ways["notice"]["why"]) == (False, "no_credit")
    assert (ways["mass"]["left"], ways["template"]["open"]) == (4, True)
    assert "miniprogram_notice" not in ways
    assert ways["mass"]["sentences"]["zh"].startswith("群发：可以发，还有 4 条，到 ")
    assert ways["notice"]["sentences"]["en"] == ("Subscription notice: the person gave no consent, or it is used up.")


def test_reach_of_nobody_is_not_there(world: World, client: FlaskClient) -> None:
    for name in ("nonsense", "01900000-0000-7000-8000-000000000000"):
        assert client.get(f"/api/v1/people/{name}/reach", headers=key()).status_code == 404
