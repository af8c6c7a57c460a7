"""The menus of official accounts: the draft that is edited, what was published, what WeChat says there is."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Index, Integer, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.db import Base
from hub.kernel.ids import new_id
from hub.kernel.labels import EVIDENCE, P0

_TIME = TIMESTAMP(timezone=True)


class AccountMenu(Base):
    """Hold one account's draft, and the menu that WeChat had when it was asked last; `live` is a version's number.

    `revision` grows with every change of the draft, so that two people who edit at once notice; `before` is the draft
    before its last change. `drift`: WeChat has another menu than the live version, because somebody made it elsewhere.
    """

    __tablename__ = "account_menu"

    appid: Mapped[str] = mapped_column(Text, primary_key=True, info=P0)
    draft: Mapped[dict[str, Any]] = mapped_column(JSONB, info=P0)
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True), info=P0)
    revision: Mapped[int] = mapped_column(Integer, default=0, server_default="0", info=P0)
    drafted_at: Mapped[datetime | None] = mapped_column(_TIME, info=P0)
    drafted_by: Mapped[UUID | None] = mapped_column(info=EVIDENCE)
    live: Mapped[int | None] = mapped_column(Integer, info=P0)
    found: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True), info=P0)
    drift: Mapped[bool] = mapped_column(Boolean, default=False, server_default="false", info=P0)
    checked_at: Mapped[datetime | None] = mapped_column(_TIME, info=P0)
    errcode: Mapped[int | None] = mapped_column(Integer, info=P0)


class MenuVersion(Base):
    """Keep one published menu: publishing -> live -> replaced, or publishing -> failed | dropped (by a newer one).

    `place` says in which part WeChat refused: "" for the default menu, else the name of the conditional one.
    """

    __tablename__ = "menu_version"
    __table_args__ = (
        UniqueConstraint("appid", "number"),
        Index("ix_menu_version_publishing", "id", postgresql_where=text("state = 'publishing'")),
        Index("ix_menu_version_published_at", "published_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=P0)
    appid: Mapped[str] = mapped_column(Text, info=P0)
    number: Mapped[int] = mapped_column(Integer, info=P0)
    content: Mapped[dict[str, Any]] = mapped_column(JSONB, info=P0)
    source: Mapped[str] = mapped_column(Text, info=P0)
    """draft, rollback, overwrite or taken_over"""
    state: Mapped[str] = mapped_column(Text, info=P0)
    made_at: Mapped[datetime] = mapped_column(_TIME, info=EVIDENCE)
    made_by: Mapped[UUID | None] = mapped_column(info=EVIDENCE)
    published_at: Mapped[datetime | None] = mapped_column(_TIME, info=P0)
    replaced_at: Mapped[datetime | None] = mapped_column(_TIME, info=P0)
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0", info=P0)
    not_before: Mapped[datetime | None] = mapped_column(_TIME, info=P0)
    errcode: Mapped[int | None] = mapped_column(Integer, info=P0)
    errmsg: Mapped[str] = mapped_column(Text, default="", server_default="", info=P0)
    place: Mapped[str] = mapped_column(Text, default="", server_default="", info=P0)
