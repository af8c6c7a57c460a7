"""The bell: RQ jobs that say "lane N of drain D has work", and nothing more."""

from __future__ import annotations

import os
import traceback
from functools import cache
from pathlib import Path
from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue
from rq.exceptions import DuplicateJobError, NoSuchJobError
from rq.job import Job

from hub.kernel import clock, settings

DRAIN = "hub.web.jobs.drain"
NAME = "hub"
_BUCKET = 2  # seconds: a job lost with its worker hides a lane from the bell no longer than this


class JobRefused(Exception):
    """A job in Redis asks for something the hub never enqueues."""


class JobFailed(Exception):
    """A drain failed: the error's type and place, because RQ keeps an error's words in Redis."""


class HubJob(Job):
    """Run the drain function and nothing else, whatever a writer to Redis put into the payload."""

    @property
    def func(self) -> Any:
        """Return the drain function; raise JobRefused for any other name."""
        if self.instance is not None or self.func_name != DRAIN:
            raise JobRefused("this job is not on the list")
        return super().func

    def restore(self, raw_data: dict[Any, Any]) -> None:
        """Load the job without callbacks, dependencies or webhooks, which the hub never uses.

        Raise NoSuchJobError for one that cannot be read: the worker drops it, and would end on any other error.
        """
        wanted = {b"created_at", b"data", b"description", b"origin", b"enqueued_at", b"started_at", b"status"}
        wanted |= {b"timeout", b"result_ttl", b"failure_ttl", b"ttl", b"worker_name", b"last_heartbeat", b"ended_at"}
        kept = {k: v for k, v in raw_data.items() if (k if isinstance(k, bytes) else k.encode()) in wanted}
        try:
            super().restore(kept)
        except Exception as error:
            raise NoSuchJobError("this job cannot be read") from error

    def perform(self) -> Any:
        """Run the job; raise JobFailed when it fails."""
        try:
            return super().perform()
        except Exception as error:  # noqa: BLE001 - a job's edge: RQ itself catches everything right above
            place = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{Path(place.filename).name}:{place.lineno}"
            raise JobFailed(f"{type(error).__name__} at {where}") from None


@cache
def redis() -> Redis:
    """Return this process's connection pool to Redis, quick to notice that it is away."""
    return Redis.from_url(
        settings.current().redis_url,
        socket_connect_timeout=1,
        socket_timeout=1,  # for the bell alone: a worker, which waits on purpose, sets its own
        health_check_interval=30,
        retry=Retry(NoBackoff(), 0),  # the default tries for seconds; whoever waits here has rows to drain
    )


@cache
def queue() -> Queue:
    """Return the one queue."""
    return Queue(NAME, connection=redis(), serializer="json", job_class=HubJob)


def ring(drain: str, lane: int) -> bool:
    """Enqueue one drain of `lane` unless one waits already; return False when Redis is away."""
    try:
        queue().enqueue(
            DRAIN,
            drain,
            lane,
            job_id=f"{drain}-{lane}-{int(clock.wall().timestamp()) // _BUCKET}",
            unique=True,
            description="drain",
            ttl=60,
            result_ttl=0,
            failure_ttl=3600,
            job_timeout=180,
        )
    except DuplicateJobError:
        return True
    except (RedisError, OSError):
        return False
    return True


def forget() -> None:
    """Drop the cached connections, after a change of settings or a fork."""
    queue.cache_clear()
    redis.cache_clear()


os.register_at_fork(after_in_child=forget)
