"""What people do in the console, in a real browser."""

from __future__ import annotations

import re

import pyotp
from playwright.sync_api import expect

from hub.group.service import users
from hub.kernel import access
from hub.kernel.db import transaction
from tests.browser.conftest import Hub, Open
from tests.web.console import crowd

PASSWORD = "seven unlike words keep doors"


def test_somebody_invited_sets_a_password_binds_a_phone_and_signs_in(open_page: Open) -> None:
    link = crowd.invite(access.GROUP_ADMIN)
    page = open_page(None, link)
    page.locator("input[type=password]").first.fill(PASSWORD)
    page.locator("input[type=password]").last.fill(PASSWORD)
    page.locator("main form button").first.click()
    secret = re.sub(r"\s", "", page.locator("details code").text_content() or "")
    page.get_by_label("六位动态码").fill(pyotp.TOTP(secret).now())
    page.locator("main form button").first.click()
    expect(page.get_by_role("heading", name="总览")).to_be_visible()


def test_a_follower_arrives_before_ones_eyes(open_page: Open) -> None:
    page = open_page(access.GROUP_ADMIN)
    people = page.locator('.tile[data-key="people"] [data-n]')
    expect(people).to_have_text("0")
    crowd.act(1, "follow", scene="auto.expo")
    expect(people).to_have_text("1")
    expect(page.locator(".feed li").first).to_contain_text("关注")
    page.locator(".feed li a").first.click()
    expect(page.locator("h1")).to_contain_text("粉丝")


def test_one_reads_why_a_person_is_an_mql(open_page: Open) -> None:
    crowd.qualify(1)
    page = open_page(access.GROUP_MARKETER)
    page.locator('.bar[data-key="mqls"] a').click()
    page.locator("tbody a.id").click()
    why = page.locator("#why")
    expect(why).to_contain_text("达到 MQL（门槛 60 分）")
    expect(why).to_contain_text("询价菜单")
    expect(why).to_contain_text("点击菜单 PRICE")


def test_a_lead_is_claimed_and_rejected_with_one_hand(open_page: Open) -> None:
    crowd.qualify(1)
    page = open_page(access.BU_MEMBER, phone=True)
    claim = page.get_by_role("button", name="领取")
    box = claim.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    claim.tap()
    expect(page.get_by_role("status")).to_contain_text("已领取")
    tabs = page.locator(".rail nav li a")
    page.wait_for_load_state("networkidle")  # the style sheet moves the tabs to the bottom
    assert [round((tab.bounding_box() or {"y": 0})["y"]) > 600 for tab in tabs.all()] == [True] * 4
    page.get_by_role("link", name="退回").tap()
    page.get_by_label("原因").select_option("no_need")
    page.get_by_role("button", name="退回这条线索").tap()
    expect(page.get_by_role("status")).to_contain_text("已退回")
    tabs.nth(2).tap()
    expect(page.locator(".card-lead")).to_contain_text("已回流")


def test_a_claim_is_undone_in_one_press(open_page: Open) -> None:
    crowd.qualify(1)
    page = open_page(access.BU_MEMBER)
    page.get_by_role("button", name="领取").click()
    page.get_by_role("button", name="撤销").click()
    expect(page.get_by_role("button", name="领取")).to_be_visible()


def test_the_keys_go_through_the_queue(open_page: Open) -> None:
    crowd.qualify(1)
    crowd.qualify(2)
    page = open_page(access.BU_MEMBER)
    page.keyboard.press("j")
    page.keyboard.press("j")
    second = page.locator(".card-lead").nth(1)
    expect(second).to_be_focused()
    page.keyboard.press("k")
    expect(page.locator(".card-lead").first).to_be_focused()
    page.keyboard.press("c")
    expect(page.get_by_role("status")).to_contain_text("已领取")
    page.wait_for_load_state()
    page.keyboard.press("j")
    page.keyboard.press("a")
    expect(page.get_by_role("status")).to_contain_text("已接受")
    page.wait_for_load_state()
    page.keyboard.press("r")
    expect(page.get_by_label("原因")).to_be_focused()


def test_contact_data_is_asked_for_and_not_there_again(open_page: Open) -> None:
    crowd.qualify(1)
    crowd.register(1)
    crowd.settle()
    page = open_page(access.BU_MEMBER, phone=True)
    page.get_by_role("button", name="领取").tap()
    page.locator(".card-lead h2 a").tap()
    page.get_by_label("用途").fill("首次联系")
    page.get_by_role("button", name="查看联系方式").tap()
    expect(page.locator("dl.contact")).to_contain_text("13900000001")
    page.goto(page.url.partition("/contact")[0])
    expect(page.locator("dl.contact")).to_have_count(0)


def test_the_language_is_switched_and_kept(open_page: Open) -> None:
    page = open_page(access.GROUP_ADMIN, "/people?when={field: score, gte: 1}")
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", name="People")).to_be_visible()
    assert "when=" in page.url
    page.get_by_role("link", name="Touchpoints").first.click()
    expect(page.get_by_role("heading", name="Touchpoints").first).to_be_visible()
    assert page.locator("html").get_attribute("lang") == "en"


def test_a_browser_in_english_begins_in_english(open_page: Open) -> None:
    page = open_page(access.GROUP_ADMIN, locale="en-US")
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()


def test_an_account_is_added_and_its_door_tested(open_page: Open, hub: Hub) -> None:
    page = open_page(access.GROUP_ADMIN, "/touchpoints")
    page.get_by_role("link", name="接入账号").click()
    page.get_by_label("名称").fill("示例新账号")
    page.get_by_label("AppID", exact=True).fill("wx123")
    page.get_by_label("原始 ID").fill("gh_0000000000aa")
    page.get_by_label("Token", exact=True).fill("hubtoken1")
    page.get_by_label("EncodingAESKey").fill("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG")
    page.get_by_label("AppSecret").fill("0123456789abcdef0123456789abcdef")
    page.get_by_role("button", name="添加").click()
    expect(page.locator("#appid-hint")).to_contain_text("AppID 是 wx 加 16 位")
    expect(page.get_by_label("名称")).to_have_value("示例新账号")
    page.get_by_label("AppID", exact=True).fill("wx00000000000000aa")
    page.get_by_label("AppSecret").fill("0123456789abcdef0123456789abcdef")
    page.get_by_role("button", name="添加").click()
    expect(page.locator("#callback")).to_have_text(f"{hub.url}/wechat/callback/wx00000000000000aa")
    page.get_by_role("button", name="测试").click()
    checks = page.locator(".checks li")
    expect(checks.nth(1)).to_contain_text("通过")
    expect(checks.nth(2)).to_contain_text("地址可达，签名校验通过")
    expect(checks.nth(3)).to_contain_text("有问题")


def test_a_condition_is_added_by_the_form_and_taken_away_by_its_chip(open_page: Open) -> None:
    crowd.qualify(1)
    crowd.act(2, "follow")
    page = open_page(access.GROUP_ADMIN, "/people")
    expect(page.locator("tbody tr")).to_have_count(2)
    page.get_by_label("字段").select_option("activity")
    expect(page.get_by_label("比较")).to_be_hidden()
    page.get_by_label("值").fill("menu_click:PRICE")
    page.get_by_role("button", name="加条件").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.locator(".chips a").first.click()
    expect(page.locator("tbody tr")).to_have_count(2)


def test_a_user_who_is_locked_out_is_led_to_the_login(open_page: Open) -> None:
    page = open_page(access.AUDITOR, "/people")
    with transaction() as session:
        for user in users.users(session):
            if user.role == access.AUDITOR:
                users.disable(session, None, user.id)
    page.get_by_role("link", name="触点").first.click()
    expect(page.get_by_role("heading", name="登录营销中台")).to_be_visible()
