"""Whoever can write to Redis can make a worker drain a lane, and nothing else.

Every trap is first shown to work on RQ's own Job, so that a trap that is none cannot make a test pass.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from rq import Queue
from rq.job import Job
from sqlalchemy import Engine

from hub.kernel import queue
from hub.kernel.queue import DRAIN, HubJob, JobRefused
from tests.kernel.hostile import PICKLE, TRIP, listener, payload, put, tripped, work

GOOD = payload(DRAIN, "test", 3)
FAILING = payload(DRAIN, "fails", 3)
Trap = Callable[[Redis], None]


@pytest.fixture
def redis(database: Engine) -> Iterator[Redis]:
    """Yield an empty Redis."""
    made = queue.redis()
    made.flushdb()
    tripped.clear()
    yield made
    made.flushdb()
    made.close()
    queue.forget()  # a worker changed the pool's timeouts


@pytest.fixture(autouse=True)
def drained(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the list of what is drained in the place of the real drain."""
    calls: list[str] = []

    def drain(name: str, lane: int) -> None:
        calls.append(name)
        if name == "fails":
            raise ValueError

    monkeypatch.setattr("hub.web.jobs.drain", drain)
    return calls


def call(redis: Redis) -> None:
    put(redis, "evil", payload(TRIP))


def success_callback(redis: Redis) -> None:
    put(redis, "evil", GOOD, success_callback_name=TRIP, success_callback_timeout=5)


def failure_callback(redis: Redis) -> None:
    put(redis, "evil", FAILING, failure_callback_name=TRIP, failure_callback_timeout=5)


def abandoned_with_callback(redis: Redis) -> None:
    put(redis, "evil", GOOD, queued=False, status="started", failure_callback_name=TRIP)
    redis.zadd(f"rq:wip:{queue.NAME}", {"evil:execution": 1})


def dependent(redis: Redis) -> None:
    put(redis, "parent", GOOD)
    put(redis, "evil", payload(TRIP), queued=False, status="deferred", dependency_ids='["parent"]')
    redis.sadd(Job.dependents_key_for("parent"), "evil")
    redis.sadd("rq:job:evil:dependencies", "parent")


def ready(redis: Redis) -> None:
    put(redis, "evil", payload(TRIP), queued=False, status="ready_to_enqueue")
    redis.zadd(f"rq:ready:{queue.NAME}", {"evil": 1})


def rate_limited(redis: Redis) -> None:
    put(redis, "evil", payload(TRIP), queued=False, status="rate_limited", rate_limit_key="k")
    redis.sadd("rq:rl-keys", "k")
    redis.hset("rq:rl:k", "concurrency", 1)
    redis.zadd("rq:rl:k:rate_limited", {"evil": 1})


def pickled_call(redis: Redis) -> None:
    put(redis, "evil", PICKLE)


def pickled_result(redis: Redis) -> None:
    put(redis, "evil", GOOD, result=PICKLE)


def pickled_meta(redis: Redis) -> None:
    put(redis, "evil", GOOD, meta=PICKLE)


TRAPS = [call, success_callback, failure_callback, abandoned_with_callback, dependent, ready, rate_limited]
PICKLES = [pickled_call, pickled_result, pickled_meta]


@pytest.mark.parametrize("trap", TRAPS)
def test_no_code_runs_but_the_drain(redis: Redis, trap: Trap) -> None:
    trap(redis)
    work(redis, Job)
    assert tripped, "the trap is none"
    redis.flushdb()
    tripped.clear()
    trap(redis)
    work(redis)
    assert tripped == []


@pytest.mark.parametrize("trap", PICKLES)
def test_nothing_is_unpickled(redis: Redis, trap: Trap) -> None:
    trap(redis)
    work(redis, Job, "pickle")
    assert tripped, "the trap is none"
    redis.flushdb()
    tripped.clear()
    trap(redis)
    work(redis)
    assert tripped == []


@pytest.mark.parametrize(("data", "status"), [(GOOD, "finished"), (FAILING, "failed")], ids=["finished", "failed"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_url_is_called(redis: Redis, data: bytes, status: str, method: str) -> None:
    with listener() as url:
        hook = json.dumps([{"url": url, "job_status": status, "method": method, "headers": None, "timeout": 2}])
        put(redis, "evil", data, webhooks=hook)
        work(redis, Job)
        assert tripped == ["webhook"], "the trap is none"
        redis.flushdb()
        tripped.clear()
        put(redis, "evil", data, webhooks=hook)
        work(redis)
    assert tripped == []


def test_no_command_of_the_system_runs(redis: Redis, tmp_path: Path) -> None:
    for n, func in enumerate(
        ("os.system", "subprocess.check_call", "builtins.exec", "hub.web.jobs.time.sleep", DRAIN + "s")
    ):
        put(redis, f"evil{n}", payload(func, f"touch {tmp_path}/x"))
    work(redis)
    assert not list(tmp_path.iterdir())
    assert redis.zcard(f"rq:failed:{queue.NAME}") == 5


@pytest.mark.parametrize(
    ("func", "instance"),
    [
        ("upper", "text"),
        (DRAIN, "text"),
        (DRAIN, []),
        (DRAIN, 0),
        (DRAIN, False),
        (None, None),
        ("", None),
        ([DRAIN], None),
        (DRAIN + " ", None),
        (DRAIN.upper(), None),
        ("os.system", None),
    ],
)
def test_only_the_drain_is_on_the_list(redis: Redis, func: Any, instance: Any) -> None:
    put(redis, "evil", payload(func, instance=instance))
    job = HubJob.fetch("evil", redis, "json")
    with pytest.raises(JobRefused):
        _ = job.func


def test_a_job_is_read_without_anything_the_hub_never_sets(redis: Redis) -> None:
    hook = json.dumps([{"url": "http://127.0.0.1:1/", "job_status": "failed"}])
    names = {f"{when}_callback_name": TRIP for when in ("success", "failure", "stopped")}
    counts = {"retries_left": 3, "number_of_retries": 1, "repeats_left": 3, "rate_limit_concurrency": 1}
    extra = {"retry_intervals": "[0]", "repeat_intervals": "[0]", "rate_limit_key": "k", "dependency_ids": '["x"]'}
    more = {"group_id": "g", "exc_info": "x", "enqueue_at_front": 1, "meta": '{"a": 1}', "result": '"r"'}
    put(redis, "evil", GOOD, webhooks=hook, **names, **counts, **extra, **more)
    put(redis, "good", GOOD)
    ours = vars(HubJob.fetch("evil", redis, "json"))
    plain = vars(HubJob.fetch("good", redis, "json"))
    assert {k: v for k, v in ours.items() if k != "_id"} == {k: v for k, v in plain.items() if k != "_id"}
    assert vars(Job.fetch("evil", redis, "json"))["webhooks"]


@pytest.mark.parametrize("field", ["retries_left", "repeats_left"])
def test_a_job_runs_once(redis: Redis, drained: list[str], field: str) -> None:
    data, name = (FAILING, "fails") if field == "retries_left" else (GOOD, "test")
    put(redis, "evil", data, **{field: 3, "retry_intervals": "[0]", "repeat_intervals": "[0]"})
    work(redis)
    assert drained.count(name) == 1


BROKEN: dict[str, dict[str, Any]] = {
    "created_at": {"created_at": "yesterday"},
    "timeout": {"timeout": "soon"},
    "negative timeout": {"timeout": -5},
    "status": {"status": "lost"},
    "ttl": {"result_ttl": "x"},
    "data": {"data": b"\xff\xfe"},
    "no json": {"data": b"drain"},
    "too few": {"data": b"[1]"},
    "no list": {"data": b"7"},
    "arguments": {"data": payload(DRAIN, "test", 3, 4, x=5)},
    "origin": {"origin": b"\xff"},
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_job_does_not_keep_the_worker_from_the_next(redis: Redis, drained: list[str], case: str) -> None:
    put(redis, "broken", **{"data": GOOD, **BROKEN[case]})
    redis.rpush(Queue.redis_queue_namespace_prefix + queue.NAME, "gone")
    put(redis, "good", payload(DRAIN, "good", 3))
    work(redis)
    assert drained[-1] == "good"


def test_a_broken_job_that_a_worker_left_behind_does_not_stop_the_next_worker(redis: Redis, drained: list[str]) -> None:
    put(redis, "broken", GOOD, queued=False, created_at="yesterday")
    redis.rpush(f"{Queue.redis_queue_namespace_prefix}{queue.NAME}:intermediate", "broken")
    put(redis, "good", GOOD)
    work(redis)
    assert drained == ["test"]
