"""The inbox of callbacks, and the OpenIDs whose UnionID must be looked up."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Date, Index, LargeBinary, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.db import Base
from hub.kernel.labels import P0, P1, P2, P3T
from hub.kernel.partitions import Partitioned
from hub.kernel.work import WorkRow, due_indexes


class Callback(WorkRow, Base):
    """Keep one delivery from WeChat: clear facts and, sealed, whatever a person wrote.

    `day` is the day of WeChat's own CreateTime, which a redelivery repeats: so the dedupe key stays unique across
    midnight although the table is partitioned by day.
    """

    __tablename__ = "callback"
    __table_args__ = (
        UniqueConstraint("day", "dedupe_key"),
        *due_indexes("callback"),
        {"postgresql_partition_by": "RANGE (day)"},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, info=P0)
    day: Mapped[date] = mapped_column(Date, primary_key=True, info=P0)
    dedupe_key: Mapped[bytes] = mapped_column(LargeBinary, info=P0)
    appid: Mapped[str] = mapped_column(Text, info=P0)
    msg_type: Mapped[str] = mapped_column(Text, info=P0)
    event: Mapped[str] = mapped_column(Text, info=P0)
    known: Mapped[bool] = mapped_column(Boolean, info=P0)
    occurred_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), info=P1)
    received_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), info=P1)
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, info=P2)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary, info=P3T)
    sealed_epoch: Mapped[date | None] = mapped_column(Date, info=P0)
    reply: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True), info=P0)
    """What it was answered with, of our own words, so that a repeated delivery is answered the same."""


CALLBACK_PARTITIONS = Partitioned("callback", "day", behind=14, ahead=14, drop_old=True)


class UnionidLookup(WorkRow, Base):
    """Remember that the UnionID of an OpenID is to be asked for."""

    __tablename__ = "unionid_lookup"
    __table_args__ = (
        UniqueConstraint("appid", "openid"),
        *due_indexes("unionid_lookup"),
        Index("ix_unionid_lookup_appid", "appid", "id", postgresql_where=text("state = 'new'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, info=P0)
    appid: Mapped[str] = mapped_column(Text, info=P0)
    openid: Mapped[str] = mapped_column(Text, info=P2)
