"""`hub followers`, in this process, against the simulated WeChat."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine

from hub.kernel import settings
from hub.web.cli import followers
from tests.sample import APPID, apply_sample, sim_account
from wechat import client
from wechat.simulator import Simulator, World


@pytest.fixture
def world(clean: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Yield a simulated WeChat; the commands find this test's database as it is."""
    apply_sample()
    with Simulator(World([sim_account()], page_size=50)) as simulator:
        simulator.world.settle(APPID, 120)
        monkeypatch.setenv("HUB_WECHAT_API", simulator.url)
        settings.current.cache_clear()
        client.clients.cache_clear()
        yield simulator.world
    client.clients.cache_clear()
    monkeypatch.undo()
    settings.current.cache_clear()


@pytest.fixture(autouse=True)
def _engines_run(monkeypatch: pytest.MonkeyPatch) -> None:
    from contextlib import contextmanager

    @contextmanager
    def running(**_: object) -> Iterator[None]:
        yield

    monkeypatch.setattr(followers, "running", running)


def said(*words: str) -> tuple[int, str]:
    """Return the exit code and the output of `hub followers`."""
    result = CliRunner().invoke(followers.followers, list(words))
    return result.exit_code, result.output


def test_watching_an_import_does_it_and_shows_how_far_it_is(world: World) -> None:
    assert "never imported" in said("status")[1]
    code, out = said("sync", APPID, "--watch")
    assert code == 0
    assert "100%" in out
    assert "120/120" in out
    assert "done" in out
    assert "here 120  WeChat 120" in said("status")[1]


def test_without_watching_the_workers_do_it(world: World) -> None:
    code, out = said("sync")
    assert (code, world.calls["/cgi-bin/user/get"]) == (0, 0)
    assert f"{APPID}  starts" in out
    assert "0/s" in said("status")[1]


def test_an_account_that_is_none_is_named(world: World) -> None:
    code, out = said("sync", "wx0000000000000000")
    assert code == 1
    assert "wx0000000000000000 is no official account" in out
