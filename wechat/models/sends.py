"""What goes out: one row for each message to one person, the jobs of mass messages, results that came early."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Index, Integer, SmallInteger, Text, UniqueConstraint, and_, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.db import Base
from hub.kernel.labels import P0, P1, P2
from hub.kernel.work import WorkRow

_TIME = TIMESTAMP(timezone=True)


class Send(WorkRow, Base):
    """Keep one outbound message; `subject` is "appid:openid", and `error` the reason it was skipped, failed or doubted.

    `content` is ours: template ids, our own values and words. `fence` is the lane's lease under which it is `sending`.
    `person_id` is None while the OpenID is new to the pool.
    """

    __tablename__ = "send"
    __table_args__ = (
        UniqueConstraint("purpose", "dedupe_key"),
        Index("ix_send_due", "shard", "purpose", "not_before", "id", postgresql_where=text("state = 'pending'")),
        Index("ix_send_sending", "shard", postgresql_where=text("state = 'sending'")),
        Index("ix_send_msgid", "appid", "msgid", postgresql_where=text("msgid IS NOT NULL")),
        Index("ix_send_person_id", "person_id", "id"),
        Index("ix_send_campaign", "campaign", "id"),
        Index("ix_send_state", "state", "id"),
        Index("ix_send_appid", "appid", "id"),
        Index("ix_send_job_id", "job_id", postgresql_where=text("job_id IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, info=P0)
    person_id: Mapped[UUID | None] = mapped_column(info=P1)
    appid: Mapped[str] = mapped_column(Text, info=P0)
    openid: Mapped[str] = mapped_column(Text, info=P2)
    channel: Mapped[str] = mapped_column(Text, info=P0)
    purpose: Mapped[str] = mapped_column(Text, info=P0)
    content: Mapped[dict[str, Any]] = mapped_column(JSONB, info=P1)
    campaign: Mapped[str] = mapped_column(Text, info=P0)
    reference: Mapped[str] = mapped_column(Text, info=P0)
    dedupe_key: Mapped[str | None] = mapped_column(Text, info=P1)
    expires_at: Mapped[datetime | None] = mapped_column(_TIME, info=P0)
    patient_until: Mapped[datetime | None] = mapped_column(_TIME, info=P0)
    """Until then a missing allowance is waited for: the push that brings it may still be under way."""
    client_msg_id: Mapped[str] = mapped_column(Text, info=P0)
    fence: Mapped[int | None] = mapped_column(BigInteger, info=P0)
    job_id: Mapped[UUID | None] = mapped_column(info=P0)
    msgid: Mapped[str | None] = mapped_column(Text, info=P1)
    errcode: Mapped[int | None] = mapped_column(Integer, info=P0)
    detail: Mapped[str | None] = mapped_column(Text, info=P0)
    why: Mapped[dict[str, Any]] = mapped_column(JSONB, info=P1)
    created_at: Mapped[datetime] = mapped_column(_TIME, info=P1)
    first_try_at: Mapped[datetime | None] = mapped_column(_TIME, info=P1)
    sending_at: Mapped[datetime | None] = mapped_column(_TIME, info=P1)
    sent_at: Mapped[datetime | None] = mapped_column(_TIME, info=P1)
    closed_at: Mapped[datetime | None] = mapped_column(_TIME, info=P1)
    state: Mapped[str] = mapped_column(Text, default="pending", server_default="pending", info=P0)

    due: ClassVar[tuple[str, ...]] = (
        "state = 'pending' AND purpose IN ('marketing', 'service') AND not_before <= :now",
        "state = 'sending' AND job_id IS NULL AND not_before <= :now",
    )

    @classmethod
    def waiting(cls, now: datetime) -> ColumnElement[bool]:
        """Return the condition of a send that ought to go out by now; one planned for later is not behind."""
        return and_(cls.state == "pending", cls.not_before <= now)


class MassJob(Base):
    """Keep one call of mass send and what WeChat says became of it; its recipients' rows name it."""

    __tablename__ = "mass_job"
    __table_args__ = (Index("ix_mass_job_msg_id", "appid", "msg_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, info=P0)
    appid: Mapped[str] = mapped_column(Text, info=P0)
    campaign: Mapped[str] = mapped_column(Text, info=P0)
    client_msg_id: Mapped[str] = mapped_column(Text, info=P0)
    recipients: Mapped[int] = mapped_column(Integer, info=P0)
    state: Mapped[str] = mapped_column(Text, info=P0)
    msg_id: Mapped[str | None] = mapped_column(Text, info=P0)
    status: Mapped[str | None] = mapped_column(Text, info=P0)
    counts: Mapped[dict[str, Any]] = mapped_column(JSONB, info=P0)
    created_at: Mapped[datetime] = mapped_column(_TIME, info=P0)
    submitted_at: Mapped[datetime | None] = mapped_column(_TIME, info=P0)
    asked_at: Mapped[datetime | None] = mapped_column(_TIME, info=P0)
    asked: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0", info=P0)
    closed_at: Mapped[datetime | None] = mapped_column(_TIME, info=P0)


class SendResult(Base):
    """Keep what a push said of a message whose id no row of ours has yet."""

    __tablename__ = "send_result"

    appid: Mapped[str] = mapped_column(Text, primary_key=True, info=P0)
    msgid: Mapped[str] = mapped_column(Text, primary_key=True, info=P1)
    kind: Mapped[str] = mapped_column(Text, info=P0)
    status: Mapped[str] = mapped_column(Text, info=P0)
    counts: Mapped[dict[str, Any]] = mapped_column(JSONB, info=P0)
    heard_at: Mapped[datetime] = mapped_column(_TIME, info=P0)
