"""Runs over the followers of an account, and who was met by the one that is under way."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Date, Double, Index, Integer, SmallInteger, Text, and_, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.db import Base
from hub.kernel.labels import P0, P1, P2
from hub.kernel.work import WorkRow, due_indexes

_TIME = TIMESTAMP(timezone=True)


class FollowerSync(WorkRow, Base):
    """Keep one run over an account's followers: new -> done | stopped | dead; at most one is new for each account.

    `kind`: full (asks about everybody) or reconcile (compares counts, asks about whom we know otherwise). `phase`:
    pages (user/get), then sweep (whoever we believe to follow and was not listed is asked about). `cursor` is the
    OpenID behind which it goes on. `fence` is the lease's token with which the last step was written.
    """

    __tablename__ = "follower_sync"
    __table_args__ = (
        *due_indexes("follower_sync"),
        Index("uq_follower_sync_open", "appid", unique=True, postgresql_where=text("state = 'new'")),
        Index("ix_follower_sync_appid", "appid", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, info=P0)
    appid: Mapped[str] = mapped_column(Text, info=P0)
    kind: Mapped[str] = mapped_column(Text, info=P0)
    phase: Mapped[str] = mapped_column(Text, info=P0)
    cursor: Mapped[str] = mapped_column(Text, info=P2)
    fence: Mapped[int] = mapped_column(BigInteger, info=P0)
    total: Mapped[int] = mapped_column(Integer, info=P0)
    done: Mapped[int] = mapped_column(Integer, info=P0)
    added: Mapped[int] = mapped_column(Integer, info=P0)
    ended: Mapped[int] = mapped_column(Integer, info=P0)
    invalid: Mapped[int] = mapped_column(Integer, info=P0)
    restarts: Mapped[int] = mapped_column(SmallInteger, info=P0)
    ours_before: Mapped[int] = mapped_column(Integer, info=P0)
    ours_after: Mapped[int | None] = mapped_column(Integer, info=P0)
    calls: Mapped[int] = mapped_column(Integer, info=P0)
    """How often user/get was called on `calls_day`, Beijing's."""
    calls_day: Mapped[date] = mapped_column(Date, info=P0)
    worked: Mapped[float] = mapped_column(Double, info=P0)
    """Seconds of work, without waiting."""
    started_at: Mapped[datetime] = mapped_column(_TIME, info=P0)
    updated_at: Mapped[datetime] = mapped_column(_TIME, info=P0)
    finished_at: Mapped[datetime | None] = mapped_column(_TIME, info=P0)

    @classmethod
    def waiting(cls, now: datetime) -> ColumnElement[bool]:  # noqa: ARG003 - a run that goes on is not behind
        """Return the condition of a run that cannot go on as it should."""
        return and_(cls.state == "new", cls.attempts > 0)


class FollowerSeen(Base):
    """Remember that a run met an identity that was known before, until the run ends."""

    __tablename__ = "follower_seen"

    run_id: Mapped[UUID] = mapped_column(primary_key=True, info=P0)
    identity_id: Mapped[UUID] = mapped_column(primary_key=True, info=P1)
