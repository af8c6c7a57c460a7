"""Events people register for, and who registered: by pseudonymous identity, never by contact data."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Integer, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.db import Base
from hub.kernel.ids import new_id
from hub.kernel.labels import P0, P1, P2

_TIME = TIMESTAMP(timezone=True)


class Event(Base):
    """Describe a webinar or meeting; its two counters change under its row lock, so that capacity holds."""

    __tablename__ = "event"
    __table_args__ = (CheckConstraint("ends_at > starts_at", name="order"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=P0)
    slug: Mapped[str] = mapped_column(Text, unique=True, info=P0)
    name: Mapped[str] = mapped_column(Text, info=P0)
    starts_at: Mapped[datetime] = mapped_column(_TIME, info=P0)
    ends_at: Mapped[datetime | None] = mapped_column(_TIME, info=P0)
    venue: Mapped[str | None] = mapped_column(Text, info=P0)
    bu_id: Mapped[UUID | None] = mapped_column(ForeignKey("business_unit.id"), info=P0)
    touchpoint_id: Mapped[UUID] = mapped_column(ForeignKey("touchpoint.id"), info=P0)
    capacity: Mapped[int | None] = mapped_column(Integer, info=P0)
    interest: Mapped[str | None] = mapped_column(Text, info=P0)
    published: Mapped[bool] = mapped_column(Boolean, default=True, server_default="true", info=P0)
    registered: Mapped[int] = mapped_column(Integer, default=0, server_default="0", info=P0)
    checked_in: Mapped[int] = mapped_column(Integer, default=0, server_default="0", info=P0)


class EventRegistration(Base):
    """Record that one identity registered for one event, and the code it checks in with."""

    __tablename__ = "event_registration"
    __table_args__ = (
        UniqueConstraint("event_id", "code"),
        UniqueConstraint("event_id", "identity_kind", "identity_namespace", "identity_value"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=P1)
    event_id: Mapped[UUID] = mapped_column(ForeignKey("event.id"), info=P0)
    identity_kind: Mapped[str] = mapped_column(Text, info=P0)
    identity_namespace: Mapped[str] = mapped_column(Text, info=P0)
    identity_value: Mapped[str] = mapped_column(Text, info=P2)
    code: Mapped[str] = mapped_column(Text, info=P2)
    registered_at: Mapped[datetime] = mapped_column(_TIME, info=P1)
    checked_in_at: Mapped[datetime | None] = mapped_column(_TIME, info=P1)
