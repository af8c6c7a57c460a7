"""Count in memory what is too frequent, or too cheap to provoke, to be written one by one; write it now and then."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from typing import Generic, TypeVar

from sqlalchemy.orm import Session

from hub.kernel.db import transaction
from hub.kernel.logs import log

K = TypeVar("K", bound=Hashable)

EVERY = 5.0  # seconds
_MOST = 10_000  # keys that wait while nothing can be written


class Tally(Generic[K]):
    """Hold counts by key, and hand them to `write` in a transaction at most every `every` seconds, from another thread.

    A process that ends loses the counts of its last seconds: this is for figures that are looked at, not for the truth.
    """

    def __init__(self, write: Callable[[Session, Mapping[K, int]], None], *, every: float = EVERY) -> None:
        self._write, self._every = write, every
        self._counts: Counter[K] = Counter()
        self._lock = threading.Lock()
        self._timer: int | None = None  # the process whose timer runs: a fork has none

    def add(self, key: K) -> None:
        """Count one more of `key`."""
        with self._lock:
            if len(self._counts) < _MOST or key in self._counts:
                self._counts[key] += 1
            waits, self._timer = self._timer == os.getpid(), os.getpid()
        if not waits:
            timer = threading.Timer(self._every, self.flush)
            timer.daemon = True
            timer.start()

    def flush(self) -> None:
        """Write what was counted; what cannot be written waits for the next time."""
        with self._lock:
            counts, self._counts, self._timer = self._counts, Counter(), None
        if not counts:
            return
        try:
            with transaction() as session:
                self._write(session, counts)
        except Exception as error:  # noqa: BLE001 - a thread's edge: figures never stop what they count
            log.warning("tally_not_written", error=type(error).__name__)
            with self._lock:
                self._counts.update(counts)
