"""Ring soon after a commit: due work starts within a tenth of a second, and a busy process rings rarely."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable

from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

from hub.kernel import queue, settings
from hub.kernel.logs import log
from hub.kernel.work import LANES

_PAUSE = 0.05  # seconds in which rings for the same lane become one
_AGAIN = 0.3  # seconds before the same lane is rung again: a drain that runs takes what comes meanwhile
_PENDING = "bell"


class _Bell:
    """Ring on a thread of its own, so that nobody who commits waits for Redis; the clock rings for what is missed."""

    def __init__(self) -> None:
        self._wanted: set[tuple[str, int]] = set()
        self._rung: dict[tuple[str, int], float] = {}
        self._lock = threading.Lock()
        self._set = threading.Event()
        self._thread: threading.Thread | None = None

    def soon(self, lanes: Iterable[tuple[str, int]]) -> None:
        with self._lock:
            self._wanted.update(lanes)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="bell", daemon=True)
                self._thread.start()
        self._set.set()

    def _run(self) -> None:
        while True:
            self._set.wait()
            self._set.clear()
            time.sleep(_PAUSE)
            now = time.monotonic()
            with self._lock:
                ready = {lane for lane in self._wanted if now - self._rung.get(lane, 0.0) >= _AGAIN}
                self._wanted -= ready
                if self._wanted:
                    self._set.set()  # rung a moment ago: looked at again after the next pause
            for lane in ready:
                self._rung[lane] = now
                if not _ring(*lane):
                    break


def _ring(drain: str, lane: int) -> bool:
    try:
        return queue.ring(drain, lane)
    except Exception as error:  # noqa: BLE001 - the thread must live; the clock rings for what is missed
        log.warning("bell_failed", error=type(error).__name__)
        return False


_bell = _Bell()


def announce(session: Session, drain: str, shards: Iterable[int]) -> None:
    """Ring for the lanes of `shards` once this transaction has committed."""
    session.info.setdefault(_PENDING, set()).update((drain, shard % LANES) for shard in shards)


@event.listens_for(Session, "after_commit")
def _committed(session: Session) -> None:
    if session.in_nested_transaction():
        return  # a savepoint ends: nobody else sees its rows yet
    wanted = session.info.pop(_PENDING, None)
    if wanted and settings.current().redis_url:
        _bell.soon(wanted)


@event.listens_for(Session, "after_soft_rollback")
def _rolled_back(session: Session, ended: SessionTransaction) -> None:
    if not ended.nested:  # a ring too many, for rows of a savepoint that is gone, harms nobody
        session.info.pop(_PENDING, None)
