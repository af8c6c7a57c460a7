"""What the tests of sends share: a simulated WeChat, people who act in it, and the hub told of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from hub.kernel import clock, settings
from hub.kernel.db import transaction
from hub.kernel.work import LANES
from tests.sample import APPID, apply_sample, sim_account
from wechat import client, rules
from wechat.jobs import drain_callbacks, drain_sends
from wechat.models import MassJob, Send, SendResult
from wechat.service import NewSend, account_keys, queue_sends, receiving
from wechat.simulator import Simulator, World
from wechat.simulator.push import Fields, to_json, xml

TEMPLATE, NOTICE = "tplReminder-0001", "tplNotice-0003"
DATA = {"thing2": "展会提醒", "time3": "2026-03-19 10:00"}


@contextmanager
def simulated(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Yield a simulated WeChat that the hub's client talks to, with the sample group applied."""
    apply_sample()
    with Simulator(World([sim_account()])) as simulator:
        monkeypatch.setenv("HUB_WECHAT_API", simulator.url)
        settings.current.cache_clear()
        client.clients.cache_clear()
        yield simulator.world
    client.clients.cache_clear()
    monkeypatch.undo()
    settings.current.cache_clear()


def fan(world: World, person: int = 1, *, message: bool = False) -> str:
    """Let a person follow, and write if `message`, in the world and at the hub; return the OpenID."""
    openid = world.openid(APPID, person)
    world.follow(APPID, openid)
    told = [event(openid, "subscribe")]
    if message:
        world.act(APPID, openid, "message")
        told.append({**head(openid), "MsgType": "text", "Content": "您好", "MsgId": 24_000_000_000 + person})
    tell(*told)
    return openid


def head(openid: str) -> dict[str, Any]:
    """Return the fields that every push begins with."""
    account = sim_account()
    return {
        "ToUserName": account.original_id,
        "FromUserName": openid,
        "CreateTime": int(clock.now().timestamp()),
    }


def event(openid: str, name: str, **fields: Any) -> dict[str, Any]:
    """Return the fields of an event."""
    return {**head(openid), "MsgType": "event", "Event": name, **fields}


def tell(*pushes: Fields, appid: str = APPID) -> None:
    """Let the hub take in and handle pushes, from the parsed document on."""
    keys = account_keys(appid)
    write = to_json if keys.kind == "miniprogram" else xml
    rows = [receiving._row(rules.read_envelope(keys, write(fields).decode()), clock.now()) for fields in pushes]
    with transaction() as session:
        receiving._store(session, rows)
    while sum(drain_callbacks(lane) for lane in range(LANES)):
        pass


def results(world: World) -> int:
    """Deliver the result pushes that wait in the world; return how many there were."""
    waiting = list(world.outbox.take_results())
    tell(*(fields for _, fields in waiting))
    return len(waiting)


def text(openid: str, words: str = "您好", **changes: Any) -> NewSend:
    """Return a service message in words."""
    made = NewSend(
        appid=APPID,
        openid=openid,
        channel="custom",
        content={"msgtype": "text", "text": {"content": words}},
        purpose="service",
    )
    return replace(made, **changes)


def template(openid: str, **changes: Any) -> NewSend:
    """Return a marketing template message."""
    made = NewSend(
        appid=APPID,
        openid=openid,
        channel="template",
        content={"template_id": TEMPLATE, "data": DATA},
        purpose="marketing",
        campaign="expo25",
    )
    return replace(made, **changes)


def queue(*sends: NewSend) -> list[UUID]:
    """Queue sends in a transaction of their own."""
    with transaction() as session:
        return queue_sends(session, sends)


def drain() -> int:
    """Send what is due in every lane until nothing is; return how many sends were looked at."""
    total = 0
    while seen := sum(drain_sends(lane) for lane in range(LANES)):
        total += seen
    return total


def row(id_: UUID) -> Send:
    """Return one send as it is now."""
    with transaction() as session:
        return session.get_one(Send, id_)


def state(id_: UUID) -> tuple[str, str | None]:
    """Return the state and the reason of one send."""
    found = row(id_)
    return found.state, found.error


def states() -> list[str]:
    """Return the states of all sends, in their order."""
    with transaction() as session:
        return list(session.scalars(select(Send.state).order_by(Send.id)))


def waiting_results() -> int:
    """Return how many results wait for a send."""
    with transaction() as session:
        return len(session.scalars(select(SendResult)).all())


def jobs() -> list[MassJob]:
    """Return the mass messages, oldest first."""
    with transaction() as session:
        return list(session.scalars(select(MassJob).order_by(MassJob.id)))
