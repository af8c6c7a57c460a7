"""How far behind the drains are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Integer, Text, cast, column, func, select
from sqlalchemy.orm import Session

from hub.kernel import clock
from hub.kernel.db import transaction
from hub.kernel.work import SHARDS
from hub.web.wiring import DRAINS

MOST = 10_000
"""As far as rows are counted: a page that counted a long backlog would be slow just when it is looked at."""


@dataclass(frozen=True, slots=True)
class Lag:
    """Hold the state of one drain: rows waiting, age of the oldest in seconds, dead letters.

    A number as high as rows are counted means "so many or more".
    """

    waiting: int
    oldest_seconds: float
    dead: int


def read(*, most: int = MOST) -> dict[str, Lag]:
    """Return the lag of every drain by name, its rows counted up to `most`."""
    with transaction() as session:
        return {name: _lag(session, drain.model, most) for name, drain in DRAINS.items()}


def _lag(session: Session, model: Any, most: int) -> Lag:
    open_ = model.waiting(clock.now())
    waiting, oldest = _counted(session, model, open_, most)
    dead, _ = _counted(session, model, model.state == "dead", most)
    made = _oldest(session, model, open_) if waiting >= most else oldest
    age = clock.now().timestamp() - int(made.replace("-", "")[:12], 16) / 1000 if made else 0.0
    return Lag(waiting, max(0.0, age), dead)


def _counted(session: Session, model: Any, which: ColumnElement[bool], most: int) -> tuple[int, str | None]:
    """Return how many rows there are, and the least id among those that were counted."""
    found = select(model.id).where(which).limit(most).subquery()
    n, least = session.execute(select(func.count(), func.min(cast(found.c.id, Text)))).one()
    return n, least


def _oldest(session: Session, model: Any, which: ColumnElement[bool]) -> str | None:
    """Return the least id of all by one look at each shard's first row: in no index are they in one order."""
    shard = func.generate_series(0, SHARDS - 1).table_valued(column("s", Integer)).render_derived()
    first = select(model.id).where(which, model.shard == shard.c.s).order_by(model.id).limit(1).lateral()
    return session.scalar(select(cast(first.c.id, Text)).select_from(shard).order_by(first.c.id).limit(1))
