"""Time partitions: made ahead, dropped whole, never deleted from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Partitioned:
    """Describe one table split by ranges of a date or timestamptz column."""

    table: str
    by: str
    """"day" or "month"."""
    behind: int
    """Partitions kept before today's; older ones are dropped when `drop_old` is set."""
    ahead: int
    drop_old: bool


def ensure(session: Session, spec: Partitioned, today: date) -> None:
    """Create the partitions of `spec` around `today` and drop those that are over."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": f"partitions:{spec.table}"})
    existing = partitions_of(session, spec.table)
    for start, end in _ranges(spec, today):
        name = _name(spec, start)
        if name not in existing:
            session.execute(
                text(f"CREATE TABLE {name} PARTITION OF {spec.table} FOR VALUES FROM ('{start}') TO ('{end}')")
            )
    if spec.drop_old:
        oldest = _name(spec, next(_ranges(spec, today))[0])
        for name in sorted(existing):
            if name < oldest:
                session.execute(text(f"DROP TABLE {name}"))


def partitions_of(session: Session, table: str) -> set[str]:
    """Return the names of the partitions that `table` has."""
    rows = session.execute(
        text("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = to_regclass(:table)"), {"table": table}
    )
    return {name for (name,) in rows}


def _ranges(spec: Partitioned, today: date) -> Iterator[tuple[date, date]]:
    if spec.by == "day":
        for step in range(-spec.behind, spec.ahead + 1):
            yield today + timedelta(days=step), today + timedelta(days=step + 1)
        return
    for step in range(-spec.behind, spec.ahead + 1):
        yield _month(today, step), _month(today, step + 1)


def _month(day: date, step: int) -> date:
    months = day.year * 12 + day.month - 1 + step
    return date(months // 12, months % 12 + 1, 1)


def _name(spec: Partitioned, start: date) -> str:
    return f"{spec.table}_{start:%Y%m%d}" if spec.by == "day" else f"{spec.table}_{start:%Y%m}"
