"""Third-party platforms: what WeChat pushes to them, their ticket and token, and the accounts that trust them."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Date, LargeBinary, Text
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.db import Base
from hub.kernel.labels import P0, P3T, SECRET
from hub.kernel.work import WorkRow, due_indexes


class ComponentPush(WorkRow, Base):
    """Keep one push to a third-party platform until it is worked off.

    `secret` seals the ticket or the codes of a kind that is known; `sealed` is the whole document of any other, which
    may name people.
    """

    __tablename__ = "component_push"
    __table_args__ = (*due_indexes("component_push"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, info=P0)
    dedupe_key: Mapped[bytes] = mapped_column(LargeBinary, unique=True, info=P0)
    component_appid: Mapped[str] = mapped_column(Text, info=P0)
    appid: Mapped[str] = mapped_column(Text, info=P0)
    info_type: Mapped[str] = mapped_column(Text, info=P0)
    occurred_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), info=P0)
    received_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), index=True, info=P0)
    secret: Mapped[bytes | None] = mapped_column(LargeBinary, info=SECRET)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary, info=P3T)
    sealed_epoch: Mapped[date | None] = mapped_column(Date, info=P0)


class ComponentState(Base):
    """Hold a platform's newest ticket (`ticket_at` is WeChat's time) and its token, both sealed."""

    __tablename__ = "component_state"

    component_appid: Mapped[str] = mapped_column(Text, primary_key=True, info=P0)
    ticket: Mapped[bytes | None] = mapped_column(LargeBinary, info=SECRET)
    ticket_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True), info=P0)
    ticket_asked_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True), info=P0)
    token: Mapped[bytes | None] = mapped_column(LargeBinary, info=SECRET)
    token_until: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True), info=P0)


class ComponentAuthorization(Base):
    """Hold what an account granted a platform: its tokens, sealed, and whether it still does.

    WeChat lets the refresh token before the newest live for some minutes: so does `previous`. `code` is the digest of
    the authorization code that was redeemed last.
    """

    __tablename__ = "component_authorization"

    component_appid: Mapped[str] = mapped_column(Text, primary_key=True, info=P0)
    appid: Mapped[str] = mapped_column(Text, primary_key=True, info=P0)
    state: Mapped[str] = mapped_column(Text, info=P0)
    reason: Mapped[str | None] = mapped_column(Text, info=P0)
    changed_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), info=P0)
    name: Mapped[str] = mapped_column(Text, default="", info=P0)
    original_id: Mapped[str] = mapped_column(Text, default="", info=P0)
    kind: Mapped[str] = mapped_column(Text, default="", info=P0)
    permissions: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, info=P0)
    code: Mapped[bytes | None] = mapped_column(LargeBinary, info=SECRET)
    refresh_token: Mapped[bytes | None] = mapped_column(LargeBinary, info=SECRET)
    previous: Mapped[bytes | None] = mapped_column(LargeBinary, info=SECRET)
    previous_until: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True), info=P0)
    access_token: Mapped[bytes | None] = mapped_column(LargeBinary, info=SECRET)
    access_until: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True), info=P0)
