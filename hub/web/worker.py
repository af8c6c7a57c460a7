"""A worker process: listen to the bell, drain, listen again; it outlives Redis."""

from __future__ import annotations

import logging
import time
from types import FrameType

from redis.exceptions import RedisError
from rq import SimpleWorker
from rq.exceptions import StopRequested

from hub.kernel import queue
from hub.kernel.logs import log


class HubWorker(SimpleWorker):
    """Drain in this process: a fork for each job would cost more than the job."""

    asked_to_end = False
    max_connection_wait_time = 2  # seconds; RQ's minute would leave the queue unheard long after Redis is back

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Note that a signal asked this worker to end, which RQ itself forgets when no job is under way."""
        self.asked_to_end = True
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]


def run() -> None:
    """Work until SIGTERM or SIGINT; while Redis is away the clock drains, and this waits for it to return."""
    logging.getLogger("rq").setLevel(logging.WARNING)
    try:
        while not _listen():
            time.sleep(1)
    except StopRequested:
        return  # RQ's way to say that a signal came, while this waited for Redis


def _listen() -> bool:
    """Work until a signal (True), or until Redis goes away or RQ gives up over it (False)."""
    worker: HubWorker | None = None
    try:
        worker = HubWorker([queue.queue()], connection=queue.redis(), serializer="json", job_class=queue.HubJob)
        worker.work(logging_level="WARNING", with_scheduler=False)
    except (RedisError, OSError) as error:
        log.warning("redis_away", error=type(error).__name__)
    return worker is not None and worker.asked_to_end
