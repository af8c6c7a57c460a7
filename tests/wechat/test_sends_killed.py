"""A process is killed while it sends, again and again: nobody gets a message twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, select
from sqlalchemy import text as sql

from hub.kernel.db import transaction
from tests.sample import APPID
from tests.wechat import sending as s
from wechat.models import Send
from wechat.simulator import World

CUSTOM, TEMPLATE = "/cgi-bin/message/custom/send", "/cgi-bin/message/template/send"
WORKER = """
from hub.web import jobs
from hub.kernel.work import LANES
while sum(jobs.drain("send", lane) for lane in range(LANES)):
    pass
"""


@pytest.fixture
def world(clean: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Yield a simulated WeChat that the hub's client talks to."""
    with s.simulated(monkeypatch) as made:
        yield made


def kill_after(world: World, path: str, calls: int) -> None:
    """Start a real worker and kill it once it has made so many more calls of `path`."""
    wanted = world.calls[path] + calls
    worker = subprocess.Popen([sys.executable, "-c", WORKER], env={**os.environ})
    give_up = time.monotonic() + 60
    while world.calls[path] < wanted and worker.poll() is None:
        assert time.monotonic() < give_up, "the worker made no calls"
        time.sleep(0.002)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    with transaction() as session:  # as if the dead worker's lease had run out
        session.execute(sql("UPDATE lease SET until = clock_timestamp() WHERE name LIKE 'sends:%'"))


def crowd(world: World, people: int) -> list[str]:
    """Let people follow and write, in the world and at the hub."""
    openids = [world.openid(APPID, person) for person in range(people)]
    pushes = []
    for number, openid in enumerate(openids):
        world.follow(APPID, openid)
        world.act(APPID, openid, "message")
        pushes += [s.event(openid, "subscribe")]
        pushes += [{**s.head(openid), "MsgType": "text", "Content": "您好", "MsgId": 25_000_000_000 + number}]
    s.tell(*pushes)
    return openids


def test_a_marketing_template_to_300_followers_reaches_each_once_over_three_kills(world: World) -> None:
    openids = crowd(world, 300)
    blocked = set(openids[::25])
    world.outbox.blockers |= {(APPID, openid) for openid in blocked}
    s.queue(*(s.template(openid, dedupe_key=f"expo25:{n}") for n, openid in enumerate(openids)))
    world.fail(TEMPLATE, "stall", seconds=0.02, times=300)
    for _ in range(3):
        kill_after(world, TEMPLATE, 20)
    assert "sending" in s.states(), "the kill came in the middle of a batch"
    s.drain()
    while s.results(world):
        s.drain()
    with transaction() as session:
        rows = session.execute(select(Send.openid, Send.state, Send.client_msg_id)).all()
    assert len(rows) == 300
    got = {row.openid: world.outbox.received[APPID, row.openid, row.client_msg_id] for row in rows}
    assert set(got.values()) == {1}
    assert {row.openid for row in rows if row.state == "undelivered"} == blocked
    assert {row.state for row in rows if row.openid not in blocked} == {"delivered"}


def test_a_killed_customer_service_campaign_leaves_doubts_but_no_doubles(world: World) -> None:
    openids = crowd(world, 60)
    s.queue(*(s.text(openid, purpose="marketing", dedupe_key=f"hi:{n}") for n, openid in enumerate(openids)))
    world.fail(CUSTOM, "stall", seconds=0.02, times=100)
    kill_after(world, CUSTOM, 15)
    s.drain()
    with transaction() as session:
        rows = session.execute(select(Send.openid, Send.state, Send.error)).all()
    got = {row.openid: world.outbox.received[APPID, row.openid, "custom"] for row in rows}
    assert max(got.values()) == 1
    doubtful = [row for row in rows if row.state == "unknown"]
    assert {row.error for row in doubtful} == {"interrupted"}
    assert {row.state for row in rows} == {"sent", "unknown"}
    assert all(got[row.openid] == 1 for row in rows if row.state == "sent")
