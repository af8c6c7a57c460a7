"""Who did what when: one row per act, ids only."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.db import Base
from hub.kernel.ids import new_id
from hub.kernel.labels import EVIDENCE


class AuditEntry(Base):
    """Record one act: by whom (an API key or a user, None for the machine's owner), on what, for which BU."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index(None, "object_kind", "object_id"), Index(None, "actor_id"), Index(None, "bu_id"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=EVIDENCE)
    at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), index=True, info=EVIDENCE)
    actor_id: Mapped[UUID | None] = mapped_column(info=EVIDENCE)
    actor_role: Mapped[str] = mapped_column(Text, info=EVIDENCE)
    action: Mapped[str] = mapped_column(Text, info=EVIDENCE)
    object_kind: Mapped[str] = mapped_column(Text, info=EVIDENCE)
    object_id: Mapped[str] = mapped_column(Text, info=EVIDENCE)
    bu_id: Mapped[UUID | None] = mapped_column(info=EVIDENCE)
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, info=EVIDENCE)
