"""Mass messages: one call for many, four a month, repeated with their id, closed by their result or by asking."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine

from hub.kernel.db import transaction
from tests.sample import APPID
from tests.wechat import sending as s
from tests.wechat.simulated import later
from wechat.jobs import look_after_sends
from wechat.service import look
from wechat.simulator import World

SEND, GET = "/cgi-bin/message/mass/send", "/cgi-bin/message/mass/get"
NEWS = {"msgtype": "mpnews", "mpnews": {"media_id": "m-1"}, "send_ignore_reprint": 0}


@pytest.fixture
def world(clean: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Yield a simulated WeChat that the hub's client talks to."""
    with s.simulated(monkeypatch) as made:
        yield made


def mass(openids: list[str], **changes: Any) -> list[UUID]:
    return s.queue(*(s.template(o, channel="mass", content=NEWS, **changes) for o in openids))


def left(openid: str) -> int:
    with transaction() as session:
        (ledger,) = look(session, [(APPID, openid)]).values()
    return 4 - ledger.mass_used


def test_a_campaign_goes_out_in_one_call_and_its_result_closes_it(world: World) -> None:
    openids = [s.fan(world, person) for person in range(5)]
    stranger = world.openid(APPID, 99)
    world.outbox.blockers.add((APPID, openids[0]))
    mass([*openids, stranger])
    s.drain()
    assert world.calls[SEND] == 1
    assert s.states() == ["sent"] * 5 + ["skipped"]
    assert s.results(world) == 1
    (job,) = s.jobs()
    assert (job.state, job.status, job.recipients) == ("finished", "send success", 5)
    assert job.counts == {"total": 5, "filter": 5, "sent": 4, "error": 1}
    assert s.states() == ["delivered"] * 5 + ["skipped"]
    assert left(openids[1]) == 3


def test_the_fifth_of_a_month_is_skipped_without_a_call(world: World) -> None:
    openids = [s.fan(world, person) for person in range(2)]
    for _ in range(5):
        mass(openids)
        s.drain()
    assert world.calls[SEND] == 4
    assert s.states() == ["sent"] * 8 + ["skipped"] * 2


def test_one_person_alone_is_no_mass(world: World) -> None:
    (id_,) = mass([s.fan(world)])
    s.drain()
    assert s.state(id_) == ("skipped", "mass_needs_two")
    assert world.calls[SEND] == 0


def test_two_campaigns_are_two_calls(world: World) -> None:
    openids = [s.fan(world, person) for person in range(2)]
    mass(openids)
    mass(openids, campaign="welcome")
    s.drain()
    assert (world.calls[SEND], {job.campaign for job in s.jobs()}) == (2, {"expo25", "welcome"})


def test_a_lost_answer_is_asked_for_again_with_the_same_id(world: World) -> None:
    openids = [s.fan(world, person) for person in range(3)]
    mass(openids)
    world.fail(SEND, "cut")
    s.drain()
    assert s.states() == ["sending"] * 3
    look_after_sends()
    assert world.calls[SEND] == 1, "not before a minute has passed"
    later(61)
    look_after_sends()
    assert s.states() == ["sent"] * 3
    assert world.calls[SEND] == 2
    assert {world.outbox.received[APPID, o, f"mass {s.jobs()[0].msg_id}"] for o in openids} == {1}
    s.results(world)
    look_after_sends()
    assert s.states() == ["delivered"] * 3


def test_a_lost_result_is_asked_for(world: World) -> None:
    mass([s.fan(world, person) for person in range(2)])
    s.drain()
    world.outbox.results.clear()
    look_after_sends()
    assert world.calls[GET] == 0
    later(41 * 60)
    look_after_sends()
    assert world.calls[GET] == 1
    assert s.states() == ["delivered"] * 2
    look_after_sends()
    assert world.calls[GET] == 1


def test_a_refused_mass_gives_the_month_back(world: World) -> None:
    openids = [s.fan(world, person) for person in range(2)]
    mass(openids)
    world.fail(SEND, errcode=48003)
    s.drain()
    assert s.states() == ["failed"] * 2
    assert left(openids[0]) == 4


def test_without_quota_it_waits_for_the_next_day(world: World) -> None:
    openids = [s.fan(world, person) for person in range(2)]
    mass(openids)
    world.fail(SEND, errcode=45028)
    s.drain()
    assert s.states() == ["pending"] * 2
    assert left(openids[0]) == 4
    later(86_400 + 120)
    s.drain()
    assert s.states() == ["sent"] * 2


def test_an_admin_who_says_no_closes_it_as_undelivered(world: World) -> None:
    openids = [s.fan(world, person) for person in range(2)]
    mass(openids)
    s.drain()
    ((_, result),) = world.outbox.take_results()
    s.tell({**result, "Status": "err(40001)"})
    assert s.states() == ["undelivered"] * 2
    assert left(openids[0]) == 4
