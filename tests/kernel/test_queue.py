"""The bell: one job per lane and moment, nothing but ids in Redis, and no hurry lost when Redis is away."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from redis import Redis
from sqlalchemy import Engine

from hub.kernel import clock, db, queue, settings
from hub.kernel.queue import DRAIN, ring
from tests.kernel import hostile
from tests.kernel.making import LANE, note, person


@pytest.fixture
def redis(database: Engine) -> Iterator[Redis]:
    """Yield an empty Redis; rings of other tests that come late are for other lanes than "test"."""
    made = queue.redis()
    made.flushdb()
    yield made
    made.flushdb()
    made.close()
    queue.forget()  # a worker changed the pool's timeouts


@pytest.fixture
def drained(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Return the list of what is drained in the place of the real drain."""
    calls: list[tuple[str, int]] = []
    monkeypatch.setattr("hub.web.jobs.drain", lambda name, lane: calls.append((name, lane)))
    return calls


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the second at which the wall clock stands."""
    at = [1_800_000_000.0]
    monkeypatch.setattr(clock, "wall", lambda: clock.datetime.fromtimestamp(at[0], clock.UTC))
    return at


def waiting() -> list[str]:
    return [job_id for job_id in queue.queue().get_job_ids() if job_id.startswith("test-")]


def test_a_thousand_rings_are_one_job(redis: Redis, still: list[float]) -> None:
    answers: list[bool] = []

    def ring_often() -> None:
        answers.extend(ring("test", 3) for _ in range(125))

    threads = [threading.Thread(target=ring_often) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [True] * 1000
    assert len(waiting()) == 1


def test_lanes_and_drains_have_jobs_of_their_own(redis: Redis, still: list[float]) -> None:
    for drain in ("test-a", "test-b"):
        for lane in range(8):
            assert ring(drain, lane)
    assert len(set(waiting())) == 16


def test_a_job_that_was_lost_hides_its_lane_for_two_seconds_only(redis: Redis, still: list[float]) -> None:
    ring("test", 3)
    queue.queue().empty()
    redis.hset(f"rq:job:test-3-{int(still[0]) // 2}", "status", "started")  # its worker was killed
    assert ring("test", 3)
    assert waiting() == []
    still[0] += 2
    assert ring("test", 3)
    assert len(waiting()) == 1


def test_a_rehearsals_offset_does_not_move_the_bell(redis: Redis, still: list[float]) -> None:
    ring("test", 3)
    clock.set_offset(timedelta(days=31))
    ring("test", 3)
    assert len(waiting()) == 1


def test_a_worker_drains_the_lane_that_was_rung_for(
    redis: Redis, drained: list[tuple[str, int]], still: list[float]
) -> None:
    ring("test", 3)
    hostile.work(redis)
    assert ("test", 3) in drained
    assert redis.keys("rq:job:test-*") == []
    ring("test", 3)
    assert len(waiting()) == 1, "a lane that was drained may be rung for again at once"


def test_redis_holds_the_names_of_lanes_and_nothing_else(redis: Redis, clean: Engine) -> None:
    who = person()
    with db.transaction() as session:
        note(session, (who, 770077))
    ring("test", LANE)
    held = hostile.everything(redis)
    assert f'["{DRAIN}", null, ["test", {LANE}], {{}}]' in held
    assert str(who) not in held
    assert "770077" not in held


def test_a_drain_that_fails_leaves_the_kind_of_its_error_in_redis_and_no_words(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    def drain(name: str, lane: int) -> None:
        try:
            raise KeyError("1390000xxxx")
        except KeyError as error:
            raise ValueError("1390000xxxx") from error

    monkeypatch.setattr("hub.web.jobs.drain", drain)
    ring("test", 3)
    hostile.work(redis)
    held = hostile.everything(redis)
    assert "JobFailed: ValueError at test_queue.py:" in held
    assert "1390000xxxx" not in held
    assert "KeyError" not in held


@pytest.fixture
def elsewhere(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Yield the means to name another Redis for one test."""
    yield monkeypatch
    monkeypatch.undo()
    settings.current.cache_clear()
    queue.redis().close()
    queue.forget()


def away(elsewhere: pytest.MonkeyPatch, port: int) -> None:
    elsewhere.setenv("HUB_REDIS_URL", f"redis://127.0.0.1:{port}/0")
    settings.current.cache_clear()
    queue.forget()


def test_a_redis_that_is_gone_is_told_at_once(elsewhere: pytest.MonkeyPatch) -> None:
    away(elsewhere, 1)
    started = time.monotonic()
    assert not ring("test", 3)
    assert time.monotonic() - started < 0.5


def test_a_redis_that_hangs_costs_little_more_than_a_second(elsewhere: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        away(elsewhere, silent.getsockname()[1])
        started = time.monotonic()
        assert not ring("test", 3)
        assert time.monotonic() - started < 1.5


def test_a_redis_that_talks_nonsense_is_away_too(elsewhere: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(100)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        away(elsewhere, server.getsockname()[1])
        assert not ring("test", 3)
        thread.join()
