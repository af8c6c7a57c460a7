"""How fast sends go out to the simulated WeChat, within its quotas, and whether each arrived once."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection

from sqlalchemy import text

from bench.pushes import Account
from hub.group import service as group
from hub.kernel import clock, settings, work
from hub.kernel.db import transaction
from hub.web import jobs
from wechat import client
from wechat.rules.reach import Act, Ledger, fold
from wechat.service import NewSend, ledgers, queue_sends
from wechat.simulator import SimAccount, Simulator, World

_BATCH, _WORKERS = 1_000, 2
_TEMPLATE = "tplReminder-0001"
_DATA = {"thing2": "展会提醒", "time3": "2030-03-19 10:00"}


class NotSent(Exception):
    """A send was left behind, doubled, or did not arrive."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Hold how many templates went out to as many followers, and the seconds to queue and to send them."""

    sends: int
    queue_seconds: float
    send_seconds: float


def measure(to: Account, count: int) -> Sent:
    """Queue a campaign of templates to `count` followers and let two worker processes send it."""
    with transaction() as session:
        session.execute(text("TRUNCATE send, reach, api_quota, send_result"))
        found = group.account(session, to.appid)
    if found is None or found.kind != "service":
        raise NotSent("the sample group has no service account to send by")
    kept = {name: getattr(found, name) for name in ("appid", "original_id", "mode", "token", "aes_key", "secret")}
    account = SimAccount(kind="service", open_platform="", **kept)
    with _wechat(account, count) as (url, ask):
        settings.adopt(HUB_WECHAT_API=url)
        client.clients.cache_clear()
        openids = _followers(account, count)
        queue_seconds = _queue(account.appid, openids)
        started = time.perf_counter()
        with ProcessPoolExecutor(_WORKERS, mp_context=multiprocessing.get_context("spawn")) as workers:
            list(workers.map(send_all, range(_WORKERS)))
        send_seconds = time.perf_counter() - started
        _check(count, ask)
    return Sent(count, queue_seconds, send_seconds)


def send_all(offset: int) -> None:
    """Send what waits, beginning with another lane than the other workers do."""
    lanes = [(lane + offset * work.LANES // _WORKERS) % work.LANES for lane in range(work.LANES)]
    while sum(jobs.drain("send", lane) for lane in lanes):
        pass


def _followers(account: SimAccount, count: int) -> list[str]:
    """Return the OpenIDs of the crowd, whose follows the ledger knows."""
    world, now = World([account]), clock.now().timestamp()
    openids = [world.openid(account.appid, person) for person in range(count)]
    followed = fold(Ledger(), Act("follow", now))
    for start in range(0, count, _BATCH):
        with transaction() as session:
            ledgers.write(session, {(account.appid, o): followed for o in openids[start : start + _BATCH]})
    return openids


def _queue(appid: str, openids: list[str]) -> float:
    made = NewSend(
        appid=appid,
        openid="",
        channel="template",
        content={"template_id": _TEMPLATE, "data": _DATA},
        purpose="marketing",
        campaign="bench",
    )
    started = time.perf_counter()
    for start in range(0, len(openids), _BATCH):
        numbered = enumerate(openids[start : start + _BATCH], start)
        with transaction() as session:
            queue_sends(session, [replace(made, openid=o, dedupe_key=f"bench:{n}") for n, o in numbered])
    return time.perf_counter() - started


def _check(count: int, ask: Connection) -> None:
    ask.send("count")
    people, most = ask.recv()
    with transaction() as session:
        sent = session.scalar(text("SELECT count(*) FROM send WHERE state = 'sent'"))
    if (sent, people, most) != (count, count, 1):
        raise NotSent(f"{sent} of {count} sent, {people} people reached, one of them {most} times")


@contextmanager
def _wechat(account: SimAccount, people: int) -> Iterator[tuple[str, Connection]]:
    """Run a simulated WeChat with so many followers in a process of its own; yield its address and a line to it."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(account, people, theirs), daemon=True)
    process.start()
    try:
        yield ours.recv(), ours
    finally:
        process.terminate()
        process.join()


def _serve(account: SimAccount, people: int, line: Connection) -> None:
    world = World([account])
    for person in range(people):
        world.follow(account.appid, world.openid(account.appid, person))
    with Simulator(world) as simulator:
        line.send(simulator.url)
        while line.recv() == "count":
            received = world.outbox.received.values()
            line.send((len(received), max(received, default=0)))
