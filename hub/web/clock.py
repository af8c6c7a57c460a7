"""The clock: ring every second for whatever is due, drain it here when Redis is away, and do what has its hour."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import bu_routing.jobs
import hub.pool.jobs
import privacy.jobs
import wechat.jobs
from hub.kernel import leases, metrics, queue, work
from hub.kernel.db import transaction
from hub.kernel.logs import log
from hub.web import jobs
from hub.web.api import idempotency
from hub.web.tables import ensure_partitions, fold_counters
from hub.web.wiring import DRAINS

TICK = 1.0


@dataclass(frozen=True, slots=True)
class Periodic:
    """Name something that is done every `every`, by one clock however many run."""

    name: str
    every: timedelta
    run: Callable[[], object]


PERIODIC = (
    Periodic("partitions", timedelta(hours=1), ensure_partitions),
    Periodic("counters", timedelta(hours=1), fold_counters),
    Periodic("purge", timedelta(hours=1), privacy.jobs.purge_due),
    Periodic("leases", timedelta(seconds=10), bu_routing.jobs.expire_leases),
    Periodic("unrouted", timedelta(seconds=10), bu_routing.jobs.route_unrouted),
    Periodic("idempotency", timedelta(hours=1), idempotency.forget_old),
    Periodic("sends", timedelta(seconds=10), wechat.jobs.look_after_sends),
    Periodic("logins", timedelta(minutes=5), wechat.jobs.forget_logins),
    Periodic("tickets", timedelta(minutes=5), wechat.jobs.ask_for_tickets),
    Periodic("component_pushes", timedelta(hours=6), wechat.jobs.forget_component_pushes),
    Periodic("templates", timedelta(hours=12), wechat.jobs.sync_templates),
    Periodic("menus", timedelta(seconds=10), wechat.jobs.publish_menus),
    Periodic("menus_check", timedelta(minutes=1), wechat.jobs.check_menus),
    Periodic("qrcodes", timedelta(seconds=30), wechat.jobs.make_codes),
    Periodic("compare_followers", timedelta(hours=1), wechat.jobs.compare_followers),
    Periodic("rescore", timedelta(seconds=5), hub.pool.jobs.rescore),
)


def run(stop: threading.Event) -> None:
    """Tick until `stop` is set; whatever fails is logged, and the next tick tries it again."""
    next_due = dict.fromkeys((p.name for p in PERIODIC), 0.0)
    while not stop.is_set():
        started = time.monotonic()
        bell = _Bell()
        for name in DRAINS:
            _safely(name, partial(tick, name, bell))
        for periodic in PERIODIC:
            if time.monotonic() >= next_due[periodic.name]:
                next_due[periodic.name] = time.monotonic() + periodic.every.total_seconds()
                _safely(periodic.name, partial(_in_its_hour, periodic))
        stop.wait(max(0.0, TICK - (time.monotonic() - started)))


def _safely(name: str, work: Callable[[], object]) -> None:
    try:
        work()
    except Exception as error:  # noqa: BLE001 - the clock must go on; what failed is still due at the next tick
        log.error("tick_failed", name=name, error=type(error).__name__)


class _Bell:
    """Ring until one ring fails: with Redis away, or hanging, the rest of this tick is drained without asking again."""

    def __init__(self) -> None:
        self._sounds = True

    def __call__(self, name: str, lane: int) -> bool:
        self._sounds = self._sounds and queue.ring(name, lane)
        return self._sounds


def tick(name: str, bell: Callable[[str, int], bool] = queue.ring) -> None:
    """Ring for every lane of drain `name` with due rows; drain it here and now when the bell does not sound."""
    with transaction() as session:
        lanes = work.due_lanes(session, DRAINS[name].model)
    for lane in lanes:
        if not bell(name, lane):
            metrics.DRAINED_INLINE.labels(name).inc()
            jobs.drain(name, lane)


def _in_its_hour(periodic: Periodic) -> None:
    """Do what is due, unless another clock did so a moment ago."""
    with transaction() as session:
        token = leases.acquire(session, f"clock:{periodic.name}", periodic.every * 0.9)
    if token is not None:
        periodic.run()
