"""API keys: who may call the API."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, Text
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.db import Base
from hub.kernel.ids import new_id
from hub.kernel.labels import P0, SECRET


class ApiKey(Base):
    """Keep the hash of one API key and what it may do."""

    __tablename__ = "api_key"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=P0)
    public_id: Mapped[str] = mapped_column(Text, unique=True, info=P0)
    digest: Mapped[bytes] = mapped_column(LargeBinary, info=SECRET)
    name: Mapped[str] = mapped_column(Text, info=P0)
    role: Mapped[str] = mapped_column(Text, info=P0)
    bu_id: Mapped[UUID | None] = mapped_column(ForeignKey("business_unit.id"), info=P0)
    touchpoint_id: Mapped[UUID | None] = mapped_column(ForeignKey("touchpoint.id"), info=P0)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, info=P0)
    created_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), info=P0)
    expires_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True), info=P0)
    revoked_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True), info=P0)
    last_used_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True), info=P0)
