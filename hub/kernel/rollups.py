"""Counters kept by whoever does the work, in the same transaction, so that pages never scan."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from sqlalchemy import BigInteger, Date, SmallInteger, Text, event, func, select, text
from sqlalchemy.orm import Mapped, Session, SessionTransaction, mapped_column

from hub.kernel import bulk, clock
from hub.kernel.db import Base
from hub.kernel.labels import P0

_SLOTS = 16  # parallel writers rarely meet on one row
_PENDING = "rollups"
_EVER = date(1, 1, 1)
"""The day under which each counter's folded days are summed up."""


class Rollup(Base):
    """Hold one counter of one day, spread over slots, and in one row the sum of its days that were folded."""

    __tablename__ = "rollup"

    metric: Mapped[str] = mapped_column(Text, primary_key=True, info=P0)
    dimension: Mapped[str] = mapped_column(Text, primary_key=True, info=P0)
    day: Mapped[date] = mapped_column(Date, primary_key=True, info=P0)
    slot: Mapped[int] = mapped_column(SmallInteger, primary_key=True, info=P0)
    n: Mapped[int] = mapped_column(BigInteger, info=P0)


class RollupDay(Base):
    """Hold what one counter came to on one day that was folded, for whoever asks day by day."""

    __tablename__ = "rollup_day"

    metric: Mapped[str] = mapped_column(Text, primary_key=True, info=P0)
    dimension: Mapped[str] = mapped_column(Text, primary_key=True, info=P0)
    day: Mapped[date] = mapped_column(Date, primary_key=True, info=P0)
    n: Mapped[int] = mapped_column(BigInteger, info=P0)


def add(session: Session, counts: Mapping[tuple[str, str], int]) -> None:
    """Add `counts`, keyed by (metric, dimension), to today's counters when this transaction commits.

    They are written last, together and in one order: counters are what every transaction shares, and locking them early
    and piecemeal would make transactions wait for one another in circles. A savepoint that is rolled back takes its
    counts along.
    """
    session.info.setdefault(_PENDING, []).append((session.get_nested_transaction(), dict(counts)))


@event.listens_for(Session, "before_commit")
def write_pending(session: Session) -> None:
    """Write the counts that wait in `session`, unless only a savepoint ends."""
    if not session.in_nested_transaction():
        _write(session)


def _write(session: Session) -> None:
    total: Counter[tuple[str, str]] = Counter()
    for _, counts in session.info.pop(_PENDING, ()):
        total.update(counts)
    day, slot = clock.now().date(), secrets.randbelow(_SLOTS)
    rows = [
        {"metric": metric, "dimension": dimension, "day": day, "slot": slot, "n": n}
        for (metric, dimension), n in sorted(total.items())
        if n
    ]
    conflict = "(metric, dimension, day, slot) DO UPDATE SET n = rollup.n + excluded.n"
    bulk.insert_rows(session, Rollup, rows, conflict=conflict)


@event.listens_for(Session, "after_soft_rollback")
def _forget(session: Session, ended: SessionTransaction) -> None:
    pending = session.info.get(_PENDING, [])
    session.info[_PENDING] = [(at, counts) for at, counts in pending if not _within(at, ended)]


def _within(transaction: SessionTransaction | None, ended: SessionTransaction) -> bool:
    if not ended.nested:
        return True
    while transaction is not None and transaction is not ended:
        transaction = transaction.parent
    return transaction is ended


def totals(session: Session) -> dict[str, dict[str, int]]:
    """Return every counter summed over all days, this transaction's own included: metric -> dimension -> n.

    It reads the days that are not folded and one row for each counter, however many days there were.
    """
    _write(session)
    query = select(Rollup.metric, Rollup.dimension, func.sum(Rollup.n)).group_by(Rollup.metric, Rollup.dimension)
    found: dict[str, dict[str, int]] = {}
    for metric, dimension, n in session.execute(query):
        found.setdefault(metric, {})[dimension] = int(n)
    return found


def of(session: Session, metrics: Sequence[str], dimensions: Sequence[str]) -> dict[tuple[str, str], int]:
    """Return the counters of `metrics` for the `dimensions` asked for, summed over all days."""
    _write(session)
    query = (
        select(Rollup.metric, Rollup.dimension, func.sum(Rollup.n))
        .where(Rollup.metric.in_(list(metrics)), Rollup.dimension.in_(list(dimensions)))
        .group_by(Rollup.metric, Rollup.dimension)
    )
    return {(metric, dimension): int(n) for metric, dimension, n in session.execute(query)}


def series(session: Session, metrics: Sequence[str], since: date) -> dict[tuple[str, str], dict[date, int]]:
    """Return the counters of `metrics` day by day from `since` on: (metric, dimension) -> day -> n, no day of zero."""
    _write(session)
    open_, folded = (
        select(table.metric, table.dimension, table.day, table.n).where(
            table.metric.in_(list(metrics)), table.day >= max(since, _EVER + timedelta(days=1))
        )
        for table in (Rollup, RollupDay)
    )
    days = open_.union_all(folded).subquery()
    key = (days.c.metric, days.c.dimension, days.c.day)
    query = select(*key, func.sum(days.c.n)).group_by(*key)
    found: dict[tuple[str, str], dict[date, int]] = {}
    for metric, dimension, day, n in session.execute(query):
        found.setdefault((metric, dimension), {})[day] = int(n)
    return found


def fold(session: Session) -> bool:
    """Fold the oldest day before yesterday that is not folded; tell whether there was one.

    Its slots become one row of `rollup_day`, and the same numbers go into the counters' rows of all days, in one
    statement: no reader sees them twice or not at all. Who counts on such a day later opens a slot anew.
    """
    before = clock.now().date() - timedelta(days=1)
    day = session.scalar(select(func.min(Rollup.day)).where(Rollup.day > _EVER, Rollup.day < before))
    if day is not None:
        session.execute(_FOLD, {"day": day, "ever": _EVER})
    return day is not None


_FOLD = text("""
WITH gone AS (DELETE FROM rollup WHERE day = :day RETURNING metric, dimension, n),
summed AS (SELECT metric, dimension, sum(n) AS n FROM gone GROUP BY metric, dimension),
kept AS (
  INSERT INTO rollup_day (metric, dimension, day, n)
  SELECT metric, dimension, cast(:day AS date), n FROM summed ORDER BY metric, dimension
  ON CONFLICT (metric, dimension, day) DO UPDATE SET n = rollup_day.n + excluded.n
)
INSERT INTO rollup (metric, dimension, day, slot, n)
SELECT metric, dimension, cast(:ever AS date), 0, n FROM summed ORDER BY metric, dimension
ON CONFLICT (metric, dimension, day, slot) DO UPDATE SET n = rollup.n + excluded.n
""")
