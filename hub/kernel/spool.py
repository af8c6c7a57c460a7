"""A log on this machine's own disk, for what must not be lost while the database is away.

SQLite in WAL mode with full sync: an append that returned is on disk. The processes of one machine share it, and a
marker file tells each of them, without opening it, whether anything waits.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from hub.kernel import settings

_PAGE = 4096
_PATIENCE = 1.0  # seconds to wait for another process's append
_SCHEMA = "CREATE TABLE IF NOT EXISTS item (id BLOB PRIMARY KEY, body BLOB NOT NULL, error TEXT)"


class SpoolBroken(Exception):
    """The spool took nothing: it is full, or its disk does not write; `str` is the kind of error, never an item."""


class Spool:
    """Keep items by id (16 bytes, ordered by time) until they are moved to where they belong."""

    def __init__(self, directory: Path, *, megabytes: int) -> None:
        """Use `directory`, made at the first append; an append that would grow the log past `megabytes` is refused."""
        self.directory = directory
        self._pages = max(64, megabytes * 1024 * 1024 // _PAGE)
        self._marker = str(directory / "waiting")
        self._lock = threading.Lock()
        self._opened: tuple[int, sqlite3.Connection] | None = None

    def waiting(self) -> bool:
        """Tell whether items wait, for the cost of one look at the directory."""
        return os.path.exists(self._marker)

    def append(self, items: Sequence[tuple[bytes, bytes]]) -> None:
        """Write (id, body) pairs; they are on disk when this returns. An id that is there already stays as it is.

        Raises SpoolBroken when nothing was written.
        """
        with self._writing() as connection:
            Path(self._marker).touch()
            connection.executemany("INSERT OR IGNORE INTO item (id, body) VALUES (?, ?)", items)

    def oldest(self, limit: int) -> list[tuple[bytes, bytes]]:
        """Return the first `limit` items that wait, in the order of their ids."""
        with self._writing() as connection:
            query = "SELECT id, body FROM item WHERE error IS NULL ORDER BY id LIMIT ?"
            return connection.execute(query, (limit,)).fetchall()

    def forget(self, ids: Sequence[bytes]) -> None:
        """Remove items that are where they belong by now, and give the disk back once nothing is left."""
        with self._alone() as connection:
            with _begun(connection):
                connection.executemany("DELETE FROM item WHERE id = ?", [(id_,) for id_ in ids])
            if self._emptied(connection):
                connection.execute("VACUUM")
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def park(self, id_: bytes, error: str) -> None:
        """Set an item aside that can never be moved, with the kind of its error, so that it holds up no other."""
        with self._alone() as connection:
            with _begun(connection):
                connection.execute("UPDATE item SET error = ? WHERE id = ?", (error, id_))
            self._emptied(connection)

    def recover(self) -> None:
        """Set the marker by what is in the log: a machine that lost its power may have kept one and not the other."""
        if (self.directory / "log.sqlite3").exists():
            with self._alone() as connection:
                Path(self._marker).touch()
                self._emptied(connection)

    def counts(self) -> tuple[int, int]:
        """Return how many items wait, and how many are set aside."""
        if not (self.directory / "log.sqlite3").exists():
            return 0, 0
        with self._writing() as connection:
            waiting, parked = connection.execute("SELECT count(*) - count(error), count(error) FROM item").fetchone()
        return waiting, parked

    @contextmanager
    def turn(self) -> Iterator[bool]:
        """Yield True to the one process of this machine that may move items now, False to all others."""
        try:
            with _held(self.directory / "turn", wait=False):
                yield True
        except BlockingIOError:
            yield False

    def close(self) -> None:
        """Close the log; the next use opens it again."""
        with self._lock:
            if self._opened is not None and self._opened[0] == os.getpid():
                self._opened[1].close()
            self._opened = None

    def _emptied(self, connection: sqlite3.Connection) -> bool:
        """Take the marker away when nothing waits, and tell so; a crash before that leaves a marker too many."""
        if connection.execute("SELECT 1 FROM item WHERE error IS NULL LIMIT 1").fetchone() is not None:
            return False
        Path(self._marker).unlink(missing_ok=True)
        return True

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._alone() as connection, _begun(connection):
            yield connection

    @contextmanager
    def _alone(self) -> Iterator[sqlite3.Connection]:
        """Hold the log against the other threads and processes, who wait their turn instead of polling for it."""
        try:
            with self._lock:
                self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
                with _held(self.directory / "lock"):
                    yield self._connection()
        except (sqlite3.Error, OSError) as error:
            raise SpoolBroken(getattr(error, "sqlite_errorname", type(error).__name__)) from error

    def _connection(self) -> sqlite3.Connection:
        """Return this process's connection: one that came over a fork is left alone."""
        if self._opened is None or self._opened[0] != os.getpid():
            path = self.directory / "log.sqlite3"
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            connection = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
            connection.execute(f"PRAGMA page_size = {_PAGE}")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute(f"PRAGMA max_page_count = {self._pages}")
            connection.execute(_SCHEMA)
            self._opened = (os.getpid(), connection)
        return self._opened[1]


@contextmanager
def _held(path: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold a file against other processes; raise BlockingIOError when it is held and this is not to `wait`."""
    handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    finally:
        os.close(handle)  # which gives it back


@contextmanager
def _begun(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def local() -> Spool:
    """Return this machine's spool, which lies in the data directory."""
    now = settings.current()
    return _made(now.data_dir / "spool", now.spool_mb)


@lru_cache(maxsize=4)
def _made(directory: Path, megabytes: int) -> Spool:
    return Spool(directory, megabytes=megabytes)
