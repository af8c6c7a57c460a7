"""Filters of lists that somebody keeps under a name."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, ForeignKey, Index, Text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.db import Base
from hub.kernel.ids import new_id
from hub.kernel.labels import P0, P1


class SavedView(Base):
    """Keep one list's filter under a name: of its owner alone, or `shared` with everybody of the owner's role.

    A view that is deleted stays for a while, so that the deletion can be taken back.
    """

    __tablename__ = "saved_view"
    __table_args__ = (Index(None, "owner_id"), Index(None, "role"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=P0)
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), info=P0)
    role: Mapped[str] = mapped_column(Text, info=P0)
    shared: Mapped[bool] = mapped_column(Boolean, info=P0)
    page: Mapped[str] = mapped_column(Text, info=P0)
    name: Mapped[str] = mapped_column(Text, info=P0)
    query: Mapped[str] = mapped_column(Text, info=P1)
    created_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), info=P0)
    deleted_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True), info=P0)
