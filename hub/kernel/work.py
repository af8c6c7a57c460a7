"""Work rows: what must happen, claimed in batches, in order per subject, isolated when one row is poisoned."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, TypeVar

from sqlalchemy import ColumnElement, Index, SmallInteger, Text, func, text, update
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Mapped, Session, mapped_column

from hub.kernel import clock, metrics
from hub.kernel.labels import P0, P2
from hub.kernel.logs import log

SHARDS = 64
LANES = 8
MAX_ATTEMPTS = 8
_BACKOFF = [timedelta(seconds=s) for s in (1, 5, 30, 120, 600, 3600, 14400, 43200)]


class WorkRow:
    """Give a table the columns of a work queue: new -> done | dead, in order per subject."""

    shard: Mapped[int] = mapped_column(SmallInteger, info=P0)
    subject: Mapped[str] = mapped_column(Text, info=P2)
    state: Mapped[str] = mapped_column(Text, default="new", server_default="new", info=P0)
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0", info=P0)
    not_before: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True), info=P0)
    error: Mapped[str | None] = mapped_column(Text, info=P0)

    due: ClassVar[tuple[str, ...]] = ("state = 'new' AND (not_before IS NULL OR not_before <= :now)",)
    """SQL of rows that may be worked on now, each condition for an index; a table with own states says its own."""

    @classmethod
    def waiting(cls, now: datetime) -> ColumnElement[bool]:  # noqa: ARG003 - others ask what is due by then
        """Return the condition of a row that waits to be worked on, for whoever shows how far behind the work is."""
        return cls.state == "new"


Row = TypeVar("Row")
Handler = Callable[[Session, Sequence[Row]], None]


def due_indexes(table: str) -> tuple[Index, Index, Index]:
    """Return the indexes that draining `table` rests on: rows due, the few that wait after a failure, the dead."""
    return (
        Index(f"ix_{table}_due", "shard", "id", postgresql_where=text("state = 'new'")),
        Index(f"ix_{table}_waiting", "shard", postgresql_where=text("state = 'new' AND attempts > 0")),
        Index(f"ix_{table}_dead", "id", postgresql_where=text("state = 'dead'")),
    )


def shard_of(subject: str) -> int:
    """Return the shard (0-63) in which everything about `subject` is handled, in order."""
    return zlib.crc32(subject.encode()) % SHARDS


def shards_of(lane: int) -> list[int]:
    """Return the shards of a lane, or of half a lane (see `halves`)."""
    return list(range(lane, SHARDS, LANES) if lane < LANES else range(lane - LANES, SHARDS, 2 * LANES))


def halves(lane: int) -> tuple[int, int]:
    """Return the two half lanes of `lane`, for two threads that share its backlog: no subject is in both."""
    return LANES + lane, 2 * LANES + lane


def backoff(attempt: int) -> timedelta:
    """Return how long a row waits after its `attempt`-th failure (1-based)."""
    return _BACKOFF[min(attempt, len(_BACKOFF)) - 1]


def due_lanes(session: Session, model: Any) -> list[int]:
    """Return the lanes of `model` that hold rows due now; one index probe per shard, however long the backlog."""
    found = " OR ".join(
        f"EXISTS (SELECT 1 FROM {model.__tablename__}"
        f" WHERE shard = ANY (ARRAY(SELECT generate_series(lane, :last_shard, :lanes))) AND {condition})"
        for condition in model.due
    )
    query = text(f"SELECT lane FROM generate_series(0, :last_lane) AS lane WHERE {found}")
    values = {"last_lane": LANES - 1, "last_shard": SHARDS - 1, "lanes": LANES, "now": clock.now()}
    return list(session.scalars(query, values))


def drain(session: Session, model: type[Row], lane: int, handler: Handler[Row], *, batch: int = 1000) -> int:
    """Handle one batch of a lane's due rows in this transaction; return how many rows were settled.

    One drain at a time works on a shard (advisory locks). A row that fails waits with backoff while later rows of its
    subject wait behind it; after eight failures it is dead and the subject goes on.
    """
    shards = _lock_shards(session, model, lane)
    rows = _claim(session, model, shards, batch) if shards else []
    if not rows:
        return 0
    done: list[Row] = []
    _handle(session, model, rows, handler, done, set())
    _finish(session, model, done)
    return len(rows)


def interrupted(error: Exception) -> bool:
    """Tell whether `error` is a deadlock or a lost connection: it says nothing about the rows, all are tried again."""
    return isinstance(error, DBAPIError) and (isinstance(error, OperationalError) or error.connection_invalidated)


def _lock_shards(session: Session, model: Any, lane: int) -> list[int]:
    query = text(
        "SELECT s FROM unnest(cast(:shards AS int[])) AS s WHERE pg_try_advisory_xact_lock(hashtext(:table), s)"
    )
    return [s for (s,) in session.execute(query, {"shards": shards_of(lane), "table": model.__tablename__})]


def _claim(session: Session, model: Any, shards: list[int], batch: int) -> list[Any]:
    """Take the oldest due rows of each shard; order matters within a shard only, so no sort meets the backlog."""
    table = model.__tablename__
    waiting = text(
        f"SELECT subject FROM {table} WHERE shard = ANY (:shards) AND state = 'new' AND attempts > 0"
        " AND not_before > :now"
    )
    now = clock.now()
    subjects = list(session.scalars(waiting, {"shards": shards, "now": now}))
    # By name: a column that a revision added stands last in the table, wherever the model has it.
    wanted = ", ".join(f"r.{column.name}" for column in model.__table__.columns)
    query = text(
        f"SELECT {wanted} FROM unnest(cast(:shards AS int[])) AS s, LATERAL ("
        f" SELECT * FROM {table} WHERE shard = s AND state = 'new' AND (not_before IS NULL OR not_before <= :now)"
        " AND NOT subject = ANY (cast(:subjects AS text[])) ORDER BY id LIMIT :each FOR UPDATE SKIP LOCKED) AS r"
    )
    values = {"shards": shards, "now": now, "subjects": subjects, "each": max(1, batch // len(shards))}
    return list(session.execute(query.columns(*model.__table__.columns), values))


def _handle(
    session: Session, model: Any, rows: list[Row], handler: Handler[Row], done: list[Row], blocked: set[str]
) -> None:
    rows = [row for row in rows if row.subject not in blocked]  # type: ignore[attr-defined]
    if not rows:
        return
    try:
        with session.begin_nested():
            handler(session, rows)
        done += rows
    except Exception as error:  # noqa: BLE001 - a job's edge: the poisoned row is found by halving and parked
        if interrupted(error):
            raise
        if len(rows) == 1:
            blocked.add(rows[0].subject)  # type: ignore[attr-defined]
            _fail(session, model, rows[0], error)
            return
        middle = len(rows) // 2
        _handle(session, model, rows[:middle], handler, done, blocked)
        _handle(session, model, rows[middle:], handler, done, blocked)


def _finish(session: Session, model: Any, rows: Sequence[Any]) -> None:
    if rows:
        keys = [row.id for row in rows]
        days = {row.day for row in rows} if hasattr(model, "day") else None
        query = update(model).where(model.id == func.any(keys)).values(state="done", error=None)
        if days is not None:
            query = query.where(model.day.in_(sorted(days)))
        session.execute(query, execution_options={"synchronize_session": False})
        metrics.WORK.labels(model.__tablename__, "done").inc(len(rows))


def _fail(session: Session, model: Any, row: Any, error: Exception) -> None:
    attempts = row.attempts + 1
    dead = attempts >= MAX_ATTEMPTS
    values = {
        "attempts": attempts,
        "state": "dead" if dead else "new",
        "not_before": clock.now() + backoff(attempts),
        "error": type(error).__name__,
    }
    session.execute(
        update(model).where(model.id == row.id).values(**values), execution_options={"synchronize_session": False}
    )
    metrics.WORK.labels(model.__tablename__, "dead" if dead else "failed").inc()
    log.warning("work_failed", table=model.__tablename__, id=str(row.id), attempt=attempts, error=type(error).__name__)
