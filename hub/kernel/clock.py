"""The one clock: every business time in the hub is read here."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_FARTHEST = timedelta(days=36525)  # a century: beyond, dates would run out of the calendar
_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_offset = timedelta(0)


def parse_offset(text: str) -> timedelta:
    """Return the time span written as ``+31d``, ``-2h``, ``90m`` or ``30s``; raise ValueError for anything else."""
    match = re.fullmatch(r"([+-]?)(\d{1,6})([dhms])", text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a span such as +31d, -2h, 90m or 30s")
    span = timedelta(**{_UNITS[match[3]]: int(match[2])})
    if span > _FARTHEST:
        raise ValueError(f"{text!r} is more than a hundred years")
    return -span if match[1] == "-" else span


def set_offset(offset: timedelta) -> None:
    """Shift the clock of this process by `offset` (rehearsals and tests only; production refuses it at start)."""
    global _offset
    _offset = offset


def offset() -> timedelta:
    """Return how far this process's clock is shifted from the machine's."""
    return _offset


def wall() -> datetime:
    """Return the machine's own time in UTC, whatever the offset says."""
    return datetime.now(UTC)


def now() -> datetime:
    """Return the hub's time in UTC."""
    return wall() + _offset
