"""Third-party platforms at the console: their state, the link, the way back, moving accounts between the two modes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from hub.group import service as group
from hub.kernel import access, clock, settings
from hub.kernel.db import transaction
from tests.sample import apply_sample, sim_account
from tests.web.console import crowd
from tests.web.console.conftest import SignIn
from tests.wechat.test_components import GROUP_FILE, PLATFORM, work
from wechat import service
from wechat.client import clients
from wechat.simulator import Simulator, World


@pytest.fixture
def admin(sign_in: SignIn) -> FlaskClient:
    """Return a group admin's browser."""
    return sign_in(access.GROUP_ADMIN)


@pytest.fixture
def wechat(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    """Yield a simulated WeChat with one platform, whose ticket has arrived."""
    apply_sample(GROUP_FILE.encode())
    with Simulator(World([sim_account(crowd.GROUP)], components=[PLATFORM])) as simulator:
        monkeypatch.setenv("HUB_WECHAT_API", simulator.url)
        monkeypatch.setenv("HUB_WECHAT_MP", simulator.url)
        settings.current.cache_clear()
        clients.cache_clear()
        ticket = simulator.world.components[PLATFORM.appid].issue_ticket(clock.now().timestamp())
        with transaction() as session:
            service.keep_ticket(session, PLATFORM.appid, ticket, clock.now())
        yield simulator
    clients.cache_clear()


def agree(admin: FlaskClient) -> str:
    """Make a link at the console, follow it as an account's owner, and return the address of the way back."""
    page = admin.post("/platforms/group/link").text
    found = re.search(r'id="link">([^<]+)<', page)
    assert found is not None
    assert "<svg" in page
    link = found[1].replace("&amp;", "&")
    assert parse_qs(urlsplit(link).query)["auth_type"] == ["3"]
    answer = requests.get(link, allow_redirects=False, timeout=5)
    assert answer.status_code == 302
    back = urlsplit(answer.headers["Location"])
    return f"{back.path}?{back.query}"


def run_through() -> str | None:
    with transaction() as session:
        account = group.account(session, crowd.GROUP)
    assert account is not None
    return account.component.slug if account.component else None


def audited() -> list[str]:
    with transaction() as session:
        return list(session.scalars(text("SELECT action FROM audit_entry ORDER BY id")))


def test_without_a_platform_the_page_says_how_to_get_one(admin: FlaskClient) -> None:
    assert "component_platforms" in admin.get("/platforms").text


def test_an_owner_agrees_by_the_link_and_the_account_is_run_through_the_platform(
    admin: FlaskClient, wechat: Simulator, app: Flask
) -> None:
    back = agree(admin)
    stranger = app.test_client()  # the owner of the account is nobody's user
    assert "授权成功" in stranger.get(back).text
    assert stranger.get(back).status_code == 200  # opened again: nothing happens twice
    work()
    assert wechat.world.calls["/cgi-bin/component/api_query_auth"] == 1
    assert run_through() == "group"
    page = admin.get("/platforms").text
    for words in ("ticket 正常", "已授权", "改回直连", f"/wechat/component/{PLATFORM.appid}/authorization"):
        assert words in page
    assert "$APPID$" in page
    assert PLATFORM.secret not in page
    assert "由第三方平台 group 接入" in admin.get(f"/touchpoints/{crowd.GROUP}").text
    tested = admin.post(f"/touchpoints/{crowd.GROUP}/test").text
    assert "取得成功" in tested
    assert "可以解开，收信正常。" in tested
    assert audited().count("component.link") == 1
    assert "account.adopt" in audited()


def test_an_account_moves_back_and_again(admin: FlaskClient, wechat: Simulator) -> None:
    admin.get(agree(admin))
    work()
    left = admin.post(f"/platforms/accounts/{crowd.GROUP}/leave", follow_redirects=True)
    assert "已改回直连" in left.text
    assert run_through() is None
    assert "由平台接入" in admin.get("/platforms").text
    again = admin.post(f"/platforms/group/accounts/{crowd.GROUP}/adopt", follow_redirects=True)
    assert "已改由平台接入" in again.text
    assert run_through() == "group"
    assert [action for action in audited() if action == "account.leave"] == ["account.leave"]


def test_an_account_without_secrets_of_its_own_cannot_be_run_directly(admin: FlaskClient, wechat: Simulator) -> None:
    section = "{appid: wx00000000000000b1, original_id: gh_0000000000b1, name: 示例, kind: service, component: group}"
    apply_sample(f"accounts: [{section}]".encode())
    answer = admin.post("/platforms/accounts/wx00000000000000b1/leave", follow_redirects=True)
    assert "需要账号自己的 AppSecret 和 Token" in answer.text
    refused = admin.post("/platforms/group/accounts/wx00000000000000b1/adopt", follow_redirects=True)
    assert "没有授权给平台" in refused.text
    assert "等待授权" in admin.get("/platforms").text


@pytest.mark.parametrize(
    "query", ["", "state=x&auth_code=1", "state={state}", "state={state}&auth_code=" + "9" * 600], ids=range(4)
)
def test_a_way_back_that_is_not_ours_or_brings_no_code_is_refused(
    admin: FlaskClient, wechat: Simulator, query: str
) -> None:
    state = parse_qs(urlsplit(agree(admin)).query)["state"][0]
    answer = admin.get(f"/platforms/group/authorized?{query.format(state=state)}")
    assert answer.status_code == 400
    work()
    assert wechat.world.calls["/cgi-bin/component/api_query_auth"] == 0


def test_a_link_that_wechat_refuses_is_told_with_its_reason(admin: FlaskClient, wechat: Simulator) -> None:
    wechat.world.fail("/cgi-bin/component/api_create_preauthcode", errcode=61004)
    answer = admin.post("/platforms/group/link", follow_redirects=True)
    assert "不在第三方平台的白名单" in answer.text
    assert admin.post("/platforms/nowhere/link").status_code == 404


def test_a_platform_without_a_ticket_and_an_account_that_left_are_told_on_the_overview(
    admin: FlaskClient, wechat: Simulator
) -> None:
    assert "微信接入需要处理" not in admin.get("/").text
    admin.get(agree(admin))
    work()
    with transaction() as session:
        service.disconnect(session, PLATFORM.appid, crowd.GROUP, "unauthorized", clock.now())
    assert "已取消对第三方平台的授权" in admin.get("/").text
    with transaction() as session:
        session.execute(text("UPDATE component_state SET ticket_at = ticket_at - interval '1 hour'"))
    assert "没有收到 ticket" in admin.get("/operations").text
    assert "ticket 迟到" in admin.get("/platforms").text


def test_others_look_or_are_turned_away(sign_in: SignIn, wechat: Simulator) -> None:
    auditor = sign_in(access.AUDITOR)
    page = auditor.get("/platforms").text
    assert "授权新账号" not in page
    assert auditor.post("/platforms/group/link").status_code == 403
    assert auditor.post(f"/platforms/accounts/{crowd.GROUP}/leave").status_code == 403
    assert sign_in(access.BU_MANAGER).get("/platforms").status_code == 403
