"""Conflicts judged, merges undone and things found, at a desk and on a phone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from hub.kernel import access
from tests.browser.conftest import Open, no_sideways
from tests.web.console import crowd
from tests.web.console.test_conflicts import conflict

BOTH = pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])


@BOTH
def test_a_conflict_is_decided_and_taken_back(open_page: Open, phone: bool) -> None:
    one = conflict()
    page = open_page(access.GROUP_ADMIN, "/people", phone=phone)
    page.get_by_role("link", name="冲突 1").click()
    with no_sideways(page):
        page.get_by_role("link", name="判断", exact=True).click()
        expect(page.get_by_role("heading", name="是不是同一个人？")).to_be_visible()
    with no_sideways(page):
        page.get_by_role("button", name="同一个人，合并").click()
        expect(page.get_by_role("status")).to_contain_text("已合并为一个人")
    assert crowd.person_id(1) == crowd.person_id(2)
    page.get_by_role("button", name="撤销", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("冲突等待判断")
    assert crowd.person_id(1) != crowd.person_id(2)
    page.get_by_role("button", name="两个人，分开").click()
    expect(page.get_by_role("status")).to_contain_text("以后不再合并")
    page.goto("/people/conflicts?state=decided")
    with no_sideways(page):
        expect(page.get_by_role("link", name="查看")).to_have_attribute("href", re.compile(one))


@BOTH
def test_a_merge_is_undone_from_the_person_and_from_the_audit_trail(open_page: Open, phone: bool) -> None:
    crowd.act(1, "follow")
    crowd.act(1, "follow", appid=crowd.AUTOMATION)
    crowd.stitch(1, crowd.GROUP, crowd.AUTOMATION)
    page = open_page(access.GROUP_ADMIN, f"/people/{crowd.person_id(1)}", phone=phone)
    page.get_by_role("button", name="拆分").click()
    expect(page.get_by_role("status")).to_contain_text("已拆分")
    assert crowd.person_id(1) != crowd.person_id(1, crowd.AUTOMATION)
    page.goto("/audit")
    with no_sideways(page):
        page.get_by_role("button", name="撤销").first.click()
        expect(page.get_by_role("status")).to_contain_text("已重新合并")
    assert crowd.person_id(1) == crowd.person_id(1, crowd.AUTOMATION)


@BOTH
def test_slash_finds_a_person_from_any_page(open_page: Open, phone: bool) -> None:
    crowd.qualify(1)
    page = open_page(access.GROUP_ADMIN, "/operations", phone=phone)
    page.keyboard.press("/")
    seek = page.locator("#seek")
    expect(seek).to_be_focused()
    page.keyboard.type(crowd.openid(1).value)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text(crowd.person_id(1).replace("-", "")[-6:])
    page.locator("#seek").fill("nobody at all")
    page.keyboard.press("Enter")
    with no_sideways(page):
        expect(page.get_by_role("heading", name="没有找到")).to_be_visible()


@BOTH
def test_a_filter_is_saved_and_deleted_again(open_page: Open, phone: bool) -> None:
    crowd.qualify(1)
    page = open_page(access.GROUP_MARKETER, "/leads?bu=automation", phone=phone)
    page.locator(".keep summary").click()
    page.get_by_label("视图名称").fill("自动化的线索")
    with no_sideways(page):
        page.get_by_role("button", name="保存", exact=True).click()
        expect(page.get_by_role("link", name="自动化的线索")).to_have_attribute("aria-current", "page")
    page.get_by_role("button", name="删除视图「自动化的线索」").click()
    expect(page.get_by_role("link", name="自动化的线索")).to_have_count(0)
    page.get_by_role("button", name="撤销").click()
    with no_sideways(page):
        expect(page.get_by_role("link", name="自动化的线索")).to_be_visible()
