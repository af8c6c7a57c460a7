"""A load generator in one thread: few microseconds a request, so that two cores are left to what is measured."""

from __future__ import annotations

import selectors
import socket
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

_PATIENCE = 10.0  # seconds without any answer


class Refused(Exception):
    """A contender closed its connection, answered something else than 200, or nothing for ten seconds."""


@dataclass(slots=True)
class Load:
    """Hold what a run found: `latencies` in seconds, one for each answer that counts, and what `keep` kept."""

    seconds: float = 0.0
    answered: int = 0
    latencies: list[float] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    def note(self, answer: bytes, latency: float | None) -> None:
        """Count one answer; keep its latency and its body unless there is none."""
        self.answered += 1
        if latency is not None:
            self.latencies.append(latency)
        if answer:
            self.bodies.append(answer.partition(b"\r\n\r\n")[2])

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


@dataclass(slots=True)
class _Lines:
    """Keep the connections of one run, and find those that have something to say."""

    all: list[Line]
    selector: selectors.BaseSelector

    def answers(self, seconds: float = _PATIENCE) -> Iterator[tuple[Line, bytes, float]]:
        """Yield (line, answer, when) for what came within `seconds`; raise Refused after the longest wait in vain."""
        ready = self.selector.select(seconds)
        if not ready and seconds >= _PATIENCE:
            raise Refused("the contender does not answer")
        for key, _ in ready:
            answer = key.data.hear()
            if answer is not None:
                yield key.data, answer, time.perf_counter()


@contextmanager
def _connected(port: int, count: int) -> Iterator[_Lines]:
    with ExitStack() as open_, selectors.DefaultSelector() as selector:
        lines = [Line(port) for _ in range(count)]
        for line in lines:
            open_.callback(line.socket.close)
            selector.register(line.socket, selectors.EVENT_READ, line)
        yield _Lines(lines, selector)


def closed(
    port: int, requests: Iterator[bytes], *, lines: int, seconds: float = 1e6, warmup: float = 0, keep: bool = False
) -> Load:
    """Ask over `lines` connections, each again as soon as it is answered, until the time or the requests are over.

    Answers of the first `warmup` seconds do not count; `keep` keeps the bodies of all. Every request is answered.
    """
    load = Load()
    with _connected(port, lines) as connected:
        counts = time.perf_counter() + warmup
        until = counts + seconds
        busy = sum(_next(line, requests) for line in connected.all)
        while busy:
            for line, answer, now in connected.answers():
                load.note(answer if keep else b"", now - line.since if counts <= now <= until else None)
                busy -= now > until or not _next(line, requests)
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
    load, due, total = Load(seconds), 0, int(rate * seconds)
    with _connected(port, lines) as connected:
        idle = deque(connected.all)
        start = time.perf_counter()
        while load.answered < total:
            while due < total and idle and start + due / rate <= time.perf_counter():
                idle.popleft().ask(next(requests), start + due / rate)
                due += 1
            wait = max(0.0, start + due / rate - time.perf_counter()) if due < total and idle else _PATIENCE
            for line, _, now in connected.answers(wait):
                load.note(b"", now - line.since)
                idle.append(line)
    return load
