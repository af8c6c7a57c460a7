"""The two walks of ARCHITECTURE.md, walked: every step is taken, in that order, and no call goes up."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest
from sqlalchemy import Engine, select

from bu_routing.models import Lead
from hub.kernel import clock, spool
from hub.kernel.db import transaction
from hub.kernel.durable import DurableWriter
from hub.kernel.outbox import FactRow
from hub.kernel.work import LANES
from hub.web import jobs
from hub.web.app import create_app
from tests.sample import APPID, apply_sample, sim_account
from wechat.models import Callback
from wechat.service import receiving
from wechat.simulator import push

ROOT = Path(__file__).parents[1]
FLOORS = ["hub/kernel", "hub/group", "privacy", "hub/pool", "wechat bu_routing event_hub", "hub/web"]
HANDED = {
    "hub/kernel/work.py",
    "hub/kernel/groupcommit.py",
    "hub/kernel/durable.py",
    "hub/kernel/conditions/closures.py",
}
"""Files of the kernel that call what they were handed: a handler of rows, a subject of conditions."""
A_PUSH = ["wechat/views/callbacks.py:callback", "wechat/service/receiving.py:receive"]
A_FOLLOW = [
    "wechat/jobs/callbacks.py:drain_callbacks",
    "wechat/service/handling.py:handle",
    "hub/pool/service/activities.py:record_activities",
    "hub/pool/rules/folding.py:fold",
    "hub/kernel/outbox.py:publish",
]
AN_MQL = [
    "hub/web/relay.py:drain_facts",
    "bu_routing/jobs.py:on_mql_reached",
    "bu_routing/service/route.py:route",
    "hub/pool/service/snapshots.py:snapshot",
    "bu_routing/rules/routing.py:decide",
]


class Walk:
    """Note every call between files of the project: who was called, and by whom."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.calls: set[tuple[str, str]] = set()

    def note(self, frame: FrameType, event: str, _argument: object) -> None:
        """Note one call; calls of everybody else's code are not ours to look at."""
        here = _file(frame)
        if event != "call" or here is None:
            return
        step = f"{here}:{frame.f_code.co_name}"
        if step not in self.steps:
            self.steps.append(step)
        caller = frame.f_back
        while caller is not None and _file(caller) is None:
            caller = caller.f_back
        if caller is not None:
            self.calls.add((str(_file(caller)), here))

    def files(self) -> set[str]:
        """Return every file of the project that was walked through."""
        return {step.split(":", 1)[0] for step in self.steps}


def _file(frame: FrameType) -> str | None:
    path = Path(frame.f_code.co_filename)
    if not path.is_relative_to(ROOT):
        return None
    name = path.relative_to(ROOT).as_posix()
    return name if any(name.startswith(f"{room}/") for floor in FLOORS for room in floor.split()) else None


@contextmanager
def walking() -> Iterator[Walk]:
    """Note the calls of this thread, and of the threads that it starts."""
    walk = Walk()
    threading.setprofile(walk.note)
    sys.setprofile(walk.note)
    try:
        yield walk
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


def floor(file: str) -> int:
    """Return how high up in the house a file is."""
    return next(n for n, rooms in enumerate(FLOORS) for room in rooms.split() if file.startswith(f"{room}/"))


def package(file: str) -> str:
    """Return the package a file belongs to."""
    return next(room for rooms in FLOORS for room in rooms.split() if file.startswith(f"{room}/"))


def goes_down(caller: str, called: str) -> bool:
    """Tell whether a call stays in its package or goes to a floor below; siblings are not below one another."""
    return package(caller) == package(called) or floor(called) < floor(caller)


def assert_walked(walk: Walk, expected: list[str]) -> None:
    """Assert that the steps were taken, first in this order, and that no call went up or sideways."""
    assert [step for step in walk.steps if step in expected] == expected
    up = {(a, b) for a, b in walk.calls if not goes_down(a, b) and a not in HANDED}
    assert up == set()


def drain(name: str) -> None:
    """Drain every lane once."""
    for lane in range(LANES):
        jobs.drain(name, lane)


def written(block: int) -> list[str]:
    """Return the steps that a code block of "Two walks" writes down, such as "wechat/service.handle"."""
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8").split("## Two walks")[1].split("\n## ")[0]
    return re.findall(r"\b[a-z_]+(?:/[a-z_]+)+\.[a-z_]+", text.split("```")[2 * block + 1])


def as_written(step: str) -> str:
    """Return a step as the document writes it: package, room and verb, without the file within the room."""
    file, verb = step.split(":")
    inner = file.removeprefix(f"{package(file)}/").removesuffix(".py").split("/")[0]
    return f"{package(file)}/{inner}.{verb}"


def fresh_writer() -> DurableWriter[receiving.Received]:
    """Return the inbox's writer with threads of its own, which this walk sees."""
    return DurableWriter(receiving._store, spool.local, spooled=receiving.Received.SPOOLED, within=10)


@pytest.fixture
def pushed(clean: Engine, monkeypatch: pytest.MonkeyPatch) -> Walk:
    """Return the walk of two pushes, a follow and a click that makes an MQL, up to the answer "success"."""
    apply_sample()
    monkeypatch.setattr(receiving, "_writer", fresh_writer())
    client, account = create_app().test_client(), sim_account()
    head = {"ToUserName": account.original_id, "FromUserName": "oExample-Walker_000000000001", "MsgType": "event"}
    head["CreateTime"] = str(int(clock.now().timestamp()))
    with walking() as walk:
        for fields in (
            {"Event": "subscribe", "EventKey": "qrscene_auto.expo"},
            {"Event": "CLICK", "EventKey": "PRICE"},
        ):
            sent = push(f"/wechat/callback/{APPID}", account, {**head, **fields}, now=clock.now())
            assert client.post(sent.url, query_string=sent.query, data=sent.body).data == b"success"
    return walk


def test_the_document_writes_down_the_steps_that_are_taken() -> None:
    assert written(0) == [as_written(step) for step in A_PUSH + A_FOLLOW]
    assert written(1) == [as_written(step) for step in AN_MQL]


def test_a_push_is_on_disk_and_nothing_else_has_happened(pushed: Walk) -> None:
    assert_walked(pushed, A_PUSH)
    assert {package(file) for file in pushed.files()} <= {"wechat", "privacy", "hub/web", "hub/group", "hub/kernel"}
    assert "wechat/service/receiving.py:_store" in pushed.steps
    with transaction() as session:
        assert set(session.scalars(select(Callback.event))) == {"subscribe", "click"}


def test_a_follow_walks_down_to_the_outbox(pushed: Walk) -> None:
    with walking() as walk:
        drain(Callback.__tablename__)
    assert_walked(walk, A_FOLLOW)
    assert not any(file.startswith("bu_routing/") for file in walk.files())
    with transaction() as session:
        assert session.scalars(select(FactRow.kind)).all() == ["mql_reached"]


def test_an_mql_walks_down_to_the_leads_row(pushed: Walk) -> None:
    drain(Callback.__tablename__)
    with walking() as walk:
        drain(FactRow.__tablename__)
    assert_walked(walk, AN_MQL)
    assert not any(file.startswith("wechat/") for file in walk.files())
    with transaction() as session:
        assert session.scalars(select(Lead.state)).all() == ["queued"]
