"""UnionID look-ups against the simulated WeChat: late answers, faults, and nothing lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine, func, select

from hub.group import service as group
from hub.kernel import clock, leases, settings
from hub.kernel.db import transaction
from hub.pool.models import Person
from hub.pool.service import OPENID, IdentityRef, NewActivity, record_activities
from tests.sample import APPID, apply_sample, sim_account
from wechat import client
from wechat.jobs import unionids as jobs
from wechat.models import UnionidLookup
from wechat.service.handling import ask_for_unionids
from wechat.simulator import Simulator, World


@pytest.fixture
def world(clean: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Yield a simulated WeChat that the hub's client talks to."""
    apply_sample()
    with Simulator(World([sim_account()])) as simulator:
        monkeypatch.setenv("HUB_WECHAT_API", simulator.url)
        settings.current.cache_clear()
        client.clients.cache_clear()
        yield simulator.world
    client.clients.cache_clear()
    monkeypatch.undo()
    settings.current.cache_clear()


def meet(world: World, *people: int, follow: bool = True) -> None:
    """Let simulated people act on the account, and the hub ask for their UnionIDs."""
    refs = [IdentityRef(OPENID, APPID, world.openid(APPID, person)) for person in people]
    for ref in refs:
        if follow:
            world.follow(APPID, ref.value)
    with transaction() as session:
        record_activities(session, [NewActivity(ref, "follow", clock.now()) for ref in refs])
        ask_for_unionids(session, refs)


def look_up() -> int:
    """Run the look-ups of every lane once."""
    return sum(jobs.drain_unionids(lane) for lane in range(8))


def rows() -> list[tuple[str, int, str | None]]:
    """Return the state, the attempts and the error of every look-up."""
    with transaction() as session:
        query = select(UnionidLookup.state, UnionidLookup.attempts, UnionidLookup.error).order_by(UnionidLookup.id)
        return [tuple(row) for row in session.execute(query)]


def people() -> int:
    """Return how many distinct people the pool holds."""
    with transaction() as session:
        return session.scalar(select(func.count(func.distinct(Person.root_id)))) or 0


def test_many_openids_are_asked_for_in_batches_of_a_hundred(world: World) -> None:
    meet(world, *range(250))
    while look_up():
        pass
    assert world.calls["/cgi-bin/user/info/batchget"] == 3
    assert world.calls["/cgi-bin/stable_token"] == 1
    assert {row[0] for row in rows()} == {"done"}
    assert people() == 250


def test_wechat_being_down_costs_time_and_nothing_else(world: World) -> None:
    meet(world, 1)
    world.fail("/cgi-bin/user/info/batchget", "html")
    look_up()
    assert rows() == [("new", 1, "wechat -3")]
    assert look_up() == 0
    clock.set_offset(timedelta(seconds=30))
    assert look_up() == 1
    assert rows()[0][0] == "done"


def test_a_refused_secret_is_a_dead_letter_with_its_reason(world: World) -> None:
    meet(world, 1)
    world.fail("/cgi-bin/user/info/batchget", errcode=48001)
    look_up()
    assert rows() == [("dead", 1, "wechat 48001")]


def test_an_answer_that_was_cut_off_is_asked_for_again(world: World) -> None:
    meet(world, 1)
    world.fail("/cgi-bin/user/info/batchget", "cut")
    look_up()
    clock.set_offset(timedelta(seconds=30))
    look_up()
    assert rows()[0][0] == "done"
    assert people() == 1


def test_who_lost_the_lease_writes_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    meet(world, 1)
    asking = jobs._ask

    def slowly(account: group.Account, lease: str, token: int, asked: object) -> None:
        with transaction() as session:  # as if a minute had passed and somebody else had taken over
            leases.release(session, lease, token)
            assert leases.acquire(session, lease, timedelta(seconds=60)) == token + 1
        asking(account, lease, token, asked)  # type: ignore[arg-type]

    monkeypatch.setattr(jobs, "_ask", slowly)
    assert look_up() == 0
    assert rows() == [("new", 0, None)]


def test_a_follower_whom_wechat_does_not_know_is_settled_without_a_unionid(world: World) -> None:
    with transaction() as session:
        ask_for_unionids(session, [IdentityRef(OPENID, APPID, "oNobody_00000000000000000000")])
    look_up()
    assert rows() == [("done", 0, "no_unionid")]
