"""The simulated WeChat's menus, account affairs, faster clock and shares of faults, as its documents have them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.wechat.simulated import ACCOUNTS, MINI, PLAIN, SERVICE, Caller, later
from wechat.simulator import Simulator, World, set_speed, taken_back

CLICK = {"name": "询价", "type": "click", "key": "PRICE"}
LINK = {"name": "官网", "type": "view", "url": "https://www.example.com"}


@pytest.fixture
def world() -> Iterator[World]:
    yield World(ACCOUNTS)
    set_speed(1)


@pytest.fixture
def caller(world: World) -> Iterator[Caller]:
    with Simulator(world) as simulator, requests.Session() as http:
        yield Caller(simulator.url, http)


@pytest.fixture
def token(caller: Caller) -> str:
    return str(caller.token()["access_token"])


def post(caller: Caller, token: str, path: str, **fields: Any) -> dict[str, Any]:
    """Post UTF-8 JSON, as WeChat wants it."""
    body = json.dumps(fields, ensure_ascii=False).encode()
    answer = caller.http.post(f"{caller.url}/cgi-bin/{path}", params={"access_token": token}, data=body, timeout=5)
    found: dict[str, Any] = answer.json()
    return found


def test_a_menu_is_made_read_tried_and_deleted(caller: Caller, token: str, world: World) -> None:
    openid = world.openid(SERVICE.appid, 1)
    world.follow(SERVICE.appid, openid)
    assert caller.get("/cgi-bin/menu/get", access_token=token)["errcode"] == 46003
    assert post(caller, token, "menu/addconditional", button=[CLICK], matchrule={"tag_id": "2"})["errcode"] == 65303
    assert post(caller, token, "menu/create", button=[LINK, {"name": "产品", "sub_button": [CLICK]}])["errcode"] == 0
    ids = [
        post(caller, token, "menu/addconditional", button=[made], matchrule={"client_platform_type": platform})[
            "menuid"
        ]
        for made, platform in ((CLICK, "2"), (LINK, "1"), ({**LINK, "name": "最新"}, "2"))
    ]
    found = caller.get("/cgi-bin/menu/get", access_token=token)
    assert [menu["menuid"] for menu in found["conditionalmenu"]] == [int(id_) for id_ in reversed(ids)]
    seen = post(caller, token, "menu/trymatch", user_id=openid)
    assert seen["menu"]["button"][0]["name"] == "最新", "the one made last is tried first"
    assert post(caller, token, "menu/delconditional", menuid=ids[2])["errcode"] == 0
    assert post(caller, token, "menu/delconditional", menuid=ids[2])["errcode"] == 65301
    assert caller.get("/cgi-bin/get_current_selfmenu_info", access_token=token)["is_menu_open"] == 1
    assert caller.get("/cgi-bin/menu/delete", access_token=token)["errcode"] == 0
    assert caller.get("/cgi-bin/get_current_selfmenu_info", access_token=token) == {"is_menu_open": 0}
    assert world.menus[SERVICE.appid].conditional == []


@pytest.mark.parametrize(
    ("buttons", "errcode"),
    [
        ([], 40016),
        ([CLICK] * 4, 40016),
        ([{**CLICK, "name": "名" * 6}], 40018),
        ([{**CLICK, "type": "nothing"}], 40017),
        ([{**CLICK, "key": ""}], 40019),
        ([{**LINK, "url": "https://a.example/" + "x" * 1024}], 40020),
        ([{**LINK, "url": "ftp://a.example"}], 40055),
        ([{"name": "产品", "sub_button": [CLICK] * 6}], 40023),
        ([{"name": "产品", "sub_button": [{**LINK, "url": "no"}]}], 40054),
        ([{"name": "产品", "sub_button": [{**CLICK, "key": "k" * 129}]}], 40026),
        ([{**LINK, "type": "miniprogram", "appid": "wx9999999999999999", "pagepath": "p"}], 45064),
    ],
)
def test_a_menu_past_its_limits_is_refused(caller: Caller, token: str, buttons: list[Any], errcode: int) -> None:
    assert post(caller, token, "menu/create", button=buttons)["errcode"] == errcode


def test_conditional_menus_lead_to_three_domains_at_most(caller: Caller, token: str) -> None:
    post(caller, token, "menu/create", button=[LINK])
    links = [{**LINK, "url": f"https://{n}.example"} for n in range(4)]
    rule = {"client_platform_type": "1"}
    many = [{"name": "站", "sub_button": links}]
    assert post(caller, token, "menu/addconditional", button=many, matchrule=rule)["errcode"] == 65316
    assert post(caller, token, "menu/addconditional", button=links[:3], matchrule=rule)["menuid"]
    assert post(caller, token, "menu/addconditional", button=links[:3], matchrule={})["errcode"] == 65304


def test_a_quota_is_told_and_cleared_ten_times_a_month(caller: Caller, token: str) -> None:
    path = "/cgi-bin/user/get"
    assert caller.works(token) == 0
    told = post(caller, token, "openapi/quota/get", cgi_path=path)["quota"]
    assert told == {"daily_limit": 500, "used": 1, "remain": 499}
    assert post(caller, token, "openapi/quota/get", cgi_path="user/get")["errcode"] == 76003
    assert post(caller, token, "openapi/quota/get", cgi_path="/cgi-bin/no")["errcode"] == 76021
    assert post(caller, token, "clear_quota", appid=PLAIN.appid)["errcode"] == 40013
    assert [post(caller, token, "clear_quota", appid=SERVICE.appid)["errcode"] for _ in range(11)] == [0] * 10 + [48006]
    again = caller.post("/cgi-bin/clear_quota/v2", {"appid": SERVICE.appid, "appsecret": SERVICE.secret})
    assert again["errcode"] == 48006
    later(32 * 86400)
    fresh = str(caller.token()["access_token"])
    assert post(caller, fresh, "openapi/quota/clear", cgi_path=path)["errcode"] == 0


def test_addresses_and_checks_are_answered(caller: Caller, token: str) -> None:
    assert caller.get("/cgi-bin/getcallbackip", access_token=token)["ip_list"]
    found = post(caller, token, "callback/check", action="all", check_operator="DEFAULT")
    assert set(found) == {"dns", "ping"}
    assert post(caller, token, "callback/check", action="look", check_operator="DEFAULT")["errcode"] == 40201


def test_openids_change_with_an_account_that_moved(caller: Caller, token: str, world: World) -> None:
    old = world.openid(PLAIN.appid, 7)
    asked = {"from_appid": PLAIN.appid, "openid_list": [old, "nobody"]}
    assert post(caller, token, "changeopenid", **asked)["errcode"] == 63178
    world.moved[PLAIN.appid] = SERVICE.appid
    first, second = post(caller, token, "changeopenid", **asked)["result_list"]
    assert (first["new_openid"], second["err_msg"]) == (world.openid(SERVICE.appid, 7), "ori_openid error")


def test_on_a_faster_clock_tokens_end_sooner_and_say_so(caller: Caller, world: World) -> None:
    set_speed(100)
    told = caller.token()
    assert told["expires_in"] == 72
    later(71)
    assert caller.works(told["access_token"]) == 0
    later(2)
    assert caller.works(told["access_token"]) == 42001
    with pytest.raises(ValueError, match="10,000"):
        set_speed(0.5)


def test_a_share_of_calls_fails_until_faults_are_cleared(caller: Caller, token: str, world: World) -> None:
    world.fail_often("/cgi-bin/user/get", "errcode", 0.5)
    met = [caller.works(token) for _ in range(60)]
    assert {0, -1} == set(met)
    world.faults.clear()
    world.fail_often("*", "text", 1)
    assert post(caller, token, "menu/create", button=[LINK])["errcode"] == "0"
    world.faults.clear()
    assert caller.works(token) == 0


def test_work_is_done_although_its_answer_comes_too_late(caller: Caller, token: str, world: World) -> None:
    world.fail("/cgi-bin/menu/create", "late", seconds=30)
    with pytest.raises(requests.ReadTimeout):
        caller.http.post(
            f"{caller.url}/cgi-bin/menu/create",
            params={"access_token": token},
            json={"button": [{**CLICK, "name": "A"}]},
            timeout=0.3,
        )
    assert world.menus[SERVICE.appid].default is not None


def test_people_take_back_in_the_same_second_through_one_robot(world: World) -> None:
    openids = [world.openid(MINI.appid, n) for n in range(3)]
    pushes = taken_back(MINI, "user_authorization_revoke", openids, at=1742372200, revoke_info="8")
    assert {(p["FromUserName"], p["CreateTime"]) for p in pushes} == {("oPlatformRobot00000000000000", 1742372200)}
    assert [p["OpenID"] for p in pushes] == openids
    with pytest.raises(ValueError, match="user_info_modified"):
        taken_back(MINI, "subscribe", openids, at=0)
