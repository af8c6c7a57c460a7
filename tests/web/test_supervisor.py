from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hub.kernel import settings
from hub.web import supervisor
from hub.web.supervisor import Program

# Other tests may have left threads of a pool behind; the supervisor itself runs without any.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")

ROOT = Path(__file__).parents[2]
SCRIPT = """
import sys
from hub.web.supervisor import Program, run
names = sys.argv[2:]
programs = [Program(f"p{i}", ["/bin/sh", "-c", text], {"PATH": "/usr/bin:/bin"}) for i, text in enumerate(names)]
sys.exit(run(programs, grace=float(sys.argv[1])))
"""
NOTE = 'echo $$ >> "{}"; '


def _shell(name: str, text: str, *, critical: bool = True) -> Program:
    return Program(name, ["/bin/sh", "-c", text], settings.environment(), critical)


def _eventually(holds: Callable[[], object]) -> None:
    give_up = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < give_up
        time.sleep(0.01)


def _pids(notes: Path) -> list[int]:
    return [int(line) for line in notes.read_text().split()] if notes.exists() else []


def _alive(pid: int) -> bool:
    """Tell whether `pid` runs; one that ended and was not waited for does not."""
    shown = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return bool(shown.stdout.strip()) and not shown.stdout.startswith("Z")


@pytest.fixture
def notes(tmp_path: Path) -> Iterator[Path]:
    """Return a file for the pids of what a test starts; they are killed after it."""
    yield tmp_path / "pids"
    for pid in _pids(tmp_path / "pids"):
        if _alive(pid):
            os.kill(pid, signal.SIGKILL)


def _supervise(*texts: str, grace: float = 10) -> subprocess.Popen[str]:
    argv = [sys.executable, "-c", SCRIPT, str(grace), *texts]
    env = settings.environment(PYTHONPATH=str(ROOT))
    return subprocess.Popen(argv, env=env, stderr=subprocess.PIPE, text=True)


def test_a_program_that_dies_is_started_again(notes: Path) -> None:
    with _supervise(f"{NOTE.format(notes)} exec sleep 60") as running:
        _eventually(lambda: len(_pids(notes)) == 1)
        os.kill(_pids(notes)[0], signal.SIGKILL)
        _eventually(lambda: len(_pids(notes)) == 2)
        running.send_signal(signal.SIGTERM)
        _, said = running.communicate()
    assert running.returncode == 0
    assert said == "p0 ended (signal 9): starting it again in 0.2 s\n"
    assert not any(_alive(pid) for pid in _pids(notes))


def test_what_a_dead_program_left_is_ended_before_its_next_start(notes: Path) -> None:
    with _supervise(f"sleep 60 & echo $! >> '{notes}'; {NOTE.format(notes)} wait") as running:
        _eventually(lambda: len(_pids(notes)) == 2)
        left, main = _pids(notes)
        os.kill(main, signal.SIGKILL)
        _eventually(lambda: not _alive(left))
        running.send_signal(signal.SIGTERM)
        running.communicate()


def test_ctrl_c_leaves_no_process_even_one_in_a_group_of_its_own(notes: Path) -> None:
    grown = "import os, sys, time; os.fork() or os.setpgrp(); print(os.getpid(), flush=True); time.sleep(60)"
    family = f"exec '{sys.executable}' -c '{grown}' >> '{notes}'"
    with _supervise(family, family, grace=0.3) as running:
        _eventually(lambda: len(_pids(notes)) == 4)
        assert len({os.getpgid(pid) for pid in _pids(notes)}) == 4
        running.send_signal(signal.SIGINT)
        _, said = running.communicate()
    assert (running.returncode, said) == (0, "")
    assert not any(_alive(pid) for pid in _pids(notes))


def test_a_program_that_does_not_want_to_end_is_killed(notes: Path) -> None:
    with _supervise(f"trap '' TERM; {NOTE.format(notes)} while :; do sleep 1; done", grace=0.3) as running:
        _eventually(lambda: _pids(notes))
        running.send_signal(signal.SIGTERM)
        running.communicate()
    assert running.returncode == 0
    assert not any(_alive(pid) for pid in _pids(notes))


def test_a_program_has_time_to_end_in_good_order(notes: Path) -> None:
    text = f"trap 'sleep 0.3; {NOTE.format(notes)} exit' TERM; {NOTE.format(notes)} while :; do sleep 0.05; done"
    with _supervise(text) as running:
        _eventually(lambda: _pids(notes))
        running.send_signal(signal.SIGTERM)
        running.communicate()
    assert len(_pids(notes)) == 2


def test_a_second_ctrl_c_ends_at_once(notes: Path) -> None:
    with _supervise(
        f"trap '{NOTE.format(notes)}' TERM; {NOTE.format(notes)} while :; do sleep 0.1; done", grace=60
    ) as running:
        _eventually(lambda: _pids(notes))
        running.send_signal(signal.SIGINT)
        _eventually(lambda: len(_pids(notes)) == 2)
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=10)
    assert running.returncode == 0
    assert not any(_alive(pid) for pid in _pids(notes))


def test_a_killed_supervisor_takes_its_programs_along(notes: Path) -> None:
    with _supervise(f"{NOTE.format(notes)} exec sleep 60", f"{NOTE.format(notes)} exec sleep 60") as running:
        _eventually(lambda: len(_pids(notes)) == 2)
        running.kill()
        _eventually(lambda: not any(_alive(pid) for pid in _pids(notes)))


def test_ready_is_told_once_and_ticks_go_on(notes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "_TICK", 0.05)
    monkeypatch.setattr(supervisor, "_STEP", 0.01)
    told: list[str] = []

    def tick() -> None:
        told.append("tick")
        if told.count("tick") == 5:
            os.kill(os.getpid(), signal.SIGINT)

    code = supervisor.run(
        [_shell("one", f"{NOTE.format(notes)} exec sleep 60")],
        on_tick=tick,
        ready=notes.exists,
        on_ready=lambda: told.append("ready"),
    )
    assert code == 0
    assert told.count("ready") == 1
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert not any(_alive(pid) for pid in _pids(notes))


def test_a_critical_program_that_never_comes_up_ends_the_run(
    notes: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(supervisor, "_FIRST_DELAY", 0.01)
    programs = [_shell("web", "exit 3"), _shell("other", f"{NOTE.format(notes)} exec sleep 60")]
    assert supervisor.run(programs, ready=lambda: False) == 1
    assert capsys.readouterr().err.splitlines()[-1] == "web does not start: giving up"
    assert not any(_alive(pid) for pid in _pids(notes))


def test_a_program_that_has_done_its_work_is_not_started_again(notes: Path) -> None:
    assert supervisor.run([_shell("once", NOTE.format(notes), critical=False)]) == 0
    assert len(_pids(notes)) == 1


def test_what_a_tick_raises_ends_the_programs_too(notes: Path) -> None:
    def tick() -> None:
        if notes.exists():
            raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        supervisor.run([_shell("one", f"{NOTE.format(notes)} exec sleep 60")], on_tick=tick)
    assert not any(_alive(pid) for pid in _pids(notes))
