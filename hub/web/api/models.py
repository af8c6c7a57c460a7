"""What was asked under an idempotency key, and what was answered."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Integer, LargeBinary, Text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.db import Base
from hub.kernel.labels import P0, P1, SECRET


class IdempotencyRecord(Base):
    """Remember one request of one caller for a day; without a status it is under way.

    Key and request are kept as keyed hashes: what was sent may hold contact data, and a plain hash could be tried.
    """

    __tablename__ = "idempotency_record"

    actor_id: Mapped[UUID] = mapped_column(primary_key=True, info=P0)
    key_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True, info=SECRET)
    request_hash: Mapped[bytes] = mapped_column(LargeBinary, info=SECRET)
    route: Mapped[str] = mapped_column(Text, info=P0)
    started_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), info=P0)
    created_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), index=True, info=P0)
    status: Mapped[int | None] = mapped_column(Integer, info=P0)
    mimetype: Mapped[str | None] = mapped_column(Text, info=P0)
    body: Mapped[str | None] = mapped_column(Text, info=P1)
