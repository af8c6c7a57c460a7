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

_launched: dict[int, Sequence[str]] = {}  # our own children, until we have waited for them
os.register_at_fork(after_in_child=_launched.clear)


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
    _launched[pid] = tuple(argv)
    return pid


def runs_with(pid: int, argument: str) -> bool:
    """Tell whether process `pid` runs and has `argument` on its command line: a pid alone may be another's by now."""
    if pid in _launched:
        return not _ended(pid) and argument in _launched.get(pid, ())
    return _shows(pid, os.fsencode(argument))


def _ended(pid: int) -> bool:
    """Tell whether our own child `pid` has ended, without reading its command line, which is empty at its very start.

    What another part of this program waited for has ended too. A fork of the program knows none of the children.
    """
    try:
        ended, _ = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        ended = pid
    if ended:
        _launched.pop(pid, None)
    return bool(ended)


def _shows(pid: int, argument: bytes) -> bool:
    """Tell whether `argument` is on the command line of `pid`, which is empty once it has ended."""
    if sys.platform != "linux":
        words = ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)]
        return argument in subprocess.run(words, capture_output=True, check=False).stdout  # noqa: S603 - no shell
    try:
        return argument in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False


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
