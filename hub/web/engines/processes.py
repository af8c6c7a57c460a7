"""Processes that outlive the one that started them: start in the background, recognise, signal."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

_launched: set[int] = set()


def launch(argv: Sequence[str], environment: Mapping[str, str], log: Path) -> int:
    """Start `argv` in a session of its own, so that no Ctrl-C reaches it, writing to `log`; return its pid."""
    appending = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    pid = os.posix_spawn(
        argv[0],
        list(argv),
        dict(environment),
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), appending, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
        setsigmask=[],
        setsigdef=[signal.SIGPIPE, signal.SIGINT, signal.SIGTERM, signal.SIGQUIT],
    )
    _launched.add(pid)
    return pid


def runs_with(pid: int, argument: str) -> bool:
    """Tell whether process `pid` runs and has `argument` on its command line: a pid alone may be another's by now."""
    if sys.platform == "linux":
        try:
            line = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            line = b""
        found = os.fsencode(argument) in line.split(b"\0")
    else:
        shown = subprocess.run(["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, check=False)  # noqa: S603 - fixed words and a number
        line = b"" if b"<defunct>" in shown.stdout else shown.stdout.strip()
        found = os.fsencode(argument) in line
    if not line:  # gone, or ended and waiting to be waited for
        _reap(pid)
    return found


def exists(pid: int) -> bool:
    """Tell whether any process, even an ended one that nobody has waited for, has `pid`."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def kill_titled(title: str) -> None:
    """Kill the processes whose title begins with `title` and wait until they are gone; none where /proc is missing."""
    give_up = time.monotonic() + 2
    while (found := _titled(title)) and time.monotonic() < give_up:
        for pid in found:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)


def _titled(title: str) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it ended meanwhile
            if entry.read_bytes().startswith(os.fsencode(title)):
                found.append(int(entry.parent.name))
    return found


def first_pid(path: Path) -> int | None:
    """Return the process number in the first line of the pid file `path`, None when there is none."""
    try:
        number = int(path.read_bytes().split(b"\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None
    return number if number > 0 else None


def _reap(pid: int) -> None:
    if pid in _launched:
        _launched.discard(pid)
        with suppress(ChildProcessError):
            os.waitpid(pid, 0)
