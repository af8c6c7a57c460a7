"""Faults that a test or a rehearsal queues for one API path, of every account or of one."""

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
        self._queued: defaultdict[tuple[str, str], deque[Fault]] = defaultdict(deque)

    def add(self, path: str, fault: Fault, times: int, appid: str = "") -> None:
        """Queue `fault` for the next `times` calls of `path`, by `appid` unless that is empty."""
        self._queued[path, appid].extend([fault] * times)

    def take(self, path: str, appid: str = "") -> Fault | None:
        """Return the next fault for a call of `path` by `appid`, and remove it."""
        for queue in (self._queued.get((path, appid)), self._queued.get((path, ""))):
            if queue:
                return queue.popleft()
        return None

    def clear(self) -> None:
        """Forget every queued fault."""
        self._queued.clear()
