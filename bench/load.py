"""A load generator in one thread: few microseconds a request, so that two cores are left to what is measured."""

from __future__ import annotations

import selectors
import socket
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field


class Refused(Exception):
    """A contender closed its connection, answered something else than 200, or nothing for ten seconds."""


@dataclass(slots=True)
class Load:
    """Hold what a run found: `latencies` in seconds, one for each answer that counts, and what `keep` kept."""

    seconds: float = 0.0
    answered: int = 0
    latencies: list[float] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Return the answers a second."""
        return len(self.latencies) / self.seconds


def percentile(seconds: Iterable[float], percent: float) -> float:
    """Return a percentile of `seconds` in milliseconds; there must be some."""
    found = sorted(seconds)
    return found[min(len(found) - 1, int(len(found) * percent / 100))] * 1000


class Line:
    """Keep one connection: one request at a time, kept alive, as WeChat does."""

    __slots__ = ("_received", "since", "socket")

    def __init__(self, port: int) -> None:
        """Connect to `port` of this machine."""
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = b""
        self.since = 0.0

    def ask(self, request: bytes, since: float) -> None:
        """Send `request`, which counts as asked at `since`."""
        self.since = since
        self.socket.sendall(request)

    def hear(self) -> bytes | None:
        """Return the whole answer, None while a part of it is missing; raise Refused unless it is a 200."""
        data = self.socket.recv(262_144)
        if not data:
            raise Refused("the contender closed a connection")
        self._received = self._received + data if self._received else data
        if not _whole(self._received):
            return None
        answer, self._received = self._received, b""
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


@contextmanager
def _watched(lines: Sequence[Line]) -> Iterator[selectors.BaseSelector]:
    with selectors.DefaultSelector() as selector:
        try:
            for line in lines:
                selector.register(line.socket, selectors.EVENT_READ, line)
            yield selector
        finally:
            for line in lines:
                line.socket.close()


def _ready(selector: selectors.BaseSelector, seconds: float = 10) -> list[Line]:
    found = selector.select(seconds)
    if not found and seconds >= 10:
        raise Refused("the contender does not answer")
    return [key.data for key, _ in found]


def closed(
    port: int, requests: Iterator[bytes], *, lines: int, seconds: float = 1e6, warmup: float = 0, keep: bool = False
) -> Load:
    """Ask over `lines` connections, each again as soon as it is answered, until the time or the requests are over.

    Answers of the first `warmup` seconds do not count; `keep` keeps the bodies of all. Every request is answered.
    """
    load, connected = Load(), [Line(port) for _ in range(lines)]
    with _watched(connected) as selector:
        counts = time.perf_counter() + warmup
        until = counts + seconds
        busy = sum(_next(line, requests) for line in connected)
        while busy:
            for line in _ready(selector):
                answer = line.hear()
                if answer is None:
                    continue
                now = time.perf_counter()
                load.answered += 1
                if keep:
                    load.bodies.append(answer.partition(b"\r\n\r\n")[2])
                if counts <= now <= until:
                    load.latencies.append(now - line.since)
                if now > until or not _next(line, requests):
                    busy -= 1
    load.seconds = min(time.perf_counter(), until) - counts
    return load


def _next(line: Line, requests: Iterator[bytes]) -> bool:
    request = next(requests, None)
    if request is not None:
        line.ask(request, time.perf_counter())
    return request is not None


def paced(port: int, requests: Iterator[bytes], *, rate: float, seconds: float, lines: int = 128) -> Load:
    """Ask `rate` times a second whether or not answers come; a latency starts when the request was due.

    So an answer that comes late hides nothing of what the requests behind it wait.
    """
    load, connected = Load(seconds), [Line(port) for _ in range(lines)]
    idle, due, total = deque(connected), 0, int(rate * seconds)
    with _watched(connected) as selector:
        start = time.perf_counter()
        while load.answered < total:
            while due < total and idle and start + due / rate <= time.perf_counter():
                idle.popleft().ask(next(requests), start + due / rate)
                due += 1
            soon = due < total and bool(idle)
            for line in _ready(selector, max(0.0, start + due / rate - time.perf_counter()) if soon else 10):
                if line.hear() is not None:
                    load.latencies.append(time.perf_counter() - line.since)
                    load.answered += 1
                    idle.append(line)
    return load
