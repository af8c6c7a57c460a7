"""Imports of followers against the simulated WeChat: exact counts, quotas, shifting pages, stops and restarts."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, text

from hub.group import service as group
from hub.kernel import clock, db, leases, settings
from hub.kernel.db import transaction
from hub.kernel.work import LANES
from hub.pool import service as pool
from hub.pool.models import Activity, Identity, Person
from hub.pool.service import OPENID, IdentityRef, NewActivity
from tests.sample import APPID, apply_sample, sim_account
from wechat import client
from wechat.jobs import compare_followers, drain_followers
from wechat.jobs import followers as jobs
from wechat.models import FollowerSeen, FollowerSync
from wechat.rules.errors import BEIJING
from wechat.service import followers as service
from wechat.service import followersteps
from wechat.service.followers import SyncShown
from wechat.simulator import Simulator, World

USER_GET, BATCHGET = "/cgi-bin/user/get", "/cgi-bin/user/info/batchget"


@pytest.fixture
def world(clean: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Yield a simulated WeChat with small pages that the hub's client talks to."""
    apply_sample()
    monkeypatch.setattr(jobs, "CHUNK", 20)
    with Simulator(World([sim_account()], page_size=50)) as simulator:
        monkeypatch.setenv("HUB_WECHAT_API", simulator.url)
        settings.current.cache_clear()
        client.clients.cache_clear()
        yield simulator.world
    client.clients.cache_clear()
    monkeypatch.undo()
    settings.current.cache_clear()


def start(kind: str = "full") -> SyncShown:
    """Start a run."""
    with transaction() as session:
        return service.start_sync(session, APPID, kind)


def go_on(times: int = 20) -> SyncShown:
    """Let workers go on until the run waits or ends; return it."""
    for _ in range(times):
        for lane in range(LANES):
            drain_followers(lane)
    return last()


def last() -> SyncShown:
    """Return the newest run."""
    with transaction() as session:
        return service.list_syncs(session, [APPID])[APPID][0]


def counted(*, model: Any = Identity, **equal: Any) -> int:
    """Return how many rows there are."""
    with transaction() as session:
        query = select(func.count()).select_from(model).filter_by(**equal)
        return session.scalar(query) or 0


def pushed(world: World, person: int, kind: str) -> None:
    """Let a push of somebody be drained."""
    with transaction() as session:
        ref = IdentityRef(OPENID, APPID, world.openid(APPID, person))
        pool.record_activities(session, [NewActivity(ref, kind, clock.now())])


def assert_exact(people: int) -> None:
    """Check that everybody follows once, with one follow activity and one person."""
    assert counted(kind=OPENID, following=True) == people
    assert counted(model=Activity, kind="follow") == people
    with transaction() as session:
        assert session.scalar(select(func.count(func.distinct(Person.root_id)))) == people


def test_everybody_who_follows_is_taken_in_once_with_their_unionid(world: World) -> None:
    world.settle(APPID, 130, apart=60, scenes=("", "auto.expo25.sh"))
    start()
    run = go_on()
    assert (run.state, run.total, run.done, run.added, run.ended, run.invalid) == ("done", 130, 130, 130, 0, 0)
    assert (run.ours_before, run.ours_after, run.progress.share) == (0, 130, 1.0)
    assert_exact(130)
    assert counted(kind="unionid") == 130
    assert counted(model=FollowerSeen) == 0
    with transaction() as session:
        keys = session.execute(select(Activity.key, func.count()).group_by(Activity.key)).all()
    assert sorted(tuple(row) for row in keys) == [("", 65), ("auto.expo25.sh", 65)]
    start()
    again = go_on()
    assert (again.state, again.added, again.ours_after) == ("done", 0, 130)
    assert_exact(130)


def test_a_second_start_returns_the_run_that_is_under_way(world: World) -> None:
    world.settle(APPID, 10)
    assert start().id == start("reconcile").id
    assert counted(model=FollowerSync) == 1


def test_no_second_worker_joins_a_run(world: World) -> None:
    world.settle(APPID, 10)
    start()
    with transaction() as session:
        token = leases.acquire(session, f"followers:{APPID}", timedelta(minutes=1))
        assert token is not None
    assert go_on(2).done == 0
    with transaction() as session:
        leases.release(session, f"followers:{APPID}", token)
    assert go_on().state == "done"


def test_what_a_worker_brings_after_losing_its_lease_is_dropped(world: World) -> None:
    world.settle(APPID, 30)
    run = start()
    with transaction() as session:
        account = group.account(session, APPID)
        token = leases.acquire(session, f"followers:{APPID}", timedelta(0))
        assert leases.acquire(session, f"followers:{APPID}", timedelta(0)) == (token or 0) + 1
        assert account is not None
    late = followersteps.Step(run.id, account, token or 0)
    with pytest.raises(leases.LeaseLost), transaction() as session:
        followersteps.note_page(session, late, 30, 30)
    assert go_on().done == 30


def test_a_stopped_run_keeps_what_it_did_and_goes_on_where_it_was(world: World) -> None:
    world.settle(APPID, 130)
    run = start()
    world.fail(BATCHGET, times=1, errcode=45011)
    go_on(1)
    with transaction() as session:
        assert service.stop_sync(session, APPID)
        assert not service.stop_sync(session, APPID)
    stopped = go_on()
    assert stopped.state == "stopped"
    assert start().id == run.id
    assert go_on().done == 130
    assert_exact(130)


def test_a_stop_is_heard_in_the_middle_of_a_page(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.settle(APPID, 130)
    start()
    written = followersteps.write_listed

    def stop(*args: Any) -> None:
        written(*args)
        service.stop_sync(args[0], APPID)

    monkeypatch.setattr(followersteps, "write_listed", stop)
    found = go_on(1)
    assert (found.state, found.done) == ("stopped", 20)
    assert counted(kind=OPENID) == 20


def test_the_days_quota_waits_for_midnight_in_beijing(world: World) -> None:
    world.settle(APPID, 60)
    start()
    world.fail(USER_GET, errcode=45009)
    run = go_on(2)
    assert (run.state, run.error) == ("new", "wechat 45009")
    assert run.until is not None
    local = run.until.astimezone(BEIJING)
    assert (local.hour, local.minute) in {(0, 0), (0, 1)}
    clock.set_offset(run.until - clock.wall() + timedelta(seconds=1))
    assert go_on().state == "done"
    assert_exact(60)


def test_the_hub_itself_stops_at_five_hundred_lists_a_day(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(followersteps.rules, "USER_GET_PER_DAY", 2)
    world.settle(APPID, 130)
    start()
    run = go_on(3)
    assert (run.state, run.error, world.calls[USER_GET]) == ("new", "wechat 45009", 2)
    assert run.until is not None
    clock.set_offset(run.until - clock.wall() + timedelta(seconds=1))
    run = go_on(3)
    assert (run.done, world.calls[USER_GET]) == (130, 4)


def test_too_many_calls_a_minute_wait_a_minute(world: World) -> None:
    world.settle(APPID, 30)
    start()
    world.fail(BATCHGET, errcode=45011)
    run = go_on(2)
    assert run.error == "wechat 45011"
    assert run.until is not None
    assert run.until - clock.now() > timedelta(seconds=50)
    clock.set_offset(timedelta(minutes=2))
    assert go_on().state == "done"


def test_an_account_that_may_not_list_its_followers_fails_with_its_reason_and_can_be_started_again(
    world: World,
) -> None:
    world.settle(APPID, 30)
    first = start()
    world.fail(USER_GET, errcode=48001)
    run = go_on(2)
    assert (run.state, run.error) == ("dead", "wechat 48001")
    assert start().id == first.id
    assert go_on().state == "done"


def test_ids_that_wechat_lists_and_does_not_know_are_counted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.settle(APPID, 40)
    page = World.user_page

    def with_strangers(self: World, appid: str, after: str) -> dict[str, object]:
        found: Any = page(self, appid, after)
        if "data" in found:
            found["data"]["openid"][3:3] = ["oStranger0000000000000000001", "oStranger0000000000000000002"]
        return found  # type: ignore[no-any-return]

    monkeypatch.setattr(World, "user_page", with_strangers)
    start()
    run = go_on()
    assert (run.state, run.invalid, run.added) == ("done", 2, 40)
    assert_exact(40)


def test_a_place_that_wechat_does_not_know_any_more_begins_anew(world: World) -> None:
    world.settle(APPID, 130)
    start()
    with transaction() as session:
        session.execute(text("UPDATE follower_sync SET cursor = 'oGone', done = 60"))
    run = go_on()
    assert (run.state, run.done) == ("done", 130)
    assert_exact(130)


def test_who_leaves_between_being_listed_and_asked_about_is_no_follower(world: World) -> None:
    world.settle(APPID, 30)
    pushed(world, 7, "follow")
    page = World.user_page

    def and_leave(self: World, appid: str, after: str) -> dict[str, object]:
        found = page(self, appid, after)
        self.unfollow(appid, self.openid(appid, 7))
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(World, "user_page", and_leave)
        start()
        run = go_on()
    assert (run.state, run.added, run.ended, run.ours_after) == ("done", 29, 1, 29)


def test_who_is_not_listed_is_asked_about_before_being_given_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.settle(APPID, 60)
    start()
    go_on()
    clock.set_offset(timedelta(hours=25))
    for person in (3, 4):
        world.unfollow(APPID, world.openid(APPID, person))
    hidden = {world.openid(APPID, person) for person in (3, 8)}
    page = World.user_page

    def shifted(self: World, appid: str, after: str) -> dict[str, object]:
        found: Any = page(self, appid, after)
        if "data" in found:
            found["data"]["openid"] = [o for o in found["data"]["openid"] if o not in hidden]
        return found  # type: ignore[no-any-return]

    monkeypatch.setattr(World, "user_page", shifted)
    compare_followers()
    run = go_on()
    assert (run.kind, run.state, run.ended, run.ours_before, run.ours_after) == ("reconcile", "done", 2, 60, 58)
    assert counted(kind=OPENID, following=True) == 58
    with transaction() as session:
        found = session.scalars(select(Activity.properties).where(Activity.kind == "unfollow")).all()
    assert found == [{"source": "reconcile"}] * 2


def test_equal_counts_end_a_comparison_after_one_call_and_it_comes_once_a_day(world: World) -> None:
    world.settle(APPID, 130)
    compare_followers()
    assert counted(model=FollowerSync) == 0
    start()
    go_on()
    compare_followers()
    assert counted(model=FollowerSync) == 1
    clock.set_offset(timedelta(hours=25))
    asked = world.calls[USER_GET]
    compare_followers()
    run = go_on()
    compare_followers()
    assert (run.kind, run.state, run.ours_after) == ("reconcile", "done", 130)
    assert world.calls[USER_GET] == asked + 1
    assert counted(model=FollowerSync) == 2


def test_a_comparison_asks_only_about_whom_the_hub_knows_otherwise(world: World) -> None:
    world.settle(APPID, 130)
    start()
    go_on()
    clock.set_offset(timedelta(hours=25))
    world.follow(APPID, world.openid(APPID, 500))
    asked = world.calls[BATCHGET]
    compare_followers()
    run = go_on()
    assert (run.state, run.added, run.ours_after, run.total) == ("done", 1, 131, 131)
    assert world.calls[BATCHGET] == asked + 1


def _work_until_killed(url: str, redis_url: str, kill_at: int) -> None:
    """Be a worker that is ended by SIGKILL at its `kill_at`-th call to WeChat."""
    os.environ.update(HUB_WECHAT_API=url)
    settings.current.cache_clear()
    db.dispose()
    client.clients.cache_clear()
    calls = iter(range(1, 1000))
    ask = client.HubClient._ask

    def counted_ask(self: client.HubClient, method: str, endpoint: str, **options: object) -> Any:
        if next(calls) >= kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return ask(self, method, endpoint, **options)

    client.HubClient._ask = counted_ask  # type: ignore[method-assign]
    jobs.CHUNK = 20
    while True:
        for lane in range(LANES):
            drain_followers(lane)
        if last().state == "done":
            return


def test_a_worker_killed_at_any_call_loses_and_doubles_nothing(world: World) -> None:
    world.settle(APPID, 230)
    start()
    now = settings.current()
    fork = multiprocessing.get_context("fork")
    killed = 0
    for kill_at in (1, 2, 3, 5, 4, 7, 9, 1000):
        worker = fork.Process(target=_work_until_killed, args=(now.wechat_api, now.redis_url, kill_at))
        worker.start()
        worker.join(60)
        killed += worker.exitcode == -signal.SIGKILL
        with transaction() as session:
            session.execute(text("UPDATE lease SET until = now()"))  # as if two minutes had passed
        if last().state == "done":
            break
    run = last()
    assert killed >= 5
    assert (run.state, run.done, run.added, run.total) == ("done", 230, 230, 230)
    assert_exact(230)
