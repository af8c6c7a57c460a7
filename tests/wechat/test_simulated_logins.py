"""The simulated WeChat's logins behave as WeChat's do: the page, codes, tokens of people, snapshots, numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

from tests.wechat.simulated import ACCOUNTS, MINI, SERVICE, UNBOUND, Caller, later
from wechat.simulator import SimComponent, Simulator, World
from wechat.simulator.world import now

BACK = "https://hub.example.com/back?a=1"
PLATFORM = SimComponent("wxc0ffee1234567890", "s" * 32, "platformtoken", "A" * 43)


@pytest.fixture
def world() -> World:
    """Return a WeChat with the usual accounts and a platform."""
    return World(ACCOUNTS, components=[PLATFORM])


@pytest.fixture
def call(world: World) -> Iterator[Caller]:
    """Yield a caller of it."""
    with Simulator(world) as simulator, requests.Session() as http:
        yield Caller(simulator.url, http)


def page(call: Caller, scope: str = "snsapi_base", **changes: str | None) -> requests.Response:
    fields = {"appid": SERVICE.appid, "redirect_uri": BACK, "response_type": "code", "scope": scope, "state": "s1"}
    query = urlencode({name: value for name, value in (fields | changes).items() if value is not None})
    return call.http.get(f"{call.url}/connect/oauth2/authorize?{query}", allow_redirects=False, timeout=5)


def code(call: Caller, scope: str = "snsapi_base") -> str:
    return parse_qs(urlsplit(page(call, scope).headers["Location"]).query)["code"][0]


def redeem(call: Caller, value: str, **changes: str) -> dict[str, Any]:
    fields = {"appid": SERVICE.appid, "secret": SERVICE.secret, "code": value, "grant_type": "authorization_code"}
    return call.get("/sns/oauth2/access_token", **(fields | changes))


def test_the_page_leads_back_with_code_and_state(call: Caller) -> None:
    back = urlsplit(page(call).headers["Location"])
    assert (back.netloc, list(parse_qs(back.query))) == ("hub.example.com", ["a", "code", "state"])


def test_the_page_is_particular_about_order_scope_and_domain(call: Caller, world: World) -> None:
    shuffled = urlencode(
        {"redirect_uri": BACK, "appid": SERVICE.appid, "response_type": "code", "scope": "snsapi_base"}
    )
    answer = call.http.get(f"{call.url}/connect/oauth2/authorize?{shuffled}&state=s", allow_redirects=False, timeout=5)
    assert "10015" in answer.text
    assert "10005" in page(call, "snsapi_everything").text
    world.logins.domains[SERVICE.appid] = "other.example.com"
    assert "10003" in page(call).text
    world.logins.domains[SERVICE.appid] = "hub.example.com"
    assert page(call).status_code == 302
    world.logins.declines = True
    assert "code=" not in page(call).headers["Location"]


def test_a_code_works_once_for_five_minutes_at_its_own_account(call: Caller, world: World) -> None:
    value = code(call)
    answer = redeem(call, value)
    assert (answer["openid"], answer["scope"]) == (world.openid(SERVICE.appid, 1), "snsapi_base")
    assert "is_snapshotuser" not in answer
    assert "unionid" not in answer
    assert redeem(call, value)["errcode"] == 40163
    assert redeem(call, "unknown")["errcode"] == 40029
    assert redeem(call, code(call), appid=UNBOUND.appid)["errcode"] == 40029
    assert redeem(call, code(call), secret="x" * 32)["errcode"] == 40125
    late = code(call)
    later(300)
    assert redeem(call, late)["errcode"] == 40029


def test_a_persons_token_opens_the_profile_that_was_agreed_to(call: Caller, world: World) -> None:
    def ask(grant: dict[str, Any], path: str = "/sns/userinfo") -> dict[str, Any]:
        return call.get(path, access_token=grant["access_token"], openid=grant["openid"])

    grant = redeem(call, code(call, "snsapi_userinfo"))
    assert grant["unionid"] == ask(grant)["unionid"] == world.unionid("main", 1)
    assert (ask(grant)["sex"], ask(grant)["headimgurl"]) == (0, "")
    assert ask(grant, "/sns/auth") == {"errcode": 0, "errmsg": "ok"}
    assert ask(grant | {"openid": world.openid(SERVICE.appid, 2)})["errcode"] == 40003
    assert ask(grant | {"access_token": "none"})["errcode"] == 40001
    assert ask(redeem(call, code(call)))["errcode"] == 48001
    later(7200)
    assert ask(grant)["errcode"] == 42001
    fields = {"appid": SERVICE.appid, "grant_type": "refresh_token", "refresh_token": grant["refresh_token"]}
    renewed = call.get("/sns/oauth2/refresh_token", **fields)
    assert ask(renewed)["openid"] == grant["openid"]
    assert call.get("/sns/oauth2/refresh_token", **(fields | {"refresh_token": "x"}))["errcode"] == 40030
    later(31 * 86_400)
    assert call.get("/sns/oauth2/refresh_token", **fields)["errcode"] == 42002


@pytest.mark.parametrize("marked", [True, False])
def test_on_a_snapshot_page_every_id_is_invented_anew(call: Caller, world: World, marked: bool) -> None:
    world.logins.snapshot, world.logins.marked = True, marked
    first, second = (redeem(call, code(call, "snsapi_userinfo")) for _ in range(2))
    assert first.get("is_snapshotuser") == (1 if marked else None)
    real = (world.openid(SERVICE.appid, 1), world.unionid("main", 1))
    assert len({first["openid"], second["openid"], real[0]}) == len({first["unionid"], second["unionid"], real[1]}) == 3
    told = call.get("/sns/userinfo", access_token=first["access_token"], openid=first["openid"])
    assert told["errcode"] == 48001
    assert redeem(call, code(call))["openid"] == real[0]  # the base scope opens no snapshot


def test_a_platform_redeems_for_accounts_that_trust_it(call: Caller, world: World) -> None:
    component = world.components[PLATFORM.appid]
    token = component.issue_token(PLATFORM.secret, component.issue_ticket(now()), now())["component_access_token"]
    proof = {"component_appid": PLATFORM.appid, "component_access_token": str(token)}
    fields = {"appid": SERVICE.appid, "code": code(call), "grant_type": "authorization_code", **proof}
    path = "/sns/oauth2/component/access_token"
    assert call.get(path, **fields)["errcode"] == 61003
    component.authorize(SERVICE.appid, str(component.pre_auth_code(now())["pre_auth_code"]), now())
    assert call.get(path, **(fields | {"component_access_token": "x"}))["errcode"] == 40001
    assert call.get(path, **fields)["openid"] == world.openid(SERVICE.appid, 1)


def test_a_phone_code_gives_its_persons_number_once(call: Caller, world: World) -> None:
    token = call.token(MINI)["access_token"]

    def ask(value: str, **more: str) -> dict[str, Any]:
        return call.post("/wxa/business/getuserphonenumber", {"code": value, **more}, access_token=token)

    value, owner = world.phone_code(MINI.appid, 7), world.openid(MINI.appid, 7)
    info = ask(value, openid=owner)["phone_info"]
    assert (info["phoneNumber"], info["watermark"]["appid"]) == (world.phone(7), MINI.appid)
    assert ask(value)["errcode"] == 40029
    assert ask(world.phone_code(MINI.appid, 7), openid=world.openid(MINI.appid, 8))["errcode"] == 40003
    late = world.phone_code(MINI.appid, 7)
    later(300)
    assert ask(late)["errcode"] == 40029
