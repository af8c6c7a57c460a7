"""Touchpoints: health, adding an account, and the test that says what is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from hub.group import service as group
from hub.kernel import access, clock, rollups, settings
from hub.kernel.db import transaction
from hub.web import groupfile
from hub.web.console import touchpoints
from hub.web.groupfile import GroupFileError, writing
from hub.web.groupfile.mistakes import Mistake
from tests.sample import sim_account
from tests.web.console import crowd
from tests.web.console.conftest import SignIn
from wechat.client import clients
from wechat.service import counting
from wechat.simulator import Simulator, World

NEW = {
    "name": "示例新账号",
    "kind": "service",
    "appid": "wx00000000000000aa",
    "original_id": "gh_0000000000aa",
    "open_platform": "main",
    "mode": "safe",
    "token": "hubtoken1",
    "aes_key": "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
    "secret": "0123456789abcdef0123456789abcdef",
}


@pytest.fixture
def admin(sign_in: SignIn) -> FlaskClient:
    """Return a group admin's browser."""
    return sign_in(access.GROUP_ADMIN)


@pytest.fixture
def wechat(admin: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    """Yield a simulated WeChat that the hub asks for tokens."""
    with Simulator(World([sim_account(crowd.GROUP)])) as simulator:
        monkeypatch.setenv("HUB_WECHAT_API", simulator.url)
        settings.current.cache_clear()
        clients.cache_clear()
        yield simulator
    clients.cache_clear()


def test_the_list_tells_how_each_account_does(admin: FlaskClient) -> None:
    page = admin.get("/touchpoints").text
    assert page.count("还没有推送") == 4
    for name in ("示例集团服务号", "示例选型小程序", "产品小站"):
        assert name in page


def test_an_account_shows_its_callback_address_and_no_secret(admin: FlaskClient) -> None:
    page = admin.get(f"/touchpoints/{crowd.GROUP}").text
    assert f"/wechat/callback/{crowd.GROUP}</code>" in page
    with transaction() as session:
        account = group.account(session, crowd.GROUP)
    assert account is not None
    for secret in (account.token, account.aes_key, account.secret):
        assert secret not in page
    assert admin.get("/touchpoints/wx0000000000000000").status_code == 404


def test_an_account_is_added_once_and_written_down(admin: FlaskClient) -> None:
    answer = admin.post("/touchpoints/new", data=NEW)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/touchpoints/{NEW['appid']}")
    with transaction() as session:
        added = group.account(session, NEW["appid"])
        assert session.scalar(text("SELECT count(*) FROM audit_entry WHERE action = 'account.add'")) == 1
    assert added is not None
    assert (added.name, added.token, added.open_platform) == (NEW["name"], NEW["token"], "main")
    again = admin.post("/touchpoints/new", data=NEW)
    assert (again.status_code, "已经接入" in again.text) == (422, True)


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("appid", "wx123", "AppID 是 wx 加"),
        ("original_id", "", "原始 ID 是 gh_"),
        ("name", "", "请填名称"),
        ("kind", "robot", "请选择账号类型"),
        ("open_platform", "nowhere", "请选择集团文件里已有的"),
        ("mode", "open", "请选择消息加解密方式"),
        ("token", "a b", "Token 是 3 到 32 位"),
        ("token", "${HUB_SECRET_KEY}", "Token 是 3 到 32 位"),
        ("aes_key", "short", "EncodingAESKey 是 43 位"),
        ("secret", "?", "AppSecret 是 32 位"),
    ],
)
def test_a_field_that_is_wrong_is_said_beside_it_and_nothing_is_kept(
    admin: FlaskClient, field: str, value: str, says: str
) -> None:
    answer = admin.post("/touchpoints/new", data={**NEW, field: value})
    assert answer.status_code == 422
    assert says in answer.text
    assert 'value="示例新账号"' in answer.text or field == "name"
    assert NEW["secret"] not in answer.text
    with transaction() as session:
        assert group.account(session, NEW["appid"]) is None


def test_the_test_button_names_what_is_wrong_and_how_to_mend_it(admin: FlaskClient, wechat: Simulator) -> None:
    page = admin.post(f"/touchpoints/{crowd.GROUP}/test").text
    assert "可以解开，收信正常。" in page
    assert "打不开：请检查 HUB_BASE_URL" in page  # nobody serves here
    assert "取得成功" in page


def test_a_wrong_secret_is_told_as_such(admin: FlaskClient, wechat: Simulator) -> None:
    wrong = {**NEW, "appid": crowd.GROUP, "secret": "f" * 32}
    with transaction() as session:
        groupfile.apply(session, writing.write({"accounts": [wrong]}), environ={})
    page = admin.post(f"/touchpoints/{crowd.GROUP}/test").text
    assert "AppSecret 不对" in page


def test_a_test_stores_nothing(admin: FlaskClient, wechat: Simulator) -> None:
    admin.post(f"/touchpoints/{crowd.GROUP}/test")
    with transaction() as session:
        assert session.scalar(text("SELECT count(*) FROM callback")) == 0


def test_an_auditor_looks_and_changes_nothing(sign_in: SignIn) -> None:
    auditor = sign_in(access.AUDITOR)
    page = auditor.get(f"/touchpoints/{crowd.GROUP}").text
    assert '<button class="btn btn-primary">测试' not in page
    assert auditor.post(f"/touchpoints/{crowd.GROUP}/test").status_code == 403
    assert auditor.post("/touchpoints/new", data=NEW).status_code == 403


def test_an_account_that_is_shut_off_is_told_on_the_overview_and_on_operations(
    admin: FlaskClient, wechat: Simulator
) -> None:
    assert "微信接入需要处理" not in admin.get("/").text
    wechat.world.fail("/cgi-bin/stable_token", errcode=40164)
    admin.post(f"/touchpoints/{crowd.GROUP}/test")
    for path in ("/", "/operations"):
        page = admin.get(path).text
        assert "微信接入需要处理（1）" in page
        assert f'href="/touchpoints/{crowd.GROUP}"' in page
        assert "IP 白名单" in page
    assert "WeChat needs attention (1)" in admin.get("/", headers={"Accept-Language": "en"}).text
    admin.post(f"/touchpoints/{crowd.GROUP}/test")
    assert "微信接入需要处理" not in admin.get("/").text


def test_new_keys_are_saved_and_the_old_ones_hold_on(admin: FlaskClient) -> None:
    admin.post("/touchpoints/new", data=NEW)
    path = f"/touchpoints/{NEW['appid']}"
    form = admin.get(f"{path}/edit").text
    assert 'value="示例新账号"' in form
    assert NEW["token"] not in form
    typed = {"name": "改名", "open_platform": "", "mode": "plain", "token": "hubtoken2", "allow_plaintext": "1"}
    assert admin.post(f"{path}/edit", data=typed).status_code == 303
    with transaction() as session:
        found = group.account(session, NEW["appid"])
        assert session.scalar(text("SELECT details FROM audit_entry WHERE action = 'account.change'")) == {
            "secrets": "token"
        }
    assert found is not None
    assert (found.name, found.open_platform, found.mode, found.token) == ("改名", None, "plain", "hubtoken2")
    assert (found.aes_key, found.secret, found.allow_plaintext) == (NEW["aes_key"], NEW["secret"], True)
    assert found.earlier == ((NEW["token"], NEW["aes_key"]),)
    page = admin.get(path).text
    assert "更换前的 Token 与 EncodingAESKey 仍接受到" in page
    assert "管理员允许了明文推送" in page


def test_a_wrong_key_is_said_beside_its_field_and_changes_nothing(admin: FlaskClient) -> None:
    typed = {"name": "改名", "open_platform": "main", "mode": "safe", "token": "a b", "location": "1"}
    answer = admin.post(f"/touchpoints/{crowd.GROUP}/edit", data=typed)
    assert (answer.status_code, "Token 是 3 到 32 位" in answer.text) == (422, True)
    assert 'value="改名"' in answer.text
    assert 'name="location" value="1" checked' in answer.text
    with transaction() as session:
        found = group.account(session, crowd.GROUP)
    assert found is not None
    assert (found.name, found.earlier) == ("示例集团服务号", ())


def test_what_the_hub_does_not_know_is_named_on_the_account_page(admin: FlaskClient) -> None:
    with transaction() as session:
        rollups.add(session, {("callbacks_odd", f"{crowd.GROUP} event channels_ec_order_pay"): 3})
    page = admin.get(f"/touchpoints/{crowd.GROUP}").text
    assert "channels_ec_order_pay" in page
    other = admin.get("/touchpoints/wx1d00000000000002")
    assert (other.status_code, "不认识的推送" in other.text) == (200, False)


def test_what_is_refused_and_what_fails_is_told_by_account(admin: FlaskClient, wechat: Simulator) -> None:
    page = admin.get(f"/touchpoints/{crowd.GROUP}").text
    assert "还没有取过" in page
    query = {"signature": "0" * 40, "timestamp": str(int(clock.now().timestamp())), "nonce": "1"}
    path = f"/wechat/callback/{crowd.GROUP}"
    refused = admin.application.test_client().open(path, method="POST", query_string=query, data="<xml/>")
    assert refused.status_code == 403
    admin.post(f"/touchpoints/{crowd.GROUP}/test")  # which fetches a token
    counting.TALLY.flush()
    page = admin.get(f"/touchpoints/{crowd.GROUP}").text
    assert '有效</span> <span class="soft">至 ' in page
    assert re.search(r"拒收的推送（24 小时）</dt><dd>1 .*?100\.0%", page)
    assert "100.0%" in admin.get("/touchpoints").text


def test_a_form_that_no_group_can_take_says_so_in_the_language_of_the_page(app: Flask) -> None:
    wrong = GroupFileError([Mistake(1, "group", "is missing"), Mistake(2, "accounts[0].colour", "unknown key")])
    for lang, words in (("zh", "集团文件"), ("en", "group file")):
        with app.test_request_context(f"/?lang={lang}"):
            assert all(words in said for said in touchpoints.mistakes(wrong).values())
