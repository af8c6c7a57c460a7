"""Runs a set of programs in the foreground: starts them again when they die, ends them all with itself.

Every program gets a session of its own, so that a Ctrl-C reaches only the supervisor, which then ends the programs in
good order, and so that whatever a program started can be found and ended with it. A supervisor that is killed takes
its programs along (on Linux, where the kernel sees to it).
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

_FIRST_DELAY, _LONGEST_DELAY = 0.2, 5.0  # seconds before a program that died is started again
_STEADY = 10.0  # seconds of life after which a death counts as the first one again
_HOPELESS = 5  # deaths in a row of a critical program, before all was ever ready, that end the whole
_STEP = 0.1  # seconds between two looks
_TICK = 1.0  # seconds between two calls of on_tick
_PR_SET_PDEATHSIG = 1  # from linux/prctl.h


@dataclass(frozen=True, slots=True)
class Program:
    """Describe one program: `env` is its whole environment.

    One that is not critical may end by itself with exit code 0 and stays ended; any other end is followed by a start.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    critical: bool = True


@dataclass(slots=True)
class _Child:
    """Follow one program through its deaths and starts."""

    program: Program
    process: subprocess.Popen[bytes] | None = None
    session: int = 0
    started: float = 0.0
    due: float | None = 0.0
    deaths: int = 0

    def start(self) -> None:
        self.due, self.started = None, time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603 - our own words, no shell
            list(self.program.argv),
            env=dict(self.program.env),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_dying_with(os.getpid()),
        )
        self.session = self.process.pid

    def bury(self, code: int, now: float) -> None:
        """Note that the program ended with `code`, end what it left behind, and plan its next start."""
        self.process = None
        _kill_sessions([self.session])
        if code == 0 and not self.program.critical:
            return
        self.deaths = 1 if now - self.started > _STEADY else self.deaths + 1
        delay = min(_FIRST_DELAY * 2 ** (self.deaths - 1), _LONGEST_DELAY)
        self.due = now + delay
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        _say(f"{self.program.name} ended ({how}): starting it again in {delay:.1f} s")

    def look(self, now: float) -> None:
        """Start the program if it is due, and bury it if it has died."""
        if self.process is None and self.due is not None and now >= self.due:
            self.start()
        if self.process is not None and (code := self.process.poll()) is not None:
            self.bury(code, now)


@dataclass(slots=True)
class _Wish:
    """Count the signals that ask for the end: the second one asks for it at once."""

    asked: int = 0

    def note(self, _number: int, _frame: FrameType | None) -> None:
        self.asked += 1


@dataclass(slots=True)
class _Watch:
    """Hold what one run looks at, over and over."""

    children: list[_Child]
    on_tick: Callable[[], None] | None
    ready: Callable[[], bool] | None
    on_ready: Callable[[], None] | None
    next_tick: float = field(default_factory=time.monotonic)

    def until(self, wish: _Wish) -> int:
        """Look again and again until the end is wished for or there is nothing to watch; return the exit code."""
        while not wish.asked:
            code = self.step()
            if code is not None:
                return code
            time.sleep(_STEP)
        return 0

    def step(self) -> int | None:
        """Look at everything once and return the exit code when there is nothing left to watch."""
        now = time.monotonic()
        for child in self.children:
            child.look(now)
            if self.ready is not None and child.program.critical and child.deaths >= _HOPELESS:
                _say(f"{child.program.name} does not start: giving up")
                return 1
        if all(child.process is None and child.due is None for child in self.children):
            return 0
        if self.on_tick is not None and now >= self.next_tick:
            self.next_tick = now + _TICK
            self.on_tick()
        if self.ready is not None and self.ready():
            self.ready = None
            if self.on_ready is not None:
                self.on_ready()
        return None


def run(
    programs: Sequence[Program],
    *,
    on_tick: Callable[[], None] | None = None,
    grace: float = 10.0,
    ready: Callable[[], bool] | None = None,
    on_ready: Callable[[], None] | None = None,
) -> int:
    """Run `programs` until SIGINT or SIGTERM, and return 0; or 1 when a critical one never came up.

    `on_tick` is called about every second; `ready` until it says yes, when `on_ready` is called once: all of them
    should be short, and what they raise ends the run. At the end the programs have `grace` seconds to leave before they
    are killed; a second signal kills at once. No process that a program started remains. Main thread only.
    """
    children = [_Child(program) for program in programs]
    with _signals_noted() as wish:
        try:
            return _Watch(children, on_tick, ready, on_ready).until(wish)
        finally:
            _end(children, grace, wish)


def _end(children: Sequence[_Child], grace: float, wish: _Wish) -> None:
    alive = [child for child in children if child.process is not None]
    for child in alive:
        _signal_group(child.session, signal.SIGTERM)
    give_up, asked = time.monotonic() + grace, wish.asked
    sessions = [child.session for child in alive]
    while _remaining(alive) and time.monotonic() < give_up and wish.asked <= asked:
        time.sleep(_STEP / 2)
    _kill_sessions(sessions)
    for child in alive:
        if child.process is not None:
            child.process.wait()


def _remaining(children: Sequence[_Child]) -> bool:
    running = [child for child in children if child.process is not None and child.process.poll() is None]
    return bool(running) or bool(_members([child.session for child in children]))


def _kill_sessions(sessions: Sequence[int]) -> None:
    """Kill whatever runs in `sessions`, looking again until nothing does, as a process may fork while it is killed."""
    for session in sessions:
        _signal_group(session, signal.SIGKILL)
    give_up = time.monotonic() + 5
    while (members := _members(sessions)) and time.monotonic() < give_up:
        for pid in members:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)


def _members(sessions: Sequence[int]) -> list[int]:
    """Return the processes that run in `sessions`, whatever their group; none where /proc is missing."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _parent, _group, session = entry.read_text("ascii", "replace").rpartition(")")[2].split()[:4]
        except (OSError, ValueError):
            continue  # it ended meanwhile
        if int(session) in sessions and state not in "ZX":
            found.append(int(entry.parent.name))
    return found


def _signal_group(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):  # macOS says the latter of a group of zombies
        os.killpg(group, number)


def _dying_with(parent: int) -> Callable[[], None] | None:
    """Return what a new process runs so that it gets SIGTERM when `parent` dies; None where the kernel cannot."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl

    def bind() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died before the line above
            os._exit(1)

    return bind


@contextmanager
def _signals_noted() -> Iterator[_Wish]:
    wish = _Wish()
    before = {number: signal.signal(number, wish.note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield wish
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
