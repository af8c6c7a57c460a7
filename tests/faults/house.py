"""One hub of the tests' own, run as a user would run it: `python -m hub up`, in a data directory of its own."""

from __future__ import annotations

import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from hub.kernel import settings
from hub.web.engines import place, postgres, server, valkey
from tests.faults import processes
from tests.faults.processes import Process, wait_until

ROOT = Path(__file__).parents[2]
GROUP_FILE = Path(__file__).parent / "group.yaml"
_LOST = ("HUB_", "PROMETHEUS_", "PG")  # what this suite's own hub, or its caller, has set


@dataclass
class House:
    """Hold one data directory, the hub that runs in it, and the way to its database."""

    data_dir: Path
    database_url: str = ""  # the machine's; "" for an embedded one
    port: int = field(default_factory=lambda: free_port())
    up: subprocess.Popen[bytes] | None = None
    seeded: bool = False

    @property
    def base(self) -> str:
        """Return the hub's address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def redis_url(self) -> str:
        """Return the address of the hub's own Valkey, which no other hub uses."""
        return valkey.url(place.prepare(self.data_dir))

    def environment(self) -> Mapping[str, str]:
        """Return what a user's shell would have set: the data directory, and the machine's database if that is used."""
        kept = {name: value for name, value in settings.environment().items() if not name.startswith(_LOST)}
        given = {"HUB_DATABASE_URL": self.database_url} if self.database_url else {}
        return {
            **kept,
            **given,
            "HUB_DATA_DIR": str(self.data_dir),
            "HUB_WECHAT_API": "http://127.0.0.1:9",
            "HUB_API_RATE": "0",
        }

    def run(self, *words: str) -> subprocess.Popen[bytes]:
        """Start `hub` with `words`, in a session of its own, writing to the house's log."""
        return self.program(sys.executable, "-m", "hub", *words)

    def program(self, *argv: str, **pipes: int) -> subprocess.Popen[bytes]:
        """Start any program in the hub's environment."""
        with self.log.open("ab") as log:
            streams = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log} | pipes
            return subprocess.Popen(argv, cwd=ROOT, env=self.environment(), start_new_session=True, **streams)  # type: ignore[call-overload, no-any-return]

    @property
    def log(self) -> Path:
        """Return the file with what the hub's processes wrote to stdout and stderr."""
        return self.data_dir.with_suffix(".log")

    def start(self, *words: str) -> None:
        """Run `hub up` (with `words`) and return once it takes callbacks."""
        self.up = self.run("up", "--port", str(self.port), *words)
        self.ready()
        if not self.seeded:
            assert self.run("apply", str(GROUP_FILE)).wait(90) == 0
            self.seeded = True

    def ready(self) -> None:
        """Wait until the hub that was started serves."""

        def serves() -> bool:
            assert self.up is not None
            assert self.up.poll() is None, f"`hub up` ended with {self.up.returncode}"
            return self.answers("/readyz")

        wait_until("the hub is ready", serves, 90, every=0.1)

    def answers(self, path: str) -> bool:
        """Tell whether the hub answers `path` with 200."""
        try:
            with urllib.request.urlopen(f"{self.base}{path}", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def metric(self, name: str) -> float:
        """Return the sum of a counter over all labels and processes, as /metrics shows it."""
        with urllib.request.urlopen(f"{self.base}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith((f"{name} ", f"{name}{{")))

    def everything(self) -> list[Process]:
        """Return every process of this house, engines and their own children included."""
        found = place.prepare(self.data_dir)
        return processes.belonging((str(self.data_dir), str(found.run), f"postgres: hub-{found.digest}"))

    def programs(self, *roles: str) -> list[Process]:
        """Return the processes that run one of the hub's commands `roles`."""
        return [process for process in self.everything() if process.role in roles]

    def engine_pids(self) -> list[int]:
        """Return the process numbers of the hub's own servers (not of their children)."""
        found = place.prepare(self.data_dir)
        servers = [valkey.server(found)] + ([] if self.database_url else [postgres.server(found)])
        return [pid for one in servers if (pid := server.running(one)) is not None]

    def kill(self) -> None:
        """Kill every process of this house, and whatever one of them still managed to start."""
        while found := self.everything():
            processes.send(signal.SIGKILL, [process.pid for process in found])
            time.sleep(0.01)
        self.bury()

    def bury(self) -> None:
        """Wait for `hub up`, which was killed or told to end."""
        if self.up is not None:
            self.up.wait(15)
            self.up = None

    @contextmanager
    def database(self) -> Iterator[psycopg.Connection]:
        """Open the hub's database, each statement a transaction of its own."""
        url = self.database_url or postgres.url(place.prepare(self.data_dir))
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True, connect_timeout=3) as connection:
            yield connection

    def tail(self) -> str:
        """Return the last lines of the log, and what runs."""
        lines = self.log.read_text("utf-8", "replace").splitlines()[-60:] if self.log.exists() else []
        running = [f"{process.pid} {' '.join(process.argv)[:100]}" for process in self.everything()]
        return "\n".join([*lines, "--- still running:", *running])


def free_port() -> int:
    """Return a port that nothing listens on, and that no outgoing connection is ever given while the hub is down."""
    while True:
        port = 20000 + secrets.randbelow(10000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
