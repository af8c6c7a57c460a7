"""One account of three in trouble: nothing of its work is lost, and the other two do not notice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from hub.group import service as group
from hub.kernel import clock, settings
from hub.kernel.db import transaction
from hub.pool.service import OPENID, IdentityRef
from hub.web import groupfile
from hub.web.groupfile import writing
from tests.sample import APPID, apply_sample, sim_account
from tests.wechat.simulated import later
from wechat import client, service
from wechat.jobs import drain_unionids
from wechat.models import UnionidLookup
from wechat.service.handling import ask_for_unionids
from wechat.simulator import Simulator, World
from wechat.simulator.faults import FaultKind

BATCHGET, STABLE = "/cgi-bin/user/info/batchget", "/cgi-bin/stable_token"
OTHERS = ("wx00000000000000a1", "wx00000000000000a2")
THREE = (APPID, *OTHERS)


@pytest.fixture
def world(clean: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Yield a simulated WeChat with three accounts of the group."""
    apply_sample()
    with transaction() as session:
        known = group.account(session, APPID)
        assert known is not None
        more = [
            {name: getattr(known, name) for name in ("kind", "open_platform", "mode", "token", "aes_key", "secret")}
            | {"appid": appid, "original_id": f"gh_{appid[-12:]}", "name": f"示例{appid[-2:]}"}
            for appid in OTHERS
        ]
        groupfile.apply(session, writing.write({"accounts": more}))
    with Simulator(World([sim_account(appid) for appid in THREE])) as simulator:
        monkeypatch.setenv("HUB_WECHAT_API", simulator.url)
        settings.current.cache_clear()
        client.clients.cache_clear()
        yield simulator.world
    client.clients.cache_clear()
    monkeypatch.undo()
    settings.current.cache_clear()


def meet(world: World, first: int, last: int) -> None:
    """Let people come to each account."""
    refs = []
    for appid in THREE:
        refs += [IdentityRef(OPENID, appid, world.openid(appid, person)) for person in range(first, last)]
    for ref in refs:
        world.follow(ref.namespace, ref.value)
    with transaction() as session:
        ask_for_unionids(session, refs)


def work_for(seconds: int) -> None:
    """Let the workers look up whatever is due, again and again while time goes on."""
    until = clock.now() + timedelta(seconds=seconds)
    while clock.now() < until:
        while any(drain_unionids(lane) for lane in range(8)):
            pass
        later(5)


def states() -> dict[str, Counter[str]]:
    """Return how many look-ups of each account are in which state."""
    found = {appid: Counter[str]() for appid in THREE}
    with transaction() as session:
        for appid, state in session.execute(select(UnionidLookup.appid, UnionidLookup.state)):
            found[appid][state] += 1
    return found


def standing(appid: str = APPID) -> service.TokenState:
    with transaction() as session:
        accounts = group.accounts(session)
    return service.token_states(accounts)[appid]


@pytest.mark.parametrize(
    ("kind", "errcode", "seen"), [("html", 0, -3), ("truncated", 0, -4), ("stall", 0, -2), ("errcode", "-1", -1)]
)
def test_the_breaker_of_the_one_account_opens_and_nothing_is_lost(
    world: World, monkeypatch: pytest.MonkeyPatch, kind: FaultKind, errcode: int | str, seen: int
) -> None:
    if kind == "stall":
        monkeypatch.setattr("wechat.client.http.TIMEOUT", (0.5, 0.5))
    world.fail(BATCHGET, kind, errcode=errcode, seconds=0.8, times=10_000, appid=APPID)
    meet(world, 0, 150)
    work_for(120)
    assert states() == {APPID: Counter(new=150), OTHERS[0]: Counter(done=150), OTHERS[1]: Counter(done=150)}
    ill, well = standing(), standing(OTHERS[0])
    assert (ill.shut, ill.errcode, ill.standing, well.shut) == (True, seen, "valid", False)
    tried = world.calls[BATCHGET]
    assert tried <= 4 + 5 + 5  # the others' batches, those that opened it, a few probes
    meet(world, 150, 160)
    world.faults.clear()
    work_for(700)
    assert states() == {appid: Counter(done=160) for appid in THREE}
    assert not standing().shut


@pytest.mark.parametrize("errcode", [40001, "40164", 40125, 50007])
def test_a_refused_token_is_not_asked_for_in_a_loop_and_its_work_waits_for_days(
    world: World, errcode: int | str
) -> None:
    world.fail(STABLE, errcode=errcode, times=10_000, appid=APPID)
    meet(world, 0, 30)
    work_for(60)
    later(3 * 86_400)
    work_for(60)
    assert states()[APPID] == Counter(new=30)
    assert states()[OTHERS[1]] == Counter(done=30)
    state = standing()
    assert (state.standing, state.errcode, state.shut) == ("refused", int(errcode), True)
    assert state.hint_zh != state.hint_en != ""
    world.faults.clear()
    with transaction() as session:
        account = group.account(session, APPID)
    assert account is not None
    service.check_token(account)  # what the console's "test" does, once the admin has mended it
    later(700)
    work_for(10)
    assert states()[APPID] == Counter(done=30)
    assert standing().standing == "valid"


def test_an_account_that_never_asked_says_so(world: World) -> None:
    state = standing()
    assert (state.standing, state.valid_until, state.shut) == ("never", None, False)
