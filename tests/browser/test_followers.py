"""A marketer imports the followers of an account, leaves the page, stops it and lets it go on, in a browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from hub.kernel import access, settings
from hub.kernel.work import LANES
from tests.browser.conftest import Open, no_sideways
from tests.sample import sim_account
from tests.web.console import crowd
from wechat.client import clients
from wechat.jobs import drain_followers
from wechat.simulator import Simulator, World

PAGE = "/touchpoints/followers"


@pytest.fixture
def world(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Yield a simulated WeChat with followers of long ago."""
    with Simulator(World([sim_account(crowd.GROUP)], page_size=50)) as simulator:
        simulator.world.settle(crowd.GROUP, 120)
        monkeypatch.setenv("HUB_WECHAT_API", simulator.url)
        settings.current.cache_clear()
        clients.cache_clear()
        yield simulator.world
    clients.cache_clear()


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_an_import_goes_on_while_nobody_looks(open_page: Open, world: World, phone: bool) -> None:
    page = open_page(access.GROUP_MARKETER, PAGE, phone=phone)
    row = page.locator("tr", has_text="示例集团服务号")
    row.get_by_role("button", name="同步").click()
    expect(row.get_by_role("progressbar")).to_be_visible()
    with no_sideways(page):
        row.get_by_role("button", name="停止").click()
    expect(row).to_contain_text("已停止")
    row.get_by_role("button", name="继续").click()
    expect(row.get_by_role("progressbar")).to_be_visible()
    page.goto("/touchpoints")
    for lane in range(LANES):
        drain_followers(lane)
    with no_sideways(page):
        page.goto(PAGE)
    expect(row).to_contain_text("已完成")
    expect(row).to_contain_text("120 / 120")
