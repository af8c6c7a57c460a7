"""Faults that a test or a rehearsal queues for one API path."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass
from typing import Literal

FaultKind = Literal["errcode", "html", "truncated", "stall", "cut", "extra"]


@dataclass(frozen=True, slots=True)
class Fault:
    """Describe one failure.

    errcode: answer with that errcode, work not done. html: a 502 page, work not done. truncated: work done, half of
    the JSON sent. stall: wait `seconds`, then answer as usual. cut: work done, connection closed without an answer.
    extra: the usual answer with unknown fields.
    """

    kind: FaultKind
    errcode: int | str = -1
    seconds: float = 0.0


class Faults:
    """Hand out the queued faults of each path, oldest first."""

    def __init__(self) -> None:
        self._queued: defaultdict[str, deque[Fault]] = defaultdict(deque)

    def add(self, path: str, fault: Fault, times: int) -> None:
        """Queue `fault` for the next `times` calls of `path`."""
        self._queued[path].extend([fault] * times)

    def take(self, path: str) -> Fault | None:
        """Return the next fault of `path` and remove it."""
        queue = self._queued.get(path)
        return queue.popleft() if queue else None

    def clear(self) -> None:
        """Forget every queued fault."""
        self._queued.clear()
