"""Where the private servers of one data directory keep their files, sockets and logs."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import stat
from dataclasses import dataclass
from pathlib import Path

LONGEST_SOCKET_PATH = 100  # bytes; the kernel's own limit is 107 on Linux and 103 on macOS
_AWKWARD = frozenset(',:"')  # they part hosts and ports in a PostgreSQL address
_LONGEST_SOCKET_NAME = ".s.PGSQL.5432"
_SHARED_TEMP = Path("/tmp")  # noqa: S108 - not $TMPDIR: every shell of this user must come to the same sockets


class EngineError(Exception):
    """Says in one line why a private server cannot be used, and how to mend it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Hold the directories of one data directory's servers, and the `digest` of its path."""

    data_dir: Path
    database: Path
    run: Path
    logs: Path
    digest: str


def prepare(data_dir: Path) -> Place:
    """Return the place of `data_dir`, its private directories made; raise EngineError when they cannot be ours."""
    data_dir = data_dir.resolve()
    digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:12]
    logs = data_dir / "logs"
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        logs.mkdir(mode=0o700, exist_ok=True)
        run = _socket_dir(data_dir, digest)
    except OSError as error:
        raise EngineError(
            f"{error.filename or data_dir} cannot be used ({error.strerror}): "
            "set HUB_DATA_DIR to a directory that you own"
        ) from error
    return Place(data_dir=data_dir, database=data_dir / "postgres", run=run, logs=logs, digest=digest)


def wheel_dir(package: str) -> Path:
    """Return where the wheel `package` is installed, without importing it; raise EngineError when it is not."""
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise EngineError(f"the package {package} is not installed: install it, or give the hub servers of your own")
    return Path(found.origin).parent


def _socket_dir(data_dir: Path, digest: str) -> Path:
    run = data_dir / "run"
    if len(os.fsencode(run / _LONGEST_SOCKET_NAME)) > LONGEST_SOCKET_PATH or _AWKWARD & set(str(run)):
        run = _SHARED_TEMP / f"hub-{os.geteuid()}-{digest}"
    run.mkdir(mode=0o700, exist_ok=True)
    _refuse_unless_private(run)
    return run


def _refuse_unless_private(directory: Path) -> None:
    """Raise EngineError when another user could have made `directory` or may enter it: its sockets ask no password."""
    found = directory.lstat()
    ours = stat.S_ISDIR(found.st_mode) and (found.st_uid == os.geteuid() or os.geteuid() == 0)
    if not ours or stat.S_IMODE(found.st_mode) & 0o077:
        raise EngineError(f"{directory} must be a directory of yours that nobody else may enter: remove it")
