"""The simulated WeChat refuses and answers sends as WeChat does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.wechat.simulated import MINI, SERVICE, Caller, account, later
from wechat.simulator import Simulator, World

DAILY = account("wx5555555555555555", "subscription", "safe")
MESSAGE, NEWS = "/cgi-bin/message", {"msgtype": "mpnews", "mpnews": {"media_id": "m"}}
DATA = {"thing2": {"value": "展会提醒"}, "time3": {"value": "2026-03-19 10:00"}}


@pytest.fixture
def world() -> World:
    """Return a world of three accounts."""
    return World([SERVICE, DAILY, MINI])


@pytest.fixture
def call(world: World) -> Iterator[Any]:
    """Yield what posts to the simulated WeChat as an account and returns its answer."""
    with Simulator(world) as simulator, requests.Session() as http:
        caller = Caller(simulator.url, http)

        def post(path: str, fields: object, who: Any = SERVICE) -> dict[str, Any]:
            body = json.dumps(fields, ensure_ascii=False).encode()
            params = {"access_token": caller.token(who)["access_token"]}
            answer: dict[str, Any] = http.post(simulator.url + path, params=params, data=body, timeout=5).json()
            return answer

        yield post


def fans(world: World, n: int, appid: str = SERVICE.appid) -> list[str]:
    openids = [world.openid(appid, person) for person in range(n)]
    for openid in openids:
        world.follow(appid, openid)
    return openids


def test_a_mass_message_is_known_by_its_client_id_for_a_day(world: World, call: Any) -> None:
    fields = {"touser": fans(world, 2), **NEWS, "clientmsgid": "c-1"}
    first = call(f"{MESSAGE}/mass/send", fields)
    assert first["errmsg"] == "send job submission success"
    assert call(f"{MESSAGE}/mass/send", fields)["errcode"] == 45066
    later(61)
    again = call(f"{MESSAGE}/mass/send", fields)
    assert again == {"errcode": 45065, "errmsg": "clientmsgid exist", "msg_id": first["msg_id"]}
    assert call(f"{MESSAGE}/mass/get", {"msg_id": first["msg_id"]})["msg_status"] == "SEND_SUCCESS"
    assert call(f"{MESSAGE}/mass/delete", {"msg_id": first["msg_id"]})["errcode"] == 0
    assert call(f"{MESSAGE}/mass/get", {"msg_id": first["msg_id"]})["msg_status"] == "DELETE"
    assert len(world.outbox.results) == 1


def test_a_mass_message_needs_two_and_its_quota(world: World, call: Any) -> None:
    (one,) = fans(world, 1)
    assert call(f"{MESSAGE}/mass/send", {"touser": [one], **NEWS})["errcode"] == 40130
    fans(world, 2, DAILY.appid)
    everybody = {"filter": {"is_to_all": True}, **NEWS}
    assert call(f"{MESSAGE}/mass/sendall", everybody, DAILY)["errcode"] == 0
    assert call(f"{MESSAGE}/mass/sendall", everybody, DAILY)["errcode"] == 45028
    assert call(f"{MESSAGE}/mass/preview", {"touser": one, **NEWS})["errcode"] == 0


def test_the_fifth_of_a_month_is_filtered_in_silence(world: World, call: Any) -> None:
    openids = fans(world, 2)
    for n in range(5):
        assert call(f"{MESSAGE}/mass/send", {"touser": openids, **NEWS, "clientmsgid": f"c-{n}"})["errcode"] == 0
    counts = [fields["FilterCount"] for _, fields in world.outbox.take_results()]
    assert counts == [2, 2, 2, 2, 0]


def test_a_template_names_the_field_that_is_wrong(world: World, call: Any) -> None:
    (openid,) = fans(world, 1)
    fields = {"touser": openid, "template_id": "tplReminder-0001", "data": DATA, "client_msg_id": "mine"}
    assert call(f"{MESSAGE}/template/send", {**fields, "template_id": "tplNone"})["errcode"] == 40037
    wrong = call(f"{MESSAGE}/template/send", {**fields, "data": {"thing2": {"value": "字" * 21}}})
    assert wrong["errmsg"].startswith("argument invalid! data.thing2.value")
    sent = call(f"{MESSAGE}/template/send", fields)
    assert call(f"{MESSAGE}/template/send", fields)["msgid"] == sent["msgid"]
    later(601)
    assert call(f"{MESSAGE}/template/send", fields)["msgid"] != sent["msgid"]
    world.unfollow(SERVICE.appid, openid)
    assert call(f"{MESSAGE}/template/send", fields)["errcode"] == 43004


def test_notices_take_one_consent_each(world: World, call: Any) -> None:
    openid = world.openid(MINI.appid, 1)
    data = {"thing1": {"value": "预约"}, "date2": {"value": "2026-03-19"}}
    fields = {"touser": openid, "template_id": "tplNotice-0003", "data": data}
    assert call(f"{MESSAGE}/subscribe/send", fields, MINI)["errcode"] == 43101
    world.consent(MINI.appid, openid, "tplNotice-0003")
    assert call(f"{MESSAGE}/subscribe/send", fields, MINI)["errcode"] == 0
    assert call(f"{MESSAGE}/subscribe/send", fields, MINI)["errcode"] == 43101
    once = {"touser": fans(world, 1)[0], "template_id": "t", "scene": "7", "title": "提醒", "data": {}}
    assert call(f"{MESSAGE}/template/subscribe", once)["errcode"] == 43101
    world.consent(SERVICE.appid, once["touser"], "t|7")
    assert call(f"{MESSAGE}/template/subscribe", {**once, "title": "字" * 16})["errcode"] == 47003
    assert call(f"{MESSAGE}/template/subscribe", once)["errcode"] == 0


def test_typing_needs_an_open_window(world: World, call: Any) -> None:
    (openid,) = fans(world, 1)
    typing = {"touser": openid, "command": "Typing"}
    assert call(f"{MESSAGE}/custom/typing", typing)["errcode"] == 0
    assert call(f"{MESSAGE}/custom/typing", {**typing, "command": "Waving"})["errcode"] == 45072
    later(61)
    assert call(f"{MESSAGE}/custom/typing", typing)["errcode"] == 45080


@pytest.mark.parametrize(
    ("message", "errcode"),
    [
        ({"msgtype": "fax", "fax": {"a": 1}}, 40008),
        ({"msgtype": "news", "news": {"articles": [{}, {}]}}, 45008),
        ({"msgtype": "image", "image": {"x": 1}}, 40007),
        ({"msgtype": "msgmenu", "msgmenu": {"head_content": "满意吗", "list": []}}, 0),
    ],
)
def test_customer_service_messages_of_every_kind(
    world: World, call: Any, message: dict[str, Any], errcode: int
) -> None:
    (openid,) = fans(world, 1)
    assert call(f"{MESSAGE}/custom/send", {"touser": openid, **message})["errcode"] == errcode
