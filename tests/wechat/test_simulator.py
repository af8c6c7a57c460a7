from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.wechat.simulated import ACCOUNTS, MINI, PLAIN, SERVICE, UNBOUND, Caller, later
from wechat.simulator import SimAccount, Simulator, World


@pytest.fixture
def world() -> World:
    return World(ACCOUNTS, page_size=3, daily_limits={"/cgi-bin/token": 4})


@pytest.fixture
def http() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


@pytest.fixture
def call(world: World, http: requests.Session) -> Iterator[Caller]:
    with Simulator(world) as simulator:
        yield Caller(simulator.url, http)


def openids(world: World, account: SimAccount, count: int) -> list[str]:
    return [world.openid(account.appid, person) for person in range(count)]


def test_ids_are_stable_distinct_and_belong_to_one_account() -> None:
    world, again, other = World(ACCOUNTS), World(ACCOUNTS), World(ACCOUNTS, seed=2)
    ids = {world.openid(account.appid, person) for account in ACCOUNTS for person in range(500)}
    assert len(ids) == 500 * len(ACCOUNTS)
    assert all(re.fullmatch(r"o[A-Za-z0-9_-]{27}", openid) for openid in ids)
    assert world.openid(SERVICE.appid, 7) == again.openid(SERVICE.appid, 7) != other.openid(SERVICE.appid, 7)
    assert world.person(SERVICE.appid, world.openid(SERVICE.appid, 7)) == 7
    assert world.unionid("main", 7) == again.unionid("main", 7) != world.unionid("other", 7)


def test_stable_token_stays_the_same_until_five_minutes_before_its_end(call: Caller) -> None:
    first = call.token()
    assert first["expires_in"] == 7200
    later(6890)
    assert call.token()["access_token"] == first["access_token"]
    later(20)
    second = call.token()["access_token"]
    assert second != first["access_token"]
    assert call.works(first["access_token"]) == call.works(second) == 0
    later(300)
    assert call.works(first["access_token"]) == 42001
    assert call.works(second) == 0


def test_forced_refresh_kills_the_old_token_but_only_every_thirty_seconds(call: Caller) -> None:
    old = call.token()["access_token"]
    new = call.token(force_refresh=True)["access_token"]
    assert call.works(old) == 40001
    assert call.token(force_refresh=True)["access_token"] == new
    later(31)
    assert call.token(force_refresh=True)["access_token"] != new


def test_forced_refresh_works_twenty_times_a_day(call: Caller) -> None:
    seen = set()
    for _ in range(25):
        seen.add(call.token(force_refresh=True)["access_token"])
        later(31)
    assert len(seen) == 20


def test_plain_token_replaces_itself_and_leaves_the_stable_one_alone(call: Caller) -> None:
    stable = call.token()["access_token"]
    first, second = call.plain_token()["access_token"], call.plain_token()["access_token"]
    assert first != second
    assert call.works(first) == 0
    later(301)
    assert call.works(first) == 40001
    assert call.works(second) == call.works(stable) == 0


@pytest.mark.parametrize(
    ("changes", "errcode"),
    [
        ({"appid": "wxunknown"}, 40013),
        ({"secret": "wrong"}, 40125),
        ({"grant_type": "other"}, 40002),
        ({"appid": None}, 41002),
        ({"secret": None}, 41004),
    ],
)
def test_wrong_credentials_are_refused(call: Caller, changes: dict[str, object], errcode: int) -> None:
    answer = call.token(SERVICE, **changes)
    assert answer["errcode"] == errcode
    assert re.search(r" rid: [0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$", answer["errmsg"])


def test_wrong_methods_paths_and_bodies_are_refused(call: Caller) -> None:
    token = call.token()["access_token"]
    assert call.get("/cgi-bin/stable_token")["errcode"] == 43002
    assert call.post("/cgi-bin/token", {})["errcode"] == 43001
    assert call.get("/cgi-bin/nothing")["errcode"] == 40066
    assert call.post("/cgi-bin/user/info/batchget", [1], access_token=token)["errcode"] == 47001
    assert call.post("/cgi-bin/user/info/batchget", {"a": "中"}, access_token=token)["errcode"] == 40033
    assert call.get("/cgi-bin/user/get")["errcode"] == 41001
    assert call.works("made-up") == 40001


def test_daily_quota_ends_at_midnight_in_beijing(call: Caller, world: World) -> None:
    for _ in range(4):
        assert "access_token" in call.plain_token()
    assert call.plain_token()["errcode"] == 45009
    later(86400)
    assert "access_token" in call.plain_token()
    assert world.calls["/cgi-bin/token"] == 6


def test_follower_pages_end_with_an_empty_one(call: Caller, world: World) -> None:
    fans = openids(world, SERVICE, 6)
    for fan in fans:
        world.follow(SERVICE.appid, fan)
    world.unfollow(SERVICE.appid, fans[1])
    token = call.token()["access_token"]
    first = call.get("/cgi-bin/user/get", access_token=token)
    assert first == {"total": 5, "count": 3, "data": {"openid": [fans[0], *fans[2:4]]}, "next_openid": fans[3]}
    second = call.get("/cgi-bin/user/get", access_token=token, next_openid=fans[3])
    assert second["data"]["openid"] == fans[4:]
    last = call.get("/cgi-bin/user/get", access_token=token, next_openid=fans[5])
    assert last == {"total": 5, "count": 0, "next_openid": ""}


def test_unionid_is_there_only_for_followers_of_bound_accounts(call: Caller, world: World) -> None:
    for account in (SERVICE, PLAIN, UNBOUND):
        world.follow(account.appid, world.openid(account.appid, 1), "power.site")
    infos = {
        account.appid: call.get(
            "/cgi-bin/user/info",
            access_token=call.token(account)["access_token"],
            openid=world.openid(account.appid, 1),
        )
        for account in (SERVICE, PLAIN, UNBOUND)
    }
    assert infos[SERVICE.appid]["unionid"] == infos[PLAIN.appid]["unionid"] == world.unionid("main", 1)
    assert "unionid" not in infos[UNBOUND.appid]
    assert infos[SERVICE.appid]["qr_scene_str"] == "power.site"
    assert infos[SERVICE.appid]["subscribe_scene"] == "ADD_SCENE_QR_CODE"


def test_batchget_is_capped_and_poisoned_by_one_bad_openid(call: Caller, world: World) -> None:
    token = call.token()["access_token"]
    fans = openids(world, SERVICE, 101)
    world.follow(SERVICE.appid, fans[0])

    def batch(ids: list[str]) -> dict[str, Any]:
        users = {"user_list": [{"openid": openid, "lang": "zh_CN"} for openid in ids]}
        return call.post("/cgi-bin/user/info/batchget", users, access_token=token)

    found = batch(fans[:100])["user_info_list"]
    assert [info["subscribe"] for info in found] == [1] + [0] * 99
    assert found[1] == {"subscribe": 0, "openid": fans[1]}
    assert batch(fans)["errcode"] == 40032
    foreign = world.openid(PLAIN.appid, 0)
    for bad in (foreign, "oBad", fans[0].swapcase(), ""):
        assert batch([fans[0], bad])["errcode"] == 40003


def test_mini_programs_may_not_ask_for_users(call: Caller, world: World) -> None:
    token = call.token(MINI)["access_token"]
    assert call.get("/cgi-bin/user/get", access_token=token)["errcode"] == 48001
    assert call.get("/cgi-bin/user/info", access_token=token, openid=world.openid(MINI.appid, 1))["errcode"] == 48001


@pytest.mark.parametrize(("act", "allowed", "seconds"), [("message", 5, 48 * 3600), ("click", 3, 60), ("scan", 3, 60)])
def test_reply_window_of_each_act(call: Caller, world: World, act: str, allowed: int, seconds: int) -> None:
    fan = world.openid(SERVICE.appid, 1)
    world.follow(SERVICE.appid, fan)
    later(61)
    token = call.token()["access_token"]
    assert call.send(token, fan) == 45015
    world.act(SERVICE.appid, fan, act)
    assert [call.send(token, fan) for _ in range(allowed + 1)] == [0] * allowed + [45047]
    world.act(SERVICE.appid, fan, act)
    assert call.send(token, fan) == 0
    later(seconds)
    assert call.send(call.token()["access_token"], fan) == 45015


def test_short_windows_are_spent_before_long_ones(call: Caller, world: World) -> None:
    fan = world.openid(SERVICE.appid, 1)
    world.follow(SERVICE.appid, fan)
    world.act(SERVICE.appid, fan, "message")
    world.act(SERVICE.appid, fan, "view")
    token = call.token()["access_token"]
    assert [call.send(token, fan) for _ in range(9)] == [0] * 8 + [45047]


def test_unfollowing_closes_the_window(call: Caller, world: World) -> None:
    fan = world.openid(SERVICE.appid, 1)
    world.follow(SERVICE.appid, fan)
    token = call.token()["access_token"]
    assert call.send(token, fan) == 0
    assert world.sent[0]["touser"] == fan
    world.unfollow(SERVICE.appid, fan)
    assert call.send(token, fan) == 45015
    assert call.send(token, "oBad") == 40003


def test_texts_may_be_neither_empty_nor_too_long(call: Caller, world: World) -> None:
    fan = world.openid(SERVICE.appid, 1)
    world.follow(SERVICE.appid, fan)
    token = call.token()["access_token"]
    assert [call.send(token, fan, text) for text in ("", "长" * 683, "长" * 682)] == [44004, 45002, 0]


def test_login_codes_work_once_for_five_minutes(call: Caller, world: World) -> None:
    def redeem(code: str, account: SimAccount = MINI) -> dict[str, Any]:
        return call.get(
            "/sns/jscode2session",
            appid=account.appid,
            secret=account.secret,
            js_code=code,
            grant_type="authorization_code",
        )

    code = world.login(MINI.appid, 5)
    answer = redeem(code)
    assert answer["openid"] == world.openid(MINI.appid, 5)
    assert answer["unionid"] == world.unionid("main", 5)
    assert redeem(code)["errcode"] == 40163
    assert redeem("unknown")["errcode"] == 40029
    assert redeem(code, SERVICE)["errcode"] == 40013
    late = world.login(MINI.appid, 5)
    later(301)
    assert redeem(late)["errcode"] == 40029


def test_faults_come_in_the_order_queued_and_then_end(call: Caller, world: World, http: requests.Session) -> None:
    path = "/cgi-bin/stable_token"
    world.fail(path, errcode=-1)
    world.fail(path, errcode="40029")
    assert [call.token()["errcode"], call.token()["errcode"]] == [-1, "40029"]
    world.fail(path, "extra")
    assert {"access_token", "unknown_flag"} <= set(call.token())
    world.fail(path, "html")
    page = http.post(call.url + path, json={}, timeout=5)
    assert (page.status_code, page.headers["Content-Type"]) == (502, "text/html")
    assert "access_token" in call.token()


def test_broken_answers_come_after_the_work_is_done(call: Caller, world: World, http: requests.Session) -> None:
    fan = world.openid(SERVICE.appid, 1)
    world.follow(SERVICE.appid, fan)
    token = call.token()["access_token"]
    path = "/cgi-bin/message/custom/send"
    world.fail(path, "truncated")
    with pytest.raises(requests.JSONDecodeError):
        call.send(token, fan)
    world.fail(path, "cut")
    with pytest.raises(requests.ConnectionError):
        call.send(token, fan)
    assert len(world.sent) == 2
    world.fail(path, "stall", seconds=5)
    with pytest.raises(requests.ReadTimeout):
        http.post(call.url + path, params={"access_token": token}, timeout=0.1)


def test_stopping_frees_the_port_at_once(world: World) -> None:
    with Simulator(world) as first:
        port = int(first.url.rsplit(":", 1)[1])
    with Simulator(world, port=port) as second:
        assert second.url == first.url
