"""The keeper's process: it looks whether anybody uses the servers of a data directory, and ends them when nobody does.

It imports what stops the servers only when it comes to that, as it runs beside them all the time.
"""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

from hub.web.engines import processes

USERS, START = "engines.users", "engines.start"
"""Lock files of a data directory: shared by all who use its servers; held alone by who starts or stops them."""
_LOOK = 0.5  # seconds between two looks


def keep(data_dir: Path, run: Path, grace: float) -> None:
    """Return once the servers were ended, as nobody used them for `grace` seconds or their directory was removed."""
    seen, known = time.monotonic(), dict[int, str]()
    while (data_dir / USERS).exists():
        known = _servers(data_dir, run) or known
        time.sleep(min(_LOOK, grace))
        if _used(data_dir):
            seen = time.monotonic()
        elif time.monotonic() - seen >= grace and (data_dir / USERS).exists():
            from hub.web.engines.shared import end_unused

            if end_unused(data_dir):
                return
    for pid, mark in known.items():  # with their files they lost all that an orderly end would keep
        if processes.runs_with(pid, mark):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGQUIT if mark == str(data_dir / "postgres") else signal.SIGKILL)


def _servers(data_dir: Path, run: Path) -> dict[int, str]:
    """Return the process numbers of the servers, with the argument by which each is known."""
    marks = {run / "postgres.pid": str(data_dir / "postgres"), run / "valkey.pid": str(run / "valkey.sock")}
    return {pid: mark for path, mark in marks.items() if (pid := processes.first_pid(path)) is not None}


def _used(data_dir: Path) -> bool:
    """Tell whether a process uses the servers, or starts or stops them now: its own look must not seem to be one."""
    try:
        with (data_dir / START).open() as start, (data_dir / USERS).open() as users:
            for held in (start, users):
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        pass  # the whole directory is gone, which the next look shows
    return False


if __name__ == "__main__":
    keep(Path(sys.argv[1]), Path(sys.argv[2]).parent, float(sys.argv[3]))
