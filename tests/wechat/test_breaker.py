"""The breaker of an account: every arrow between its states, and one state for all workers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis import Redis

from tests.wechat.simulated import Server, later
from wechat.client import WeChatError
from wechat.client.breakers import Breakers
from wechat.client.errors import CircuitOpen
from wechat.client.store import Store
from wechat.rules.breaker import LONG, PROBE_SECONDS, SHORT, THRESHOLD, Breaker, enter, fail, state, succeed

APPID, MARK = "wx7a10c3e5d2f49b18", "m1"


def failed(breaker: Breaker, now: float, times: int = 1, *, at_once: bool = False, code: int = -3) -> Breaker:
    for _ in range(times):
        breaker = fail(breaker, now, MARK, code, at_once=at_once, lot=0.0)
    return breaker


OPEN = failed(Breaker(), 100, THRESHOLD)


def test_closed_lets_calls_out() -> None:
    assert enter(Breaker(), 100, MARK) == ("pass", Breaker())


def test_closed_to_open_after_a_few_failures_in_a_row() -> None:
    nearly = failed(Breaker(), 100, THRESHOLD - 1)
    assert state(nearly, 100) == "closed"
    assert (state(OPEN, 100), enter(OPEN, 100, MARK)[0]) == ("open", "refused")


def test_closed_stays_closed_when_failures_are_far_apart_or_an_answer_comes_between() -> None:
    nearly = failed(Breaker(), 100, THRESHOLD - 1)
    assert failed(nearly, 161).failures == 1
    assert failed(succeed(nearly), 101).failures == 1


def test_closed_to_open_at_once_when_an_admin_is_needed() -> None:
    shut = failed(Breaker(), 100, at_once=True, code=40164)
    assert (state(shut, 100), shut.errcode, shut.since) == ("open", 40164, 100)


def test_open_to_half_open_when_its_time_is_over_for_one_probe_at_a_time() -> None:
    assert state(OPEN, 100 + SHORT) == "half_open"
    verdict, probing = enter(OPEN, 100 + SHORT, MARK)
    assert verdict == "probe"
    assert enter(probing, 101 + SHORT, MARK)[0] == "refused"
    assert enter(probing, 100 + SHORT + PROBE_SECONDS, MARK)[0] == "probe"  # whoever probed is gone


def test_half_open_to_closed_when_the_probe_is_answered() -> None:
    _, probing = enter(OPEN, 110, MARK)
    assert enter(succeed(probing), 111, MARK) == ("pass", Breaker())


def test_half_open_to_open_for_twice_as_long_when_the_probe_fails() -> None:
    _, probing = enter(OPEN, 110, MARK)
    again = failed(probing, 111)
    assert (state(again, 111), again.opened, again.until) == ("open", 2, 111 + 2 * SHORT)
    assert again.since == OPEN.since


def test_open_stays_as_it_is_when_calls_that_began_earlier_fail() -> None:
    assert failed(OPEN, 101, 3) == OPEN


def test_open_to_closed_when_an_admin_enters_new_credentials() -> None:
    assert enter(OPEN, 101, "m2") == ("pass", Breaker())


@given(st.lists(st.tuples(st.floats(0, 5000), st.booleans(), st.booleans(), st.floats(0, 1)), max_size=40))
def test_it_is_never_shut_for_longer_than_it_may_be_and_probes_are_apart(
    steps: list[tuple[float, bool, bool, float]],
) -> None:
    now, breaker, last_probe = 1_000_000.0, Breaker(), float("-inf")
    for pause, at_once, well, lot in steps:
        now += pause
        verdict, breaker = enter(breaker, now, MARK)
        if verdict == "refused":
            assert max(breaker.until, breaker.probing) > now
            continue
        if verdict == "probe":
            assert now - last_probe >= SHORT
            last_probe = now
        breaker = succeed(breaker) if well else fail(breaker, now, MARK, -1, at_once=at_once, lot=lot)
        assert breaker.until - now <= LONG * 1.25
        assert state(breaker, now) != "half_open"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("redis"))
    yield made
    made.kill()


@pytest.fixture
def redis(server: Server) -> Iterator[Redis]:
    with server.client() as client:
        client.flushall()
        yield client


def shut_off(breakers: Breakers, code: int = -3, times: int = THRESHOLD) -> None:
    guard = breakers.of(APPID, MARK)
    for _ in range(times):
        guard.failed(guard.enter(), WeChatError(code, ""))


def test_all_workers_see_that_an_account_is_shut_off_and_the_others_are_not(redis: Redis) -> None:
    one, other = Breakers(Store(redis)), Breakers(Store(redis))
    shut_off(one)
    with pytest.raises(CircuitOpen) as shut:
        other.of(APPID, MARK).enter()
    assert (shut.value.reason, 0 < shut.value.seconds <= SHORT * 1.25) == (-3, True)
    assert other.of("wx0000000000000001", MARK).enter() == Breaker()
    assert {appid: b.opened for appid, b in other.read([APPID, "wx0000000000000001"]).items()} == {
        APPID: 1,
        "wx0000000000000001": 0,
    }


def test_failures_of_many_workers_add_up_and_one_of_them_probes(redis: Redis) -> None:
    workers = [Breakers(Store(redis)).of(APPID, MARK) for _ in range(THRESHOLD)]
    for guard in workers:
        guard.failed(guard.enter(), WeChatError(-2, ""))
    later(SHORT * 1.3)
    gate = threading.Barrier(20)

    def probe(number: int) -> bool:
        gate.wait()
        try:
            workers[number % len(workers)].enter()
        except CircuitOpen:
            return False
        return True

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(probe, range(20))) == 1


def test_an_answer_closes_it_for_everybody(redis: Redis) -> None:
    one, other = Breakers(Store(redis)), Breakers(Store(redis))
    shut_off(one, 40164, 1)
    later(SHORT * 1.3)
    guard = other.of(APPID, MARK)
    guard.succeeded(guard.enter())
    assert one.of(APPID, MARK).enter() == Breaker()
    assert redis.keys("wechat:breaker:*") == []


def test_a_refusal_that_says_nothing_against_the_account_counts_as_an_answer(redis: Redis) -> None:
    breakers = Breakers(Store(redis))
    shut_off(breakers, times=THRESHOLD - 1)
    shut_off(breakers, 40003, 1)
    shut_off(breakers, times=THRESHOLD - 1)
    assert breakers.of(APPID, MARK).enter().opened == 0


@pytest.mark.parametrize("code", [40001, 40125, 40164, 40243, 50007, 40013])
def test_a_token_that_is_refused_opens_it_at_once(redis: Redis, code: int) -> None:
    guard = Breakers(Store(redis)).of(APPID, MARK)
    guard.failed(guard.enter(), WeChatError(code, "", at_token=True))
    with pytest.raises(CircuitOpen) as shut:
        guard.enter()
    assert shut.value.reason == code


@pytest.mark.parametrize("code", [-1, -2, -3, -4, 45009])
def test_a_stumble_or_a_spent_quota_at_the_token_does_not(redis: Redis, code: int) -> None:
    guard = Breakers(Store(redis)).of(APPID, MARK)
    guard.failed(guard.enter(), WeChatError(code, "", at_token=True))
    assert guard.enter().opened == 0


def test_without_redis_each_process_keeps_its_own(tmp_path: Path) -> None:
    mortal = Server(tmp_path)
    with mortal.client() as redis:
        breakers = Breakers(Store(redis))
        shut_off(breakers, times=2)
        mortal.kill()
        shut_off(breakers)
        with pytest.raises(CircuitOpen):
            breakers.of(APPID, MARK).enter()
        assert breakers.read([APPID])[APPID].opened == 1
        later(SHORT * 1.3)
        guard = breakers.of(APPID, MARK)
        guard.succeeded(guard.enter())
        assert guard.enter() == Breaker()


def test_a_damaged_value_counts_as_closed(redis: Redis) -> None:
    for damaged in (b"no json", b"[]", b'{"strange": 1}'):
        redis.set(f"wechat:breaker:{APPID}", damaged)
        assert Breakers(Store(redis)).of(APPID, MARK).enter() == Breaker()
