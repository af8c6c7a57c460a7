"""What an account may send to whom, how often it may call, and the templates it has."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Date, Double, Index, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.db import Base
from hub.kernel.labels import P0, P1, P2

_TIME = TIMESTAMP(timezone=True)


class Reach(Base):
    """Hold the reach ledger of one OpenID: what its acts allow the account to send (see `wechat.rules.reach`)."""

    __tablename__ = "reach"

    appid: Mapped[str] = mapped_column(Text, primary_key=True, info=P0)
    openid: Mapped[str] = mapped_column(Text, primary_key=True, info=P2)
    grants: Mapped[dict[str, Any]] = mapped_column(JSONB, info=P1)
    """Trigger -> [messages left, Unix second at which it ends, Unix second of the act]."""
    credits: Mapped[dict[str, Any]] = mapped_column(JSONB, info=P1)
    """Template -> messages granted; one-time ones as "template|scene"."""
    mass_month: Mapped[str] = mapped_column(Text, info=P0)
    mass_used: Mapped[int] = mapped_column(SmallInteger, info=P1)
    followed: Mapped[bool | None] = mapped_column(info=P1)
    """The newest word on following: from pushes, and from WeChat's own refusals."""
    followed_at: Mapped[datetime | None] = mapped_column(_TIME, info=P1)
    muted: Mapped[bool] = mapped_column(info=P1)
    blocked: Mapped[bool] = mapped_column(info=P1)


class ApiQuota(Base):
    """Count the calls of one account to one API on WeChat's day (Beijing), and hold its bucket of the minute."""

    __tablename__ = "api_quota"

    appid: Mapped[str] = mapped_column(Text, primary_key=True, info=P0)
    api: Mapped[str] = mapped_column(Text, primary_key=True, info=P0)
    day: Mapped[date] = mapped_column(Date, info=P0)
    used: Mapped[int] = mapped_column(BigInteger, info=P0)
    tokens: Mapped[float] = mapped_column(Double, info=P0)
    filled_at: Mapped[datetime] = mapped_column(_TIME, info=P0)
    blocked_until: Mapped[datetime | None] = mapped_column(_TIME, info=P0)
    blocked_by: Mapped[int | None] = mapped_column(info=P0)


class MessageTemplate(Base):
    """Mirror one template of an account: what it is called and which fields it takes."""

    __tablename__ = "message_template"
    __table_args__ = (Index("ix_message_template_live", "appid", postgresql_where=text("gone_at IS NULL")),)

    appid: Mapped[str] = mapped_column(Text, primary_key=True, info=P0)
    template_id: Mapped[str] = mapped_column(Text, primary_key=True, info=P0)
    channel: Mapped[str] = mapped_column(Text, info=P0)
    title: Mapped[str] = mapped_column(Text, info=P0)
    fields: Mapped[list[dict[str, str]]] = mapped_column(JSONB, info=P0)
    synced_at: Mapped[datetime] = mapped_column(_TIME, info=P0)
    gone_at: Mapped[datetime | None] = mapped_column(_TIME, info=P0)


class OutboundPolicy(Base):
    """Hold the group's one policy of sends: quiet hours, caps, quotas; as the group file writes it."""

    __tablename__ = "outbound_policy"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False, info=P0)
    body: Mapped[dict[str, Any]] = mapped_column(JSONB, info=P0)
    changed_at: Mapped[datetime] = mapped_column(_TIME, info=P0)
