"""A town per test: the sample group, its keys, a simulated WeChat, and a key store of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from hub.group import service as group
from hub.kernel import clock, settings
from hub.kernel.db import transaction
from hub.web import groupfile
from hub.web.app import create_app
from hub.web.tables import ensure_partitions
from tests.journeys.town import AUTOMATION, ENERGY, GROUP, MINI, Town
from tests.sample import apply_sample, sim_account
from wechat.client import clients
from wechat.simulator import Simulator, World


@pytest.fixture
def town(clean: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    """Yield the sample group with keys for its BUs, the mini-site and an admin; the clock is put back afterwards."""
    apply_sample(groupfile.demo().encode())
    with transaction() as session:
        keys = {bu: group.create_key(session, name="test", bu=bu) for bu in ("automation", "power")}
        keys["minisite"] = group.create_key(session, name="test", touchpoint="minisite")
        keys["admin"] = group.create_key(session, name="test")
    world = World([sim_account(appid) for appid in (GROUP, AUTOMATION, ENERGY, MINI)])
    with Simulator(world) as simulator:
        monkeypatch.setenv("HUB_WECHAT_API", simulator.url)
        monkeypatch.setenv("HUB_KEYSTORE", str(tmp_path / "keys"))
        _read_anew()
        yield Town(create_app().test_client(), world, keys)
    monkeypatch.undo()
    _read_anew()
    clock.set_offset(timedelta(0))
    ensure_partitions()


def _read_anew() -> None:
    settings.current.cache_clear()
    settings.current()
    clients.cache_clear()
