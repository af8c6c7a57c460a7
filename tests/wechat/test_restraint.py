"""Quiet hours and caps hold marketing back, across accounts and under parallel lanes; service goes out."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from hub.kernel import clock
from hub.kernel.db import transaction
from hub.kernel.work import LANES
from hub.pool import service as pool
from hub.pool.service import OPENID, UNIONID, IdentityRef, Link
from tests.sample import APPID
from tests.wechat import sending as s
from wechat.jobs import drain_sends
from wechat.models import Send
from wechat.simulator import World


@pytest.fixture
def world(clean: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Yield a simulated WeChat that the hub's client talks to."""
    with s.simulated(monkeypatch) as made:
        yield made


def at(hour: int) -> None:
    """Move the hub's clock to the next such hour in Shanghai, whatever time it is."""
    wall = clock.wall()
    wanted = datetime.combine(wall.date(), datetime.min.time(), UTC) + timedelta(days=1, hours=hour - 8)
    clock.set_offset(wanted - wall)


def test_marketing_waits_for_the_morning_and_service_does_not(world: World) -> None:
    s.apply_sample(b'outbound: {quiet_hours: {from: "22:00", to: "08:00"}}')
    openid = s.fan(world, message=True)
    at(23)
    marketing, service = s.queue(s.template(openid), s.text(openid))
    s.drain()
    assert s.state(marketing) == ("pending", "quiet")
    assert s.state(service)[0] == "sent"
    at(32)
    clock.set_offset(clock.offset() + timedelta(minutes=1))
    s.drain()
    assert s.state(marketing)[0] == "sent"


def test_the_cap_counts_a_person_not_an_openid(world: World) -> None:
    s.apply_sample(b"outbound: {per_person: {per_day: 1}}")
    one, two, other = (s.fan(world, person) for person in range(3))
    union = IdentityRef(UNIONID, "main", "oUnion-Example_0000000000001")
    with transaction() as session:
        pool.link_identities(session, [Link(IdentityRef(OPENID, APPID, o), union, "test") for o in (one, two)])
    first, second, third = s.queue(s.template(one), s.template(two), s.template(other))
    s.drain()
    assert sorted(s.state(id_) for id_ in (first, second)) == [("pending", "capped"), ("sent", None)]
    assert s.state(third)[0] == "sent"
    clock.set_offset(timedelta(hours=24, seconds=5))
    s.drain()
    assert s.states() == ["sent"] * 3


def test_a_capped_send_that_would_come_too_late_is_skipped(world: World) -> None:
    s.apply_sample(b"outbound: {per_person: {per_day: 1}}")
    openid = s.fan(world)
    _, late = s.queue(s.template(openid), s.template(openid, expires_at=clock.now() + timedelta(hours=2)))
    s.drain()
    assert s.state(late) == ("skipped", "capped")


def test_lanes_that_run_at_once_never_pass_the_cap(world: World) -> None:
    s.apply_sample(b"outbound: {per_person: {per_day: 2}}")
    openids = [s.fan(world, person) for person in range(16)]
    union = IdentityRef(UNIONID, "main", "oUnion-Example_0000000000001")
    with transaction() as session:
        pool.link_identities(session, [Link(IdentityRef(OPENID, APPID, o), union, "test") for o in openids])
    s.queue(*map(s.template, openids))
    threads = [threading.Thread(target=drain_sends, args=(lane,)) for lane in range(LANES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with transaction() as session:
        states = list(session.scalars(select(Send.state)))
    assert sorted(states) == ["pending"] * 14 + ["sent"] * 2
