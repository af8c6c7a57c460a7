"""Menus in the console: edited step by step, published after a look at the effect, rolled back, taken over."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from hub.kernel import access, settings
from hub.kernel.db import transaction
from tests.sample import sim_account
from tests.web.console import crowd
from tests.web.console.conftest import SignIn
from wechat.client import clients
from wechat.service import menus as service
from wechat.simulator import Simulator, World

PAGE = f"/menus/{crowd.GROUP}"


@pytest.fixture
def marketer(sign_in: SignIn) -> FlaskClient:
    """Return a group marketer's browser."""
    return sign_in(access.GROUP_MARKETER)


@pytest.fixture(autouse=True)
def world(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Yield the simulated WeChat that takes the menus."""
    world = World([sim_account(crowd.GROUP)])
    with Simulator(world) as simulator:
        monkeypatch.setenv("HUB_WECHAT_API", simulator.url)
        settings.current.cache_clear()
        clients.cache_clear()
        service.forget_menus()
        yield world
    clients.cache_clear()
    service.forget_menus()


def press(client: FlaskClient, do: str, at: str = "", menu: str = "", **typed: str) -> str:
    """Press a button of the editor as the page has it now; return where it leads."""
    with transaction() as session:
        revision = service.menu_of(session, crowd.GROUP).revision
    form = {"revision": str(revision), "menu": menu, "at": at, "do": do, **typed}
    answer = client.post(PAGE, data=form)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"].removeprefix("http://localhost")


def make(client: FlaskClient) -> None:
    """Make a menu of one link and one button with a button inside."""
    press(client, "add::")
    press(client, "add::", "0", name="官网", type="view", url="https://www.example.com/m", stage="awareness")
    press(client, "add::1", "1", name="询价", type="click", key="PRICE", stage="consideration", bu="automation")
    press(client, "save", "1.0", name="自动化", type="click", key="PRICE", stage="consideration", bu="automation")


def publish(client: FlaskClient, **fields: str) -> str:
    answer = client.post(f"{PAGE}/publication", data=fields, follow_redirects=True)
    assert answer.status_code == 200
    return answer.text


def test_a_menu_is_made_seen_in_its_effect_and_published(marketer: FlaskClient, world: World) -> None:
    assert "从这里开始" in marketer.get(PAGE).text
    make(marketer)
    page = marketer.get(f"{PAGE}?at=1.0").text
    assert 'value="PRICE"' in page
    assert "官网" in page
    effect = marketer.get(f"{PAGE}/publication").text
    assert "新增「询价 / 自动化」" in effect
    assert "粉丝" in effect
    assert world.menus[crowd.GROUP].default is None
    assert "已发布" in publish(marketer)
    published = world.menus[crowd.GROUP].default or []
    assert [button["name"] for button in published] == ["官网", "询价"]
    assert "没有差异" in marketer.get(f"{PAGE}/publication").text
    listed = marketer.get("/menus").text
    assert "已发布 v1" in listed


def test_moving_to_another_button_keeps_what_was_typed(marketer: FlaskClient) -> None:
    make(marketer)
    there = press(marketer, "go::0", "1.0", name="改了名", type="click", key="PRICE")
    assert there == f"{PAGE}?at=0"
    assert "改了名" in marketer.get(f"{PAGE}?at=1.0").text


def test_flaws_are_told_by_field_kept_as_typed_and_not_published(marketer: FlaskClient, world: World) -> None:
    press(marketer, "add::")
    press(marketer, "save", "0", name="名字太长太长", type="view", url="http://www.example.com")
    page = marketer.get(f"{PAGE}?at=0").text
    assert "名称最多显示 4 个汉字" in page
    assert "请填 https:// 开头的完整链接" in page
    assert 'value="http://www.example.com"' in page
    assert 'aria-invalid="true"' in page
    assert "还不能发布" in publish(marketer)
    assert world.calls["/cgi-bin/menu/create"] == 0


def test_a_deleted_button_comes_back(marketer: FlaskClient) -> None:
    make(marketer)
    press(marketer, "remove", "0")
    assert "官网" not in marketer.get(f"{PAGE}?at=0").text
    assert "官网" in marketer.post(f"{PAGE}/undo", follow_redirects=True).text


def test_two_who_edit_at_once_notice_and_lose_nothing(marketer: FlaskClient) -> None:
    make(marketer)
    answer = marketer.post(PAGE, data={"revision": "0", "menu": "", "at": "0", "do": "save", "name": "我填的"})
    assert answer.status_code == 409
    assert "同事刚刚改过" in answer.text
    assert 'value="我填的"' in answer.text
    assert "官网" in marketer.get(f"{PAGE}?at=0").text


def test_a_conditional_menu_begins_as_the_default_one_and_needs_a_rule(marketer: FlaskClient, world: World) -> None:
    make(marketer)
    there = press(marketer, "rule", "0", name="官网", type="view", url="https://www.example.com/m")
    assert "请至少填一个条件" in marketer.get(there).text
    press(marketer, "save", "", "0", name="安卓", client_platform_type="2")
    assert "已发布" in publish(marketer)
    assert len(world.menus[crowd.GROUP].conditional) == 1
    press(marketer, "unrule", "", "0", name="安卓", client_platform_type="2")
    assert "删除个性化菜单「安卓」" in marketer.get(f"{PAGE}/publication").text


def test_rolling_back_publishes_the_older_version_anew(marketer: FlaskClient, world: World) -> None:
    make(marketer)
    publish(marketer)
    press(marketer, "remove", "0")
    publish(marketer)
    assert "回到 v1" in marketer.get(f"{PAGE}/publication?version=1").text
    assert "v3" in publish(marketer, version="1")
    assert [b["name"] for b in world.menus[crowd.GROUP].default or []] == ["官网", "询价"]
    assert marketer.get(f"{PAGE}/publication?version=99").status_code == 404
    assert marketer.get(f"{PAGE}/publication?version=x").status_code == 404


def test_what_wechat_refuses_is_said_with_the_button(marketer: FlaskClient) -> None:
    press(marketer, "add::")
    mini = {
        "name": "选型",
        "type": "miniprogram",
        "appid": "wx9999999999999999",
        "pagepath": "p",
        "url": "https://a.example",
    }
    press(marketer, "save", "0", **mini)
    page = publish(marketer)
    assert "没有发布成功" in page
    assert "45064" in page
    assert "请检查：选型" in page


def test_a_menu_made_elsewhere_is_taken_over_or_overwritten(marketer: FlaskClient, world: World) -> None:
    make(marketer)
    publish(marketer)
    world.menus[crowd.GROUP].create([{"name": "报价", "type": "click", "key": "PRICE"}])
    checked = marketer.post(f"{PAGE}/check", follow_redirects=True).text
    assert "菜单在别处改过" in checked
    assert "发布会覆盖那些修改" in marketer.get(f"{PAGE}/publication?version=1").text
    taken = marketer.post(f"{PAGE}/takeover", follow_redirects=True).text
    assert "已接管为 v2" in taken
    assert "报价" in taken
    world.menus[crowd.GROUP].delete()
    marketer.post(f"{PAGE}/check")
    publish(marketer, version="2")
    assert world.menus[crowd.GROUP].default is not None


def test_a_check_that_fails_says_so(marketer: FlaskClient, world: World) -> None:
    world.fail("/cgi-bin/menu/get", errcode=48001)
    page = marketer.post(f"{PAGE}/check", follow_redirects=True).text
    assert "没有核对成功" in page
    assert "48001" in page


def test_an_auditor_reads_and_changes_nothing(marketer: FlaskClient, sign_in: SignIn) -> None:
    make(marketer)
    auditor = sign_in(access.AUDITOR)
    page = auditor.get(PAGE)
    assert page.status_code == 200
    assert "保存草稿" not in page.text
    assert auditor.post(PAGE, data={"do": "remove", "at": "0"}).status_code == 403
    assert auditor.post(f"{PAGE}/publication").status_code == 403
    assert sign_in(access.BU_MEMBER).get(PAGE).status_code == 403


def test_only_accounts_with_menus_have_a_page(marketer: FlaskClient) -> None:
    assert marketer.get("/menus/wx0000000000000000").status_code == 404
