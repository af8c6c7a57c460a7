"""Find every process of one data directory, and end it the hard way."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Process:
    """Describe one running process: its number, its session's, and its command line."""

    pid: int
    session: int
    argv: tuple[str, ...]

    @property
    def role(self) -> str:
        """Return which `hub` command it runs ("serve", "worker", ...), "" for anything else."""
        return self.argv[3] if self.argv[1:3] == ("-m", "hub") and len(self.argv) > 3 else ""


def belonging(marks: Iterable[str]) -> list[Process]:
    """Return the running processes that show one of `marks` on their command line or in their environment."""
    wanted = [os.fsencode(mark) for mark in marks]
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        if entry.name == str(os.getpid()):
            continue
        with suppress(OSError, IndexError):  # it ended meanwhile
            state, _parent, _group, session = (
                (entry / "stat").read_text("ascii", "replace").rpartition(")")[2].split()[:4]
            )
            words = (entry / "cmdline").read_bytes()
            shown = words + b"\0" + (entry / "environ").read_bytes()
            if state not in "ZX" and any(mark in shown for mark in wanted):
                argv = tuple(os.fsdecode(word) for word in words.split(b"\0")[:-1])
                found.append(Process(int(entry.name), int(session), argv))
    return found


def alive(pid: int) -> bool:
    """Tell whether `pid` runs: an ended process that nobody has waited for does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def send(number: signal.Signals, pids: Iterable[int]) -> None:
    """Send a signal to each of `pids` that still exists."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def wait_until(what: str, holds: Callable[[], object], within: float, *, every: float = 0.05) -> None:
    """Return as soon as `holds` says yes; fail when it does not `within` so many seconds."""
    give_up = time.monotonic() + within
    while not holds():
        assert time.monotonic() < give_up, f"waited {within} s in vain until {what}"
        time.sleep(every)
