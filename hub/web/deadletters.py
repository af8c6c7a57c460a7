"""Dead letters of every drain: see them, put them back to work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from hub.web.wiring import DRAINS


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """Name one row that failed for good, without its content."""

    drain: str
    id: UUID
    reason: str
    attempts: int
    since: datetime


def read(session: Session, *, limit: int | None = None) -> list[DeadLetter]:
    """Return every dead letter (the `limit` oldest of each drain), oldest first; `since` is when its row was made."""
    found = []
    for name, drain in DRAINS.items():
        model: Any = drain.model
        query = select(model.id, model.error, model.attempts).where(model.state == "dead").order_by(model.id)
        rows = session.execute(query.limit(limit))
        found += [DeadLetter(name, r.id, r.error or "", r.attempts, _made(r.id)) for r in rows]
    return sorted(found, key=lambda letter: letter.id)


def replay(session: Session, ids: Sequence[str] | None) -> int:
    """Make the dead letters `ids` (all of them when None) due again; return how many there were."""
    count = 0
    for drain in DRAINS.values():
        model: Any = drain.model
        query = update(model).where(model.state == "dead").values(state="new", attempts=0, not_before=None)
        if ids is not None:
            query = query.where(model.id.in_([UUID(i) for i in ids]))
        result: Any = session.execute(query, execution_options={"synchronize_session": False})
        count += result.rowcount
    return count


def _made(id_: UUID) -> datetime:
    return datetime.fromtimestamp((id_.int >> 80) / 1000, UTC)
