"""The page of follower imports: started, watched, stopped, gone on with, by those who may."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from hub.kernel import access, settings
from hub.kernel.db import transaction
from hub.kernel.work import LANES
from tests.sample import sim_account
from tests.web.console import crowd
from tests.web.console.conftest import SignIn
from wechat.client import clients
from wechat.jobs import drain_followers
from wechat.simulator import Simulator, World

PAGE, MINI = "/touchpoints/followers", "wx1d00000000000004"


@pytest.fixture
def marketer(sign_in: SignIn) -> FlaskClient:
    """Return a group marketer's browser."""
    return sign_in(access.GROUP_MARKETER)


@pytest.fixture
def world(marketer: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Yield a simulated WeChat with followers of long ago."""
    with Simulator(World([sim_account(crowd.GROUP)], page_size=50)) as simulator:
        simulator.world.settle(crowd.GROUP, 120)
        monkeypatch.setenv("HUB_WECHAT_API", simulator.url)
        settings.current.cache_clear()
        clients.cache_clear()
        yield simulator.world
    clients.cache_clear()


def work() -> None:
    """Let the workers go on."""
    for lane in range(LANES):
        drain_followers(lane)


def audited() -> list[str]:
    """Return what the audit trail says of followers."""
    with transaction() as session:
        query = text("SELECT action FROM audit_entry WHERE action LIKE 'followers.%' ORDER BY id")
        return list(session.scalars(query))


def test_an_import_is_started_watched_and_done(marketer: FlaskClient, world: World) -> None:
    assert "从未同步" in marketer.get(PAGE).text
    answer = marketer.post(f"{PAGE}/{crowd.GROUP}/sync", follow_redirects=True)
    assert "离开本页也会继续" in answer.text
    assert "<progress" in answer.text
    assert 'http-equiv="refresh"' in answer.text
    work()
    page = marketer.get(PAGE).text
    assert "已完成" in page
    assert "120 / 120" in page
    assert "<progress" not in page
    assert audited() == ["followers.sync"]


def test_an_import_is_stopped_and_goes_on_where_it_was(marketer: FlaskClient, world: World) -> None:
    marketer.post(f"{PAGE}/{crowd.GROUP}/sync")
    stopped = marketer.post(f"{PAGE}/{crowd.GROUP}/stop", follow_redirects=True).text
    assert "已停止" in stopped
    assert "继续" in stopped
    assert "没有正在进行的同步" in marketer.post(f"{PAGE}/{crowd.GROUP}/stop", follow_redirects=True).text
    marketer.post(f"{PAGE}/{crowd.GROUP}/sync")
    work()
    assert "120 / 120" in marketer.get(PAGE).text
    assert audited() == ["followers.sync", "followers.stop", "followers.sync"]


def test_what_keeps_an_import_is_said_in_words(marketer: FlaskClient, world: World) -> None:
    marketer.post(f"{PAGE}/{crowd.GROUP}/sync")
    world.fail("/cgi-bin/user/get", errcode=48001)
    work()
    page = marketer.get(PAGE).text
    assert "失败" in page
    assert "48001" in page


def test_an_auditor_looks_and_starts_nothing(sign_in: SignIn, world: World) -> None:
    auditor = sign_in(access.AUDITOR)
    assert "粉丝同步" in auditor.get(PAGE).text
    assert '<button class="btn btn-primary btn-sm">' not in auditor.get(PAGE).text
    assert auditor.post(f"{PAGE}/{crowd.GROUP}/sync").status_code == 403
    assert audited() == []


def test_an_account_that_is_none_is_not_found(marketer: FlaskClient) -> None:
    assert marketer.post(f"{PAGE}/wx0000000000000000/sync").status_code == 404
