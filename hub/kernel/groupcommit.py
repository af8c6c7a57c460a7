"""Group commit: many request threads share one transaction, so an answer costs a fraction of a disk flush."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar, cast

from sqlalchemy.exc import InterfaceError, OperationalError, TimeoutError
from sqlalchemy.orm import Session

from hub.kernel.db import transaction
from hub.kernel.logs import log

Item = TypeVar("Item")
Result = TypeVar("Result")
AWAY = (OperationalError, InterfaceError, TimeoutError, OSError)  # not an item's fault: one by one would not help


class NotDurable(Exception):
    """The item is not known to be on disk: the caller must not acknowledge it.

    `away` when the place itself is at fault, not the item: it did not answer, or not in time.
    """

    def __init__(self, reason: str, *, away: bool = False) -> None:
        super().__init__(reason)
        self.away = away


class _Waiter(Generic[Item, Result]):
    """Let one thread wait for its item; a bare lock, because a Future's condition costs as much as the row."""

    __slots__ = ("_settled", "error", "item", "result")

    def __init__(self, item: Item) -> None:
        self.item = item
        self.result: Result | None = None
        self.error: NotDurable | None = None
        self._settled = threading.Lock()
        self._settled.acquire()

    def settle(self, result: Result | None, error: NotDurable | None = None) -> None:
        self.result, self.error = result, error
        self._settled.release()

    def wait(self, timeout: float) -> Result:
        if not self._settled.acquire(timeout=timeout):
            raise NotDurable(f"not committed within {timeout} s", away=True)
        if self.error is not None:
            raise self.error
        return cast("Result", self.result)


def in_transaction(
    write: Callable[[Session, Sequence[Item]], Sequence[Result]],
) -> Callable[[Sequence[Item]], Sequence[Result]]:
    """Return `write` as what commits by itself, in a transaction of the main database."""

    def commit(items: Sequence[Item]) -> Sequence[Result]:
        with transaction() as session:
            results = write(session, items)
            if len(results) != len(items):
                raise ValueError("a write answers for every item, or nothing of it is kept")
            return results

    return commit


class GroupWriter(Generic[Item, Result]):
    """Write items of many threads together; `commit` puts them on disk and returns one result per item, in order."""

    def __init__(
        self,
        commit: Callable[[Sequence[Item]], Sequence[Result]],
        *,
        batch: int = 256,
        away: tuple[type[Exception], ...] = AWAY,
    ) -> None:
        self._write = commit
        self._away = away
        self._batch = batch
        self._queue: queue.SimpleQueue[_Waiter[Item, Result]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def submit(self, item: Item, *, timeout: float) -> Result:
        """Return the result for `item` once it is committed; raise NotDurable after `timeout` seconds or an error."""
        self._start()
        waiter: _Waiter[Item, Result] = _Waiter(item)
        self._queue.put(waiter)
        return waiter.wait(timeout)

    def _start(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            with self._lock:
                if self._thread is None or not self._thread.is_alive():
                    self._thread = threading.Thread(target=self._run, name="group-commit", daemon=True)
                    self._thread.start()

    def _run(self) -> None:
        while True:
            group = [self._queue.get()]
            while len(group) < self._batch:
                try:
                    group.append(self._queue.get_nowait())
                except queue.Empty:
                    break
            self._commit(group)

    def _commit(self, group: list[_Waiter[Item, Result]]) -> None:
        try:
            answers = list(zip(group, self._write([waiter.item for waiter in group]), strict=True))
        except Exception as error:  # noqa: BLE001 - the thread must live; every waiter hears that its item is not on disk
            self._fail(group, error)
            return
        for waiter, result in answers:
            waiter.settle(result)

    def _fail(self, group: list[_Waiter[Item, Result]], error: Exception) -> None:
        away = isinstance(error, self._away)
        if len(group) > 1 and not away:
            for one in group:  # one bad item must not fail its neighbours
                self._commit([one])
            return
        log.error("group_commit_failed", error=type(error).__name__, count=len(group))
        for waiter in group:
            waiter.settle(None, NotDurable(type(error).__name__, away=away))
