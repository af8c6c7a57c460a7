"""Read from the database for as long as somebody waits, and no longer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillReading
from typing import TypeVar

from sqlalchemy import text
from sqlalchemy.orm import Session

from hub.kernel.db import transaction
from hub.kernel.groupcommit import AWAY

T = TypeVar("T")


class TooLate(Exception):
    """The read is not done in time, or the database is away; the reason names which."""


class Reader:
    """Read on a few threads of its own, each read in a transaction of its own, within a span of seconds."""

    def __init__(self, *, threads: int) -> None:
        """Read on `threads` threads, which start when they are first needed."""
        self._threads = threads
        self._guard = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None

    def read(self, read: Callable[[Session], T], *, within: float) -> T:
        """Return what `read` makes of a session; raise TooLate after `within` seconds, or without a database."""
        reading = self._threads_of_mine().submit(_in_transaction, read, within)
        try:
            return reading.result(within)
        except (StillReading, *AWAY) as error:
            reading.cancel()
            raise TooLate(type(error).__name__) from None

    def _threads_of_mine(self) -> ThreadPoolExecutor:
        with self._guard:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self._threads, "reader")
            return self._pool


def _in_transaction(read: Callable[[Session], T], within: float) -> T:
    with transaction() as session:
        # Nobody waits for the answer any longer then: the connection is worth more.
        session.execute(
            text("SELECT set_config('statement_timeout', :wait, true)"), {"wait": f"{int(within * 1000)}ms"}
        )
        return read(session)
