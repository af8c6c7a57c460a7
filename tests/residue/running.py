"""A hub as an operator runs it: one `hub up` on private engines, with a simulated WeChat behind it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import requests
from redis import Redis

from hub.group import service as group
from hub.kernel import settings
from hub.kernel.db import transaction
from hub.web import groupfile, migrating
from hub.web.engines.shared import engines
from tests.sample import apply_sample, sim_account
from tests.web.databases import environment
from wechat.simulator import Simulator, World

ROOT = Path(__file__).parents[2]
APPID = "wx1d00000000000001"


@dataclass(frozen=True, slots=True)
class Installation:
    """Hold one installation: where it keeps its files, how its engines are reached, its API keys."""

    data_dir: Path
    log: Path
    conninfo: str
    redis_url: str
    keys: dict[str, str]
    world: World
    wechat: str

    def hub(self, *words: str, **variables: str) -> subprocess.Popen[bytes]:
        """Start a `hub` command with nothing set but where its files are; what it writes goes to the log."""
        plain = {name: value for name, value in settings.environment().items() if not name.startswith("HUB_")}
        env = plain | {"HUB_DATA_DIR": str(self.data_dir), "HUB_WECHAT_API": self.wechat, **variables}
        with self.log.open("ab") as log:
            argv = [sys.executable, "-m", "hub", *words]
            return subprocess.Popen(argv, cwd=ROOT, env=env, stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def sql(self, query: str) -> list[tuple[Any, ...]]:
        """Return what the database answers to `query`."""
        with psycopg.connect(self.conninfo, autocommit=True) as connection:
            cursor = connection.execute(query)  # type: ignore[call-overload]
            return cursor.fetchall() if cursor.description else []

    def redis(self) -> Redis:
        """Return a connection to the installation's Redis."""
        return Redis.from_url(self.redis_url)


@contextmanager
def installed(folder: Path) -> Iterator[Installation]:
    """Yield an installation of the sample group in `folder`; its engines run until the end."""
    data_dir = folder / "hub"
    with engines(data_dir) as urls:
        own = {"HUB_DATABASE_URL": urls.database_url, "HUB_DATA_DIR": str(data_dir)}
        with environment(HUB_ENV="development", HUB_SECRET_KEY="", HUB_KEYSTORE="", **own):
            migrating.upgrade()
            apply_sample(groupfile.demo().encode())
            with transaction() as session:
                keys = {bu: group.create_key(session, name="test", bu=bu) for bu in ("automation", "power")}
                keys["minisite"] = group.create_key(session, name="test", touchpoint="minisite")
            account = sim_account(APPID)
        conninfo = urls.database_url.replace("+psycopg", "")
        with Simulator(World([account])) as wechat:
            yield Installation(data_dir, folder / "hub.log", conninfo, urls.redis_url, keys, wechat.world, wechat.url)


@contextmanager
def serving(place: Installation) -> Iterator[tuple[str, int]]:
    """Yield the address and the process number of a `hub up` of the installation; end it in good order."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = place.hub("up", "--port", str(port), "--web-workers", "1")
    try:
        base = f"http://127.0.0.1:{port}"
        until(lambda: answers(base), 60)
        yield base, process.pid
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)
    assert process.returncode == 0


def answers(base: str) -> bool:
    """Tell whether the hub is ready."""
    try:
        return requests.get(f"{base}/readyz", timeout=2).ok
    except requests.RequestException:
        return False


def until(holds: Callable[[], object], seconds: float = 30) -> None:
    """Wait until something holds, asking it again and again; fail after `seconds`."""
    give_up = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < give_up, "waited in vain"
        time.sleep(0.05)


def worker_of(supervisor: int) -> int | None:
    """Return the process number of the worker that a `hub up` started."""
    shown = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    for line in shown.splitlines():
        pid, parent, args = line.split(None, 2)
        if int(parent) == supervisor and args.endswith(" hub worker"):
            return int(pid)
    return None


def kill_worker(supervisor: int) -> None:
    """Kill the worker of a `hub up` in the middle of whatever it does, and wait for the next one."""
    pid = worker_of(supervisor)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    until(lambda: worker_of(supervisor) not in {None, pid})
