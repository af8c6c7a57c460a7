"""A Redis that somebody else can write to: jobs made by hand, and a worker that meets them."""

from __future__ import annotations

import base64
import contextlib
import json
import logging
import pickle
import signal
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from redis import Redis
from rq import Queue, SimpleWorker
from rq.job import Job

from hub.kernel import queue

CREATED = "2026-03-02T04:00:00.000000Z"
TRIP = "tests.kernel.hostile.trip"
tripped: list[str] = []


def trip(*_: Any, **__: Any) -> None:
    """Remember that somebody else's code ran."""
    tripped.append("code")


class Pickled:
    """Run `trip` as soon as it is unpickled."""

    def __reduce__(self) -> tuple[Any, tuple[()]]:
        return trip, ()


PICKLE = pickle.dumps(Pickled())


def payload(func: Any, *args: Any, instance: Any = None, **kwargs: Any) -> bytes:
    """Return what RQ keeps of a call."""
    return zlib.compress(json.dumps([func, instance, args, kwargs]).encode())


def put(redis: Redis, job_id: str, data: bytes, *, queued: bool = True, **fields: Any) -> None:
    """Write a job into Redis as anybody could who reaches it."""
    base = {"created_at": CREATED, "data": data, "origin": queue.NAME, "status": "queued", "timeout": 60}
    redis.hset(Job.key_for(job_id), mapping={**base, **fields})
    if queued:
        redis.rpush(Queue.redis_queue_namespace_prefix + queue.NAME, job_id)


class Deaf(SimpleWorker):
    """Listen to no commands: starting and ending that thread takes most of a second."""

    def subscribe(self) -> None:
        """Do nothing."""

    def unsubscribe(self) -> None:
        """Do nothing."""


def work(redis: Redis, job_class: type[Job] = queue.HubJob, serializer: str = "json") -> None:
    """Let a worker work until the queue is empty."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    logging.getLogger("rq").setLevel(logging.CRITICAL)
    try:
        line = Queue(queue.NAME, connection=redis, serializer=serializer, job_class=job_class)
        worker = Deaf([line], connection=redis, serializer=serializer, job_class=job_class)
        worker.work(burst=True, logging_level="CRITICAL")
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


@contextmanager
def listener() -> Iterator[str]:
    """Yield a URL that trips when it is called."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            tripped.append("webhook")
            self.send_response(204)
            self.end_headers()

        do_POST = do_GET

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def everything(redis: Redis) -> str:
    """Return every key and value in Redis as text, unpacked."""
    found: list[Any] = []
    for key in redis.scan_iter():
        kind = redis.type(key)
        read = {
            b"hash": lambda key=key: list(redis.hgetall(key).items()),
            b"list": lambda key=key: redis.lrange(key, 0, -1),
            b"set": lambda key=key: list(redis.smembers(key)),
            b"zset": lambda key=key: redis.zrange(key, 0, -1),
            b"string": lambda key=key: [redis.get(key)],
            b"stream": lambda key=key: [pair for _, entry in redis.xrange(key) for pair in entry.items()],
        }[kind]
        found += [key, *(part for item in read() for part in (item if isinstance(item, tuple) else (item,)))]
    return "\n".join(_unpacked(part).decode(errors="replace") for part in found)


def _unpacked(value: bytes) -> bytes:
    for packed in (lambda: value, lambda: base64.b64decode(value, validate=True)):
        with contextlib.suppress(zlib.error, ValueError):
            return zlib.decompress(packed())
    return value
