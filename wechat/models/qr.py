"""The registry of parametric QR codes: what each stands for, and the ticket that WeChat gave for it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, Index, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.db import Base
from hub.kernel.ids import new_id
from hub.kernel.labels import P0

_TIME = TIMESTAMP(timezone=True)


class QrCode(Base):
    """Hold one code of one account: wanted -> made | failed; a temporary one is made again when it has expired."""

    __tablename__ = "qr_code"
    __table_args__ = (
        UniqueConstraint("appid", "scene"),
        Index("ix_qr_code_wanted", "appid", "id", postgresql_where=text("state = 'wanted'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=P0)
    appid: Mapped[str] = mapped_column(Text, info=P0)
    scene: Mapped[str] = mapped_column(Text, info=P0)
    name: Mapped[str] = mapped_column(Text, info=P0)
    purpose: Mapped[str] = mapped_column(Text, info=P0)
    """campaign, bu, employee or event"""
    reference: Mapped[str] = mapped_column(Text, info=P0)
    """The slug of the campaign, BU or event, or the staff number, never a name."""
    permanent: Mapped[bool] = mapped_column(Boolean, info=P0)
    state: Mapped[str] = mapped_column(Text, info=P0)
    ticket: Mapped[str | None] = mapped_column(Text, info=P0)
    url: Mapped[str | None] = mapped_column(Text, info=P0)
    made_at: Mapped[datetime | None] = mapped_column(_TIME, info=P0)
    expires_at: Mapped[datetime | None] = mapped_column(_TIME, info=P0)
    errcode: Mapped[int | None] = mapped_column(info=P0)
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0", info=P0)
    not_before: Mapped[datetime | None] = mapped_column(_TIME, info=P0)
    archived_at: Mapped[datetime | None] = mapped_column(_TIME, info=P0)
    created_at: Mapped[datetime] = mapped_column(_TIME, info=P0)
