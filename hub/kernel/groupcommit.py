"""Group commit: many request threads share one transaction, so an answer costs a fraction of a disk flush."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Generic, TypeVar

from sqlalchemy.exc import InterfaceError, OperationalError, TimeoutError
from sqlalchemy.orm import Session

from hub.kernel.db import transaction
from hub.kernel.logs import log

Item = TypeVar("Item")
Result = TypeVar("Result")
_AWAY = (OperationalError, InterfaceError, TimeoutError, OSError)  # not an item's fault: one by one would not help


class NotDurable(Exception):
    """The item is not known to be on disk: the caller must not acknowledge it."""


class GroupWriter(Generic[Item, Result]):
    """Write items of many threads in shared transactions; `write` returns one result per item, in order."""

    def __init__(self, write: Callable[[Session, Sequence[Item]], Sequence[Result]], *, batch: int = 256) -> None:
        self._write = write
        self._batch = batch
        self._queue: queue.SimpleQueue[tuple[Item, Future[Result]]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def submit(self, item: Item, *, timeout: float) -> Result:
        """Return the result for `item` once it is committed; raise NotDurable after `timeout` seconds or an error."""
        self._start()
        future: Future[Result] = Future()
        self._queue.put((item, future))
        try:
            return future.result(timeout)
        except FutureTimeout:
            raise NotDurable(f"not committed within {timeout} s") from None

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

    def _commit(self, group: list[tuple[Item, Future[Result]]]) -> None:
        try:
            with transaction() as session:
                results = self._write(session, [item for item, _ in group])
                answers = list(zip(group, results, strict=True))
        except Exception as error:  # noqa: BLE001 - the thread must live; every waiter hears that its item is not on disk
            self._fail(group, error)
            return
        for (_, future), result in answers:
            future.set_result(result)

    def _fail(self, group: list[tuple[Item, Future[Result]]], error: Exception) -> None:
        if len(group) > 1 and not isinstance(error, _AWAY):
            for one in group:  # one bad item must not fail its neighbours
                self._commit([one])
            return
        log.error("group_commit_failed", error=type(error).__name__, count=len(group))
        for _, future in group:
            future.set_exception(NotDurable(type(error).__name__))
