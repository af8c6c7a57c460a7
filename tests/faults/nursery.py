"""A place where `hub worker` processes are born within milliseconds, so that a test can kill one after the other.

Run as a program it imports the hub once and forks a worker for each line it reads, answering with its number.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.faults.house import House


class Nursery:
    """Talk to the program below."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def worker(self) -> int:
        """Return the process number of a newly born worker."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(b"\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


@contextmanager
def nursery(house: House) -> Iterator[Nursery]:
    """Yield a nursery that is getting ready; it ends afterwards, its workers must have been ended before."""
    process = house.program(sys.executable, "-m", __name__, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with process:
        yield Nursery(process)


def main() -> None:
    """Fork a worker for each line of stdin."""
    from hub.web import worker  # noqa: F401 - what the command below would import
    from hub.web.cli import cli, run  # noqa: F401 - likewise

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the dead
    for _ in sys.stdin:
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.dup2(os.open(os.devnull, os.O_RDWR), 0)
            os.dup2(2, 1)
            cli(["worker"], prog_name="hub")
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
