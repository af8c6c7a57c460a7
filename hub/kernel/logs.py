"""Structured logs that cannot hold personal data: only known keys with short, plain values pass."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from hub.kernel import metrics

ALLOWED = frozenset(
    [
        "event",
        "level",
        "timestamp",
        "table",
        "id",
        "appid",
        "reason",
        "attempt",
        "error",
        "count",
        "drain",
        "lane",
        "seconds",
        "day",
        "name",
        "kind",
        "status",
        "method",
        "route",
        "outcome",
        "account",
        "rows",
        "version",
        "state",
        "path",
        "port",
        "pid",
        "exit",
        "errcode",
        "api",
        "programs",
        "bu",
        "lead",
        "sqlstate",
    ]
)
_MAX = 120


def _allow_list(_logger: Any, _name: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    kept: dict[str, Any] = {}
    for key, value in entry.items():
        if key in ALLOWED and isinstance(value, str | int | float | bool | None):
            kept[key] = value[:_MAX] if isinstance(value, str) else value
        else:
            metrics.LOG_KEYS_DROPPED.inc()
    return kept


def _stamp(_logger: Any, _name: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    from hub.kernel import clock

    entry["timestamp"] = clock.now().isoformat(timespec="milliseconds")
    return entry


class _Stderr:
    """Write to whatever stderr is at the time of the call, so that redirected streams are honoured."""

    def write(self, text: str) -> None:
        sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        _stamp,
        _allow_list,
        structlog.processors.JSONRenderer(),  # ASCII: no line separator of any alphabet splits an entry
    ],
    wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    logger_factory=structlog.PrintLoggerFactory(_Stderr()),  # type: ignore[arg-type]
    cache_logger_on_first_use=False,
)

log = structlog.get_logger()
