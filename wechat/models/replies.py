"""The rules by which pushes are answered at once."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.db import Base
from hub.kernel.ids import new_id
from hub.kernel.labels import P0


class ReplyRule(Base):
    """Say how one account (every account: None) answers: `body` is what the group file writes under its name."""

    __tablename__ = "reply_rule"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=P0)
    name: Mapped[str] = mapped_column(Text, unique=True, info=P0)
    position: Mapped[int] = mapped_column(Integer, info=P0)
    appid: Mapped[str | None] = mapped_column(Text, info=P0)
    body: Mapped[dict[str, Any]] = mapped_column(JSONB, info=P0)
    enabled: Mapped[bool] = mapped_column(Boolean, server_default="true", info=P0)
    changed_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), info=P0)
