"""The private servers of a data directory, shared by all its processes.

Every process that uses them holds a shared lock on one file; whoever starts or stops them holds another alone. The
kernel drops both locks with the process, however it ends, so nothing is left to clean up after a crash: servers that
nobody uses any more are taken over by the next process, and stopped when the last one leaves. If none comes, the
keeper stops them.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hub.web.engines import keeper, postgres, server, valkey
from hub.web.engines.keeping import START, USERS
from hub.web.engines.place import EngineError, Place, prepare

__all__ = ["EngineError", "EngineUrls", "end_unused", "engines", "ensure"]


@dataclass(frozen=True, slots=True)
class EngineUrls:
    """Hold the addresses of the private servers; empty for one that was not asked for."""

    database_url: str
    redis_url: str


@contextmanager
def engines(data_dir: Path, *, need_database: bool = True, need_redis: bool = True) -> Iterator[EngineUrls]:
    """Yield the urls of the private servers of `data_dir`, starting them when none run.

    They are stopped when the last process to use them leaves. Raises EngineError when one cannot be had.
    """
    place = prepare(data_dir)
    with _opened(place.data_dir / USERS) as users:
        try:
            _enter(place, users, _servers(place, need_database, need_redis))
            yield EngineUrls(
                database_url=postgres.url(place) if need_database else "",
                redis_url=valkey.url(place) if need_redis else "",
            )
        finally:
            _leave(place, users)


def ensure(data_dir: Path, *, need_database: bool = True, need_redis: bool = True) -> None:
    """Start again whichever server of `data_dir` has died, without waiting until it is ready.

    For a process inside `engines`, about every second: it costs microseconds while all is well.
    """
    place = prepare(data_dir)
    wanted = _servers(place, need_database, need_redis)
    if all(server.running(one) for one in wanted):
        return
    with _opened(place.data_dir / START) as alone:
        try:
            fcntl.flock(alone, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return  # another process is at it
        for one in wanted:
            if server.running(one) is None:
                server.launch(one)


def end_unused(data_dir: Path) -> bool:
    """Stop the servers of `data_dir` and return True, unless a process uses them: for the keeper, which then ends."""
    place = prepare(data_dir)
    with _opened(place.data_dir / START) as alone, _opened(place.data_dir / USERS) as users:
        fcntl.flock(alone, fcntl.LOCK_EX)
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        for one in (postgres.server(place), valkey.server(place)):
            server.stop(one)
    return True


def _servers(place: Place, need_database: bool, need_redis: bool) -> list[server.Server]:
    wanted = [postgres.server(place)] if need_database else []
    return [*wanted, *([valkey.server(place)] if need_redis else []), keeper.server(place)]


def _enter(place: Place, users: int, wanted: Sequence[server.Server]) -> None:
    with _opened(place.data_dir / START) as alone:
        fcntl.flock(alone, fcntl.LOCK_EX)
        fcntl.flock(users, fcntl.LOCK_SH)
        for one in wanted:
            server.start(one)


def _leave(place: Place, users: int) -> None:
    with _opened(place.data_dir / START) as alone:
        fcntl.flock(alone, fcntl.LOCK_EX)
        fcntl.flock(users, fcntl.LOCK_UN)
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return  # others still use them
        for one in _servers(place, need_database=True, need_redis=True):
            server.stop(one)


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    """Yield a handle of the lock file `path`, which no child process inherits."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise EngineError(f"{path} cannot be opened ({error.strerror}): run the hub as the user who made it") from error
    try:
        yield handle
    finally:
        os.close(handle)
