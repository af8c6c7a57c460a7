"""How fast one worker turns the inbox into people, scores, MQLs and leads."""

from __future__ import annotations

import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from sqlalchemy import text

from bench.pushes import Account, documents
from hub.kernel import clock, work
from hub.kernel.db import transaction
from hub.kernel.outbox import FactRow
from hub.web import jobs
from wechat import rules
from wechat.models import Callback
from wechat.service import account_keys, receiving

_BATCH = 1000


class NotDrained(Exception):
    """Rows were left behind, or died."""


@dataclass(frozen=True, slots=True)
class Drained:
    """Hold how many rows one process settled, and the seconds each part took."""

    callbacks: int
    callback_seconds: float
    facts: int
    fact_seconds: float

    @property
    def rate(self) -> float:
        """Return the callbacks a second, from the inbox to leads."""
        return self.callbacks / (self.callback_seconds + self.fact_seconds)


def measure(to: Account, count: int) -> Drained:
    """Empty the inbox, fill it anew, and let one fresh process drain it."""
    with transaction() as session:
        session.execute(text("TRUNCATE callback"))
    fill(to, count)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as worker:
        result = worker.submit(drain_all).result()
    with transaction() as session:
        left = session.scalar(text("SELECT count(*) FROM callback WHERE state <> 'done'"))
        left += session.scalar(text("SELECT count(*) FROM fact WHERE state <> 'done'"))
    if left or result.callbacks != count:
        raise NotDrained(f"{left} rows are not done")
    return result


def fill(to: Account, count: int) -> None:
    """Store `count` callbacks by the hub's own way in, from the parsed document on."""
    keys = account_keys(to.appid)
    envelopes = [rules.read_envelope(keys, document) for _, document in documents(to, count)]
    for start in range(0, count, _BATCH):
        with transaction() as session:
            rows = [receiving._row(envelope, clock.now()) for envelope in envelopes[start : start + _BATCH]]
            receiving._store(session, rows)


def drain_all() -> Drained:
    """Drain the callbacks, then the facts they made, in this process, lane by lane as the bell tells a worker to."""
    with transaction() as session:
        session.execute(text("SELECT 1"))
    callbacks, callback_seconds = _drain(Callback.__tablename__)
    facts, fact_seconds = _drain(FactRow.__tablename__)
    return Drained(callbacks, callback_seconds, facts, fact_seconds)


def _drain(name: str) -> tuple[int, float]:
    started, total = time.perf_counter(), 0
    while settled := sum(jobs.drain(name, lane) for lane in range(work.LANES)):
        total += settled
    return total, time.perf_counter() - started
