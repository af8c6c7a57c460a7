"""A load generator in one thread: few microseconds a request, so that two cores are left to what is measured."""

from __future__ import annotations

import selectors
import socket
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field


class Refused(Exception):
    """A contender closed its connection or answered something else than 200."""


@dataclass(slots=True)
class Load:
    """Hold what a run found: `latencies` in seconds, one for each answer that counts."""

    seconds: float = 0.0
    sent: int = 0
    latencies: list[float] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Return the answers a second."""
        return len(self.latencies) / self.seconds if self.seconds else 0.0

    def percentile(self, percent: float) -> float:
        """Return a percentile of the latencies in milliseconds."""
        return percentile(self.latencies, percent)


def percentile(seconds: Iterable[float], percent: float) -> float:
    """Return a percentile of `seconds` in milliseconds, 0 when there are none."""
    found = sorted(seconds)
    return found[min(len(found) - 1, int(len(found) * percent / 100))] * 1000 if found else 0.0


class _Line:
    """Keep one connection: one request at a time, as WeChat does."""

    __slots__ = ("asked", "received", "socket")

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""
        self.asked = 0.0

    def ask(self, request: bytes, at: float) -> None:
        self.asked = at
        self.socket.sendall(request)

    def hear(self) -> bytes | None:
        """Return the whole answer, None while a part of it is missing; raise Refused unless it is a 200."""
        data = self.socket.recv(262_144)
        if not data:
            raise Refused("the contender closed a connection")
        self.received = self.received + data if self.received else data
        if not _whole(self.received):
            return None
        answer, self.received = self.received, b""
        if not answer.startswith(b"HTTP/1.1 200"):
            raise Refused(answer[:200].decode("latin-1"))
        return answer


def _whole(answer: bytes) -> bool:
    end = answer.find(b"\r\n\r\n")
    if end < 0:
        return False
    head = answer[:end].lower()
    at = head.find(b"content-length:")
    if at >= 0:
        return len(answer) >= end + 4 + int(head[at + 15 :].split(b"\r\n", 1)[0])
    return b"chunked" not in head or answer.endswith(b"0\r\n\r\n")


def closed(
    port: int,
    requests: Iterator[bytes],
    *,
    connections: int,
    seconds: float = 1e9,
    warmup: float = 0,
    keep: bool = False,
) -> Load:
    """Ask over `connections` lines, each the next request on its last answer, until the time or the requests are over.

    Answers during the first `warmup` seconds do not count; `keep` keeps the bodies.
    """
    load, lines = Load(), _connect(port, connections)
    with _watched(lines) as selector:
        counts_from = time.perf_counter() + warmup
        until = counts_from + seconds
        waiting = sum(_next(line, requests, load) for line in lines)
        while waiting:
            for key, _ in selector.select(10):
                line: _Line = key.data
                answer = line.hear()
                if answer is None:
                    continue
                now = time.perf_counter()
                if keep:
                    load.bodies.append(answer.partition(b"\r\n\r\n")[2])
                if counts_from <= now <= until:
                    load.latencies.append(now - line.asked)
                if now > until or not _next(line, requests, load):
                    waiting -= 1
    load.seconds = min(time.perf_counter(), until) - counts_from
    return load


def _next(line: _Line, requests: Iterator[bytes], load: Load) -> bool:
    request = next(requests, None)
    if request is None:
        return False
    line.ask(request, time.perf_counter())
    load.sent += 1
    return True


def paced(port: int, requests: Iterator[bytes], *, rate: float, seconds: float, connections: int = 128) -> Load:
    """Ask `rate` times a second whether or not answers come; a latency starts when the request was due.

    So an answer that comes late delays none of the requests behind it, nor hides what they would have waited.
    """
    load, idle = Load(seconds=seconds), deque(_connect(port, connections))
    total, due, busy = int(rate * seconds), 0, 0
    with _watched(idle) as selector:
        start = time.perf_counter()
        while due < total or busy:
            now = time.perf_counter()
            while due < total and idle and start + due / rate <= now:
                idle.popleft() if False else None
                line = idle.popleft()
                line.ask(next(requests), start + due / rate)
                due, busy = due + 1, busy + 1
            load.sent = due
            wait = 10.0 if due >= total or not idle else max(0.0, start + due / rate - time.perf_counter())
            for key, _ in selector.select(wait):
                if key.data.hear() is not None:
                    load.latencies.append(time.perf_counter() - key.data.asked)
                    idle.append(key.data)
                    busy -= 1
    return load
