"""Faults that a test or a rehearsal queues for one API path, of every account or of one."""

from __future__ import annotations

import random
from collections import defaultdict, deque
from dataclasses import dataclass
from typing import Literal

FaultKind = Literal["errcode", "html", "truncated", "stall", "late", "cut", "extra", "text"]
EVERY = "*"


@dataclass(frozen=True, slots=True)
class Fault:
    """Describe one failure.

    errcode: answer with that errcode, work not done. html: a 502 page, work not done. truncated: work done, half of
    the JSON sent. stall: wait `seconds`, then work and answer as usual. late: work done, then wait `seconds` before the
    first byte of the answer. cut: work done, connection closed without an answer. extra: the usual answer with unknown
    fields. text: the usual answer with its errcode as a string.
    """

    kind: FaultKind
    errcode: int | str = -1
    seconds: float = 0.0


class Faults:
    """Hand out the queued faults of each path, oldest first."""

    def __init__(self) -> None:
        self._queued: defaultdict[tuple[str, str], deque[Fault]] = defaultdict(deque)
        self._shares: list[tuple[str, Fault, float]] = []
        self._lot = random.Random(1)  # noqa: S311 - a repeatable rehearsal, no secret

    def add(self, path: str, fault: Fault, times: int, appid: str = "") -> None:
        """Queue `fault` for the next `times` calls of `path`, by `appid` unless that is empty."""
        self._queued[path, appid].extend([fault] * times)

    def take(self, path: str, appid: str = "") -> Fault | None:
        """Return the next fault for a call of `path` by `appid`, and remove it."""
        for queue in (self._queued.get((path, appid)), self._queued.get((path, ""))):
            if queue:
                return queue.popleft()
        return next((fault for at, fault, share in self._shares if self._drawn(at, path, share)), None)

    def add_share(self, path: str, fault: Fault, share: float) -> None:
        """Let `fault` befall that share (0 to 1) of the calls of `path`, of every path when it is "*"."""
        self._shares.append((path, fault, share))

    def clear(self) -> None:
        """Forget every fault."""
        self._queued.clear()
        self._shares.clear()

    def _drawn(self, at: str, path: str, share: float) -> bool:
        return at in (EVERY, path) and self._lot.random() < share
