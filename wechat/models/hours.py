"""How often each account was called, called WeChat, and failed at it, hour by hour."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.db import Base
from hub.kernel.labels import P0


class AccountHour(Base):
    """Count what happened between WeChat and one account within one hour; kept for a few days."""

    __tablename__ = "account_hour"

    appid: Mapped[str] = mapped_column(Text, primary_key=True, info=P0)
    hour: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), primary_key=True, info=P0)
    received: Mapped[int] = mapped_column(BigInteger, info=P0)
    refused: Mapped[int] = mapped_column(BigInteger, info=P0)
    calls: Mapped[int] = mapped_column(BigInteger, info=P0)
    failed: Mapped[int] = mapped_column(BigInteger, info=P0)
