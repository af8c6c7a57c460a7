"""A menu is made, mended, published and found changed elsewhere in a real browser, at a desk and on a phone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from hub.kernel import access, settings
from tests.browser.conftest import Hub, Open, no_sideways
from tests.sample import sim_account
from tests.web.console import crowd
from wechat.client import clients
from wechat.service import menus as service
from wechat.simulator import Simulator, World


@pytest.fixture
def world(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Yield the simulated WeChat that takes the menus."""
    world = World([sim_account(crowd.GROUP)])
    with Simulator(world) as simulator:
        monkeypatch.setenv("HUB_WECHAT_API", simulator.url)
        settings.current.cache_clear()
        clients.cache_clear()
        yield world
    clients.cache_clear()
    service.forget_menus()


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_a_marketer_makes_a_menu_and_publishes_it(open_page: Open, world: World, phone: bool) -> None:
    page = open_page(access.GROUP_MARKETER, f"/menus/{crowd.GROUP}", phone=phone)
    page.get_by_role("button", name="加第一个按钮").click()
    page.get_by_label("名称").fill("产品")
    expect(page.locator(".phone-bar [aria-current]")).to_contain_text("产品")
    expect(page.get_by_label("网页链接")).to_be_hidden()
    page.get_by_role("button", name="在「未命名」里加子菜单").click()
    page.get_by_label("名称").fill("自动化询价")
    page.get_by_label("类型").select_option("click")
    page.get_by_label("菜单 key").fill("PRICE")
    page.get_by_label("采购阶段").select_option("consideration")
    page.get_by_label("事业部").select_option("automation")
    page.get_by_role("button", name="加一级菜单").click()
    page.get_by_label("名称").fill("官网")
    page.get_by_label("类型").select_option("view")
    page.get_by_label("网页链接").fill("http://www.example.com/m")
    page.get_by_role("button", name="保存草稿").click()
    expect(page.locator("#url-hint")).to_contain_text("请填 https:// 开头")
    page.get_by_label("网页链接").fill("https://www.example.com/m")
    page.get_by_label("网页链接").press("Enter")
    page.locator(".phone-bar").get_by_text("产品").click()
    page.locator(".phone-sub").get_by_text("自动化询价").click()
    with no_sideways(page):
        page.wait_for_load_state("networkidle")
    page.get_by_role("link", name="预览发布").click()
    expect(page.locator(".diff")).to_contain_text("新增「产品 / 自动化询价」")
    with no_sideways(page):
        page.wait_for_load_state("networkidle")
    page.get_by_role("button", name="发布").click()
    expect(page.get_by_role("status")).to_contain_text("已发布")
    assert [b["name"] for b in world.menus[crowd.GROUP].default or []] == ["产品", "官网"]
    world.menus[crowd.GROUP].create([{"name": "报价", "type": "click", "key": "PRICE"}])
    page.get_by_role("button", name="与微信核对").click()
    expect(page.get_by_role("note")).to_contain_text("菜单在别处改过")
    with no_sideways(page):
        page.wait_for_load_state("networkidle")
    page.goto("/menus")
    with no_sideways(page):
        page.wait_for_load_state("networkidle")
