"""One private server of either kind: is it running, start it, keep it up, stop it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from hub.kernel import settings
from hub.web.engines import processes
from hub.web.engines.place import EngineError

_LARGEST_LOG = 10_000_000  # bytes; a longer one is set aside at the next start, one of them is kept
_SILENCES = 4  # probes without any reply, two seconds each, before a running server counts as hung
_LAUNCHES = 3  # of a server that ends without giving a reason, as one that is killed does
_PASSING = ("still in use", "already in use", "already exists")  # an earlier server of these files is still ending


class Answer(Enum):
    """Name what a server said when it was asked."""

    READY = "ready"
    NOT_YET = "not yet"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Server:
    """Describe one server: how to know it, ask it, start it and end it.

    `command` readies its files and returns its argv; `mark` is an argument that no other server has; `patience` is
    how many seconds it may take to be ready; `endings` are the signals that end it, each with the seconds it is given.
    """

    name: str
    mark: str
    pid_files: tuple[Path, ...]
    log: Path
    command: Callable[[], Sequence[str]]
    answer: Callable[[], Answer]
    patience: float
    endings: tuple[tuple[signal.Signals, float], ...]


def running(server: Server) -> int | None:
    """Return the process number of `server`, None when it does not run."""
    for path in server.pid_files:
        pid = processes.first_pid(path)
        if pid is not None and processes.runs_with(pid, server.mark):
            return pid
    return None


def start(server: Server) -> None:
    """Return once `server` answers: adopted, started, or ended and started again when it hangs; else EngineError."""
    began = time.monotonic()
    restart_at, silences, launches = began + server.patience, 0, list[int]()
    while (answer := server.answer()) is not Answer.READY:
        silences = silences + 1 if answer is Answer.SILENT else 0
        if time.monotonic() > began + 2 * server.patience:
            raise EngineError(f"{server.name} does not answer: see {server.log}")
        if running(server) is None:
            if launches and _ended_in_passing(server, launches):
                launches.pop()
            launches.append(launch(server))
            restart_at = time.monotonic() + server.patience
        elif silences >= _SILENCES or time.monotonic() > restart_at:
            stop(server, server.endings[1:])
        time.sleep(0.02)


def launch(server: Server) -> int:
    """Start `server` without waiting for it and return where its words begin in its log, in bytes."""
    argv = server.command()
    size = server.log.stat().st_size if server.log.exists() else 0
    if size > _LARGEST_LOG:
        server.log.replace(server.log.with_suffix(".log.1"))
        size = 0
    pid = processes.launch(argv, environment(), server.log)
    server.pid_files[0].write_text(f"{pid}\n", "ascii")
    return size


def stop(server: Server, endings: Sequence[tuple[signal.Signals, float]] | None = None) -> None:
    """Return once `server` is gone, ending it by ever harder signals; raise EngineError when none does."""
    for ending, seconds in server.endings if endings is None else endings:
        pid = running(server)
        if pid is None:
            return
        with suppress(ProcessLookupError):
            os.kill(pid, ending)
        give_up = time.monotonic() + seconds
        while processes.runs_with(pid, server.mark) and time.monotonic() < give_up:
            time.sleep(0.01)
    if running(server) is not None:
        raise EngineError(f"{server.name} does not end: see {server.log}")


def environment() -> dict[str, str]:
    """Return the environment for a server: this process's, less what would steer PostgreSQL, with plain messages."""
    kept = {name: value for name, value in settings.environment().items() if not name.startswith(("PG", "LC_"))}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}


def _ended_in_passing(server: Server, launches: Sequence[int]) -> bool:
    """Tell whether `server` ended for a reason that goes away by waiting; raise EngineError when trying on is in vain.

    `launches` are the places in its log where the starts that count began. One that gave no reason may be tried again.
    """
    with server.log.open("rb") as log:
        log.seek(launches[-1])
        lines = [line for line in log.read().decode("utf-8", "replace").splitlines() if line.strip()]
    fatal = [line for line in lines if "FATAL" in line or "PANIC" in line]
    reasons = [line for line in fatal if "the database system is" not in line]  # that was said to one who asked early
    passing = any(words in line for words in _PASSING for line in lines)
    if not passing and (reasons or len(launches) >= _LAUNCHES):
        said = (reasons or lines or ["it said nothing"])[-1].strip()
        raise EngineError(f"{server.name} does not start: {said} (see {server.log})")
    time.sleep(0.2)
    return passing
