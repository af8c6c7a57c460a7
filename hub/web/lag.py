"""How far behind the drains are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from hub.kernel import clock
from hub.kernel.db import transaction
from hub.web.wiring import DRAINS


@dataclass(frozen=True, slots=True)
class Lag:
    """Hold the state of one drain: rows waiting, age of the oldest in seconds, dead letters."""

    waiting: int
    oldest_seconds: float
    dead: int


def read() -> dict[str, Lag]:
    """Return the lag of every drain by name."""
    with transaction() as session:
        return {name: _lag(session, drain.model) for name, drain in DRAINS.items()}


def _lag(session: Any, model: Any) -> Lag:
    open_ = model.waiting(clock.now())
    waiting = session.scalar(select(func.count()).where(open_))
    oldest = session.scalar(select(model.id).where(open_).order_by(model.id).limit(1))
    dead = session.scalar(select(func.count()).where(model.state == "dead"))
    age = clock.now().timestamp() - (oldest.int >> 80) / 1000 if oldest else 0.0
    return Lag(waiting, max(0.0, age), dead)
