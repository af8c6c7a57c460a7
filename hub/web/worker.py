"""A worker process: listen to the bell, drain, listen again; it outlives Redis."""

from __future__ import annotations

import logging
import time

from redis.exceptions import RedisError
from rq import SimpleWorker

from hub.kernel import queue
from hub.kernel.logs import log


class HubWorker(SimpleWorker):
    """Drain in this process: a fork for each job would cost more than the job."""

    def request_stop_requested(self) -> bool:
        """Tell whether a signal asked this worker to end."""
        return bool(self._stop_requested)


def run() -> None:
    """Work until SIGTERM or SIGINT; while Redis is away the clock drains, and this waits for it to return."""
    logging.getLogger("rq").setLevel(logging.WARNING)
    while True:
        try:
            worker = HubWorker([queue.queue()], connection=queue.redis(), serializer="json", job_class=queue.HubJob)
            worker.work(logging_level="WARNING", with_scheduler=False)
        except (RedisError, OSError) as error:
            log.warning("redis_away", error=type(error).__name__)
            time.sleep(1)
            continue
        if worker.request_stop_requested():
            return
