"""Import the followers of one account from a simulated WeChat in a process of its own: rate, memory, cost."""

from __future__ import annotations

import json
import multiprocessing
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import requests
from sqlalchemy import text

from bench.pushes import Account
from hub.group import service as group
from hub.kernel import settings
from hub.kernel.db import transaction
from hub.kernel.work import LANES, shard_of
from hub.web import rehearsal
from wechat import client
from wechat.jobs import drain_followers
from wechat.service import followers as service
from wechat.simulator import SimAccount, Simulator, World

_BARE_SECONDS = 5.0
_BARE_LINES = 4
_BATCH = 100
_POINTS = (0.1, 0.5, 1.0)


class NotImported(Exception):
    """The counts are not exact."""


@dataclass(frozen=True, slots=True)
class Imported:
    """Hold an import: followers a second, what the simulator gives a bare client, memory, microseconds a follower."""

    followers: int
    seconds: float
    bare_rate: float
    memory_mb: tuple[float, float, float]
    first_us: float
    last_us: float

    @property
    def rate(self) -> float:
        """Return the followers a second."""
        return self.followers / self.seconds


def measure(to: Account, count: int) -> Imported:
    """Import `count` followers in a fresh process; raise NotImported unless each is there exactly once."""
    with transaction() as session:
        account = group.account(session, to.appid)
    if account is None:
        raise NotImported(f"there is no account {to.appid}")
    with _wechat(rehearsal._simulated(account), count) as url:
        bare = _bare(url, account.appid, account.secret)
        settings.adopt(HUB_WECHAT_API=url)
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        worker = context.Process(target=_import, args=(theirs, to.appid, count))
        worker.start()
        theirs.close()
        try:
            seconds, memory, costs = ours.recv()
        finally:
            worker.join()
    _check(to.appid, count)
    return Imported(count, seconds, bare, memory, costs[0] * 1e6, costs[-1] * 1e6)


def _import(told: Connection, appid: str, count: int) -> None:
    client.clients.cache_clear()
    with transaction() as session:
        service.start_sync(session, appid)
    lane, began = shard_of(appid) % LANES, time.perf_counter()
    memory: list[float] = []
    marks = [(0, began)]
    done = threading.Event()
    watcher = threading.Thread(target=_watch, args=(appid, count, memory, marks, done))
    watcher.start()
    while True:
        drain_followers(lane)
        with transaction() as session:
            run = service.list_syncs(session, [appid])[appid][0]
        if run.state != "new":
            break
    seconds = time.perf_counter() - began
    done.set()
    watcher.join()
    memory += [_peak()] * (len(_POINTS) - len(memory))
    tenth = count / 10
    costs = [(at - before) / (n - n_before) for (n_before, before), (n, at) in zip(marks, marks[1:], strict=False)]
    told.send((seconds, tuple(memory[: len(_POINTS)]), costs or [seconds / max(1.0, tenth)]))


def _watch(appid: str, count: int, memory: list[float], marks: list[tuple[int, float]], done: threading.Event) -> None:
    """Note the peak memory at each point, and the time at each tenth."""
    while not done.wait(0.05):
        with transaction() as session:
            now = service.list_syncs(session, [appid])[appid][0].done
        if now - marks[-1][0] >= count / 10:
            marks.append((now, time.perf_counter()))
        while len(memory) < len(_POINTS) and now >= _POINTS[len(memory)] * count:
            memory.append(_peak())


def _peak() -> float:
    """Return the peak resident memory of this process in MB."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))


@contextmanager
def _wechat(account: SimAccount, count: int) -> Iterator[str]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, account, count))
    process.start()
    try:
        yield ours.recv()
    finally:
        ours.send("stop")
        process.join()


def _serve(told: Connection, account: SimAccount, count: int) -> None:
    world = World([account], daily_limits={"/cgi-bin/user/get": 10**9, "/cgi-bin/user/info/batchget": 10**9})
    world.settle(account.appid, count, scenes=("", "auto.expo25.sh"))
    with Simulator(world) as simulator:
        told.send(simulator.url)
        told.recv()


def _bare(url: str, appid: str, secret: str) -> float:
    """Return the followers a second that a client gets which only lists and asks, and keeps nothing."""
    with requests.Session() as session:
        session.trust_env = False
        asked = {"grant_type": "client_credential", "appid": appid, "secret": secret}
        token = session.post(f"{url}/cgi-bin/stable_token", json=asked).json()["access_token"]
        query = {"access_token": token}
        listed = session.get(f"{url}/cgi-bin/user/get", params=query).json()["data"]["openid"]
    until = time.perf_counter() + _BARE_SECONDS
    batches = [listed[start : start + _BATCH] for start in range(0, len(listed), _BATCH)]

    def ask(line: int) -> int:
        told = 0
        with requests.Session() as session:
            session.trust_env = False
            while time.perf_counter() < until:
                batch = batches[(line + told) % len(batches)]
                body = json.dumps({"user_list": [{"openid": o, "lang": "zh_CN"} for o in batch]})
                told += len(
                    session.post(f"{url}/cgi-bin/user/info/batchget", params=query, data=body).json()["user_info_list"]
                )
        return told

    began = time.perf_counter()
    with ThreadPoolExecutor(_BARE_LINES) as threads:
        total = sum(threads.map(ask, range(_BARE_LINES)))
    return total / (time.perf_counter() - began)


def _check(appid: str, count: int) -> None:
    with transaction() as session:
        run = service.list_syncs(session, [appid])[appid][0]
        follows = session.scalar(text("SELECT count(*) FROM activity WHERE kind = 'follow' AND properties ? 'source'"))
        linked = session.scalar(text("SELECT count(*) FROM identity_link WHERE source = 'batchget'"))
    if (run.state, run.done, run.added, follows, linked) != ("done", count, count, count, count):
        raise NotImported(
            f"{run.state}: {run.done:,} done, {run.added:,} added, {follows:,} follows, {linked:,} linked"
        )
