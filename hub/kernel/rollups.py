"""Counters kept by whoever does the work, in the same transaction, so that pages never scan."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import date

from sqlalchemy import BigInteger, Date, SmallInteger, Text, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from hub.kernel import bulk, clock
from hub.kernel.db import Base
from hub.kernel.labels import P0

_SLOTS = 16  # parallel writers rarely meet on one row


class Rollup(Base):
    """Hold one counter of one day, spread over slots."""

    __tablename__ = "rollup"

    metric: Mapped[str] = mapped_column(Text, primary_key=True, info=P0)
    dimension: Mapped[str] = mapped_column(Text, primary_key=True, info=P0)
    day: Mapped[date] = mapped_column(Date, primary_key=True, info=P0)
    slot: Mapped[int] = mapped_column(SmallInteger, primary_key=True, info=P0)
    n: Mapped[int] = mapped_column(BigInteger, info=P0)


def add(session: Session, counts: Mapping[tuple[str, str], int]) -> None:
    """Add `counts`, keyed by (metric, dimension), to today's counters."""
    day, slot = clock.now().date(), secrets.randbelow(_SLOTS)
    rows = [
        {"metric": metric, "dimension": dimension, "day": day, "slot": slot, "n": n}
        for (metric, dimension), n in sorted(counts.items())
        if n
    ]
    conflict = "(metric, dimension, day, slot) DO UPDATE SET n = rollup.n + excluded.n"
    bulk.insert_rows(session, Rollup, rows, conflict=conflict)


def totals(session: Session) -> dict[str, dict[str, int]]:
    """Return every counter summed over all days: metric -> dimension -> n."""
    query = select(Rollup.metric, Rollup.dimension, func.sum(Rollup.n)).group_by(Rollup.metric, Rollup.dimension)
    found: dict[str, dict[str, int]] = {}
    for metric, dimension, n in session.execute(query):
        found.setdefault(metric, {})[dimension] = int(n)
    return found
