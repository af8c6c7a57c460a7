"""QR codes in the console and by API: made, shown, printed, archived."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from hub.group import service as group
from hub.kernel import access, settings
from hub.kernel.db import transaction
from tests.sample import sim_account
from tests.web.console import crowd
from tests.web.console.conftest import SignIn
from wechat.client import clients
from wechat.simulator import Simulator, World

NEW = {
    "appid": crowd.GROUP,
    "name": "示例展台",
    "purpose": "bu",
    "reference": "automation",
    "places": "",
    "permanent": "",
}


@pytest.fixture
def marketer(sign_in: SignIn) -> FlaskClient:
    """Return a group marketer's browser."""
    return sign_in(access.GROUP_MARKETER)


@pytest.fixture(autouse=True)
def world(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Yield the simulated WeChat that makes the codes."""
    world = World([sim_account(crowd.GROUP)])
    with Simulator(world) as simulator:
        monkeypatch.setenv("HUB_WECHAT_API", simulator.url)
        settings.current.cache_clear()
        clients.cache_clear()
        yield world
    clients.cache_clear()


def add(client: FlaskClient, **changes: str) -> str:
    """Make codes by the form; return where it leads."""
    answer = client.post("/qr-codes/new", data={**NEW, **changes})
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def test_without_codes_the_page_says_what_to_do(marketer: FlaskClient) -> None:
    page = marketer.get("/qr-codes").text
    assert "还没有二维码" in page
    assert 'href="/qr-codes/new"' in page
    assert '<a href="/touchpoints" aria-current="true">' in page, "the rail says where one is"


def test_a_code_is_made_and_shown_with_its_picture_and_poster(marketer: FlaskClient) -> None:
    place = add(marketer, places="hall2")
    page = marketer.get(place).text
    assert "automation.hall2" in page
    picture = marketer.get(f"{place}/picture.png?px=860&save=1")
    assert picture.data.startswith(b"\x89PNG")
    assert picture.headers["Content-Disposition"] == 'attachment; filename="automation.hall2-860.png"'
    width = int.from_bytes(picture.data[16:20], "big")
    assert 800 < width < 920
    poster = marketer.get(f"{place}/poster.svg")
    drawn = ElementTree.parse(io.BytesIO(poster.data)).getroot()
    assert "示例展台" in "".join(drawn.itertext())
    assert poster.headers["Content-Type"].startswith("image/svg+xml")


def test_a_line_for_each_place_makes_a_code_for_each(marketer: FlaskClient) -> None:
    place = add(marketer, places="hall1\nhall2，gate-3")
    page = marketer.get(place).text
    assert re.findall(r"automation\.[a-z0-9-]+(?=</code>)", page) == [
        "automation.gate-3",
        "automation.hall2",
        "automation.hall1",
    ]
    assert "示例展台 hall2" in page


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("appid", "wx0000000000000000", "请选择一个服务号"),
        ("name", "", "请填名称"),
        ("purpose", "love", "请选择用途"),
        ("reference", "", "请填代号"),
        ("reference", "nowhere", "没有这个事业部"),
        ("places", "13800000000", "像是手机号"),
        ("places", "展台", "只用字母"),
        ("places", "\n".join(f"p{n}" for n in range(101)), "一次最多 100 个"),
    ],
)
def test_a_wrong_form_comes_back_as_it_was_typed(marketer: FlaskClient, field: str, value: str, says: str) -> None:
    answer = marketer.post("/qr-codes/new", data={**NEW, "name": "typed-name", field: value})
    assert answer.status_code == 422
    assert says in answer.text
    assert field == "name" or "typed-name" in answer.text
    with transaction() as session:
        assert session.scalar(text("SELECT count(*) FROM qr_code")) == 0


def test_a_scene_is_taken_once(marketer: FlaskClient) -> None:
    add(marketer, places="hall1")
    again = marketer.post("/qr-codes/new", data={**NEW, "places": "hall1"})
    assert (again.status_code, "已经登记过" in again.text) == (422, True)


def test_what_wechat_refuses_is_said_and_can_be_tried_again(marketer: FlaskClient, world: World) -> None:
    world.permanent_codes = 0
    place = add(marketer, places="gate", permanent="1")
    page = marketer.get(place).text
    assert "微信没有给出二维码（45029）" in page
    world.permanent_codes = 5
    assert marketer.post(f"{place}/renewal").status_code == 303
    assert "picture.png" in marketer.get(place).text


def test_an_archived_code_leaves_the_list_and_comes_back(marketer: FlaskClient) -> None:
    place = add(marketer, places="hall1")
    assert marketer.post(f"{place}/archive").headers["Location"] == "/qr-codes"
    page = marketer.get("/qr-codes").text
    assert "印出去的码仍然有效" in page
    assert "automation.hall1" not in page
    assert "automation.hall1" in marketer.get("/qr-codes?archived=1").text
    marketer.post(f"{place}/archive", data={"undo": "1"})
    assert "automation.hall1" in marketer.get("/qr-codes").text


def test_an_auditor_reads_and_makes_none(sign_in: SignIn, marketer: FlaskClient) -> None:
    place = add(marketer, places="hall1")
    auditor = sign_in(access.AUDITOR)
    assert "归档" not in auditor.get(place).text
    assert auditor.get("/qr-codes/new").status_code == 403
    assert auditor.post(f"{place}/archive").status_code == 403


def test_near_the_cap_the_page_warns(marketer: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    add(marketer, places="gate", permanent="1")
    assert "上限" not in marketer.get("/qr-codes").text
    monkeypatch.setattr("wechat.service.qrcodes.PERMANENT_CODES", 1)
    monkeypatch.setattr("wechat.service.qrcodes.cap_level", lambda used: 2)
    assert "永久二维码已用 1 个，上限 1 个" in marketer.get("/qr-codes").text


def test_the_api_makes_and_lists_codes(app: Flask) -> None:
    with transaction() as session:
        key = group.create_key(session, name="test", scopes=["admin:read", "qr-codes:write"])
    client, headers = FlaskClient(app, app.response_class), {"Authorization": f"Bearer {key}"}
    item = {"appid": crowd.GROUP, "scene": "api.one", "name": "One", "purpose": "campaign", "reference": "api"}
    made = client.post("/api/v1/qr-codes", json={"items": [item]}, headers=headers)
    assert made.status_code == 201
    assert made.get_json()["items"][0]["state"] == "made"
    listed = client.get("/api/v1/qr-codes?limit=1", headers=headers).get_json()
    assert [code["scene"] for code in listed["items"]] == ["api.one"]
    for wrong, where in (
        ({"scene": "api.one"}, "scene"),
        ({"scene": "13800000000"}, "scene"),
        ({"appid": "wx" + "0" * 16}, "appid"),
    ):
        answer = client.post("/api/v1/qr-codes", json={"items": [{**item, **wrong}]}, headers=headers)
        assert (answer.status_code, list(answer.get_json()["errors"]["items"]["0"])) == (422, [where])
