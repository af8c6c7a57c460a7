"""Probes: alive, ready, and the numbers behind them."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Gauge, generate_latest, multiprocess
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from hub.kernel import access, queue, settings
from hub.kernel.db import transaction
from hub.web import lag

blp = Blueprint("health", __name__)


@blp.get("/healthz")
@access.allow(access.PUBLIC)
def healthz() -> Response:
    """Say that the process answers."""
    return jsonify(status="ok")


@blp.get("/readyz")
@access.allow(access.PUBLIC)
def readyz() -> tuple[Response, int]:
    """Say whether the hub can take callbacks: the database must answer, Redis only makes it quicker."""
    checks = {"database": _database(), "redis": _redis()}
    ready = checks["database"] == "ok"
    return jsonify(status="ready" if ready else "not ready", checks=checks), 200 if ready else 503


@blp.get("/metrics")
@access.allow(access.OPERATOR)
def metrics() -> Response:
    """Show the counters of all processes and how far each drain is behind, in Prometheus' text format."""
    counters, registry = REGISTRY, CollectorRegistry()
    if settings.metrics_dir() is not None:
        counters = CollectorRegistry()
        multiprocess.MultiProcessCollector(counters)  # type: ignore[no-untyped-call]
    rows = Gauge("hub_work_due_rows", "Work rows waiting", ["drain"], registry=registry)
    age = Gauge("hub_work_oldest_seconds", "Age of the oldest work row waiting", ["drain"], registry=registry)
    dead = Gauge("hub_work_dead_rows", "Dead letters", ["drain"], registry=registry)
    for name, state in lag.read().items():
        rows.labels(name).set(state.waiting)
        age.labels(name).set(state.oldest_seconds)
        dead.labels(name).set(state.dead)
    return Response(generate_latest(counters) + generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _database() -> str:
    try:
        with transaction() as session:
            session.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        return type(error).__name__
    return "ok"


def _redis() -> str:
    try:
        queue.redis().ping()
    except (RedisError, OSError) as error:
        return type(error).__name__
    return "ok"
