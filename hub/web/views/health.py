"""Probes: alive, ready, and the numbers behind them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from flask import Blueprint, Response, jsonify
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest, multiprocess
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from hub.kernel import access, queue, settings, spool
from hub.kernel.db import transaction
from hub.web import lag
from wechat import service as wechat

blp = Blueprint("health", __name__)
_COUNTED = 100_000
"""Work rows that a scrape counts at the most, of each drain."""


@blp.get("/healthz")
@access.allow(access.PUBLIC)
def healthz() -> Response:
    """Say that the process answers."""
    return jsonify(status="ok")


@blp.get("/readyz")
@access.allow(access.PUBLIC)
def readyz() -> tuple[Response, int]:
    """Say whether the hub can take callbacks: into the database, or while that is away into this machine's spool.

    Redis only makes it quicker.
    """
    checks = {"database": _database(), "redis": _redis(), "spool": _spool()}
    if checks["database"] == "ok":
        return jsonify(status="ready", checks=checks), 200
    spooling = wechat.knows_accounts() and checks["spool"] != "broken"
    return jsonify(status="spooling" if spooling else "not ready", checks=checks), 200 if spooling else 503


@blp.get("/metrics")
@access.allow(access.OPERATOR)
def metrics() -> Response:
    """Show the counters of all processes and how far each drain is behind, in Prometheus' text format."""
    counters: CollectorRegistry = REGISTRY
    if settings.metrics_dir() is not None:
        counters = CollectorRegistry()
        multiprocess.MultiProcessCollector(counters)  # type: ignore[no-untyped-call]
    drains = CollectorRegistry()
    drains.register(_Drains())
    return Response(generate_latest(counters) + generate_latest(drains), content_type=CONTENT_TYPE_LATEST)


class _Drains(Collector):
    """Read the state of the drains from the database when asked, as no process's own gauge could tell it."""

    def collect(self) -> Iterator[Metric]:
        """Yield one gauge family for each figure; what only the database knows is missing while that is away."""
        yield from _spooled()
        up = GaugeMetricFamily("hub_database_up", "Whether the database answers")
        try:
            lags = lag.read(most=_COUNTED)
        except SQLAlchemyError:
            lags = {}
        up.add_metric([], bool(lags))
        rows = GaugeMetricFamily("hub_work_due_rows", f"Work rows waiting, counted up to {_COUNTED}", labels=["drain"])
        age = GaugeMetricFamily("hub_work_oldest_seconds", "Age of the oldest work row waiting", labels=["drain"])
        dead = GaugeMetricFamily("hub_work_dead_rows", "Dead letters", labels=["drain"])
        for name, state in lags.items():
            rows.add_metric([name], state.waiting)
            age.add_metric([name], state.oldest_seconds)
            dead.add_metric([name], state.dead)
        yield from (up, rows, age, dead)


def _spooled() -> Iterator[Metric]:
    rows = GaugeMetricFamily("hub_spool_rows", "Callbacks in this machine's spool", labels=["state"])
    with suppress(spool.SpoolBroken):
        waiting, parked = spool.local().counts()
        rows.add_metric(["waiting"], waiting)
        rows.add_metric(["set_aside"], parked)
    yield rows


def _database() -> str:
    try:
        with transaction() as session:
            session.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        return type(error).__name__
    return "ok"


def _spool() -> str:
    try:
        waiting, parked = spool.local().counts()
    except spool.SpoolBroken:
        return "broken"
    return f"{waiting} waiting, {parked} set aside" if waiting or parked else "ok"


def _redis() -> str:
    try:
        queue.redis().ping()
    except (RedisError, OSError) as error:
        return type(error).__name__
    return "ok"
