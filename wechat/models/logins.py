"""Logins on their way: codes that are exchanged once, tickets that sites redeem; and the files that prove a domain."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Integer, LargeBinary, Text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.db import Base
from hub.kernel.labels import P0, SECRET

_TIME = TIMESTAMP(timezone=True)


class CodeExchange(Base):
    """Remember for some minutes that a code of WeChat was exchanged, and seal who it stood for.

    Code and state are kept as keyed hashes; a state goes with one code. Whoever holds `token` until `until` asks
    WeChat; without an outcome nobody knows yet.
    """

    __tablename__ = "code_exchange"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True, info=SECRET)
    state: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True, info=SECRET)
    kind: Mapped[str] = mapped_column(Text, info=P0)
    appid: Mapped[str] = mapped_column(Text, info=P0)
    token: Mapped[int] = mapped_column(BigInteger, info=P0)
    until: Mapped[datetime] = mapped_column(_TIME, info=P0)
    outcome: Mapped[str | None] = mapped_column(Text, info=P0)
    errcode: Mapped[int] = mapped_column(Integer, info=P0)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary, info=SECRET)
    created_at: Mapped[datetime] = mapped_column(_TIME, index=True, info=P0)


class LoginTicket(Base):
    """Keep what came of a web login until the site of `origin` asks for it, once; the ticket is a keyed hash."""

    __tablename__ = "login_ticket"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True, info=SECRET)
    origin: Mapped[str] = mapped_column(Text, info=P0)
    appid: Mapped[str] = mapped_column(Text, info=P0)
    outcome: Mapped[str] = mapped_column(Text, info=P0)
    sealed: Mapped[bytes] = mapped_column(LargeBinary, info=SECRET)
    expires_at: Mapped[datetime] = mapped_column(_TIME, index=True, info=P0)


class DomainFile(Base):
    """Hold a file with which WeChat checks whose a domain is."""

    __tablename__ = "domain_file"

    domain: Mapped[str] = mapped_column(Text, primary_key=True, info=P0)
    name: Mapped[str] = mapped_column(Text, primary_key=True, info=P0)
    content: Mapped[str] = mapped_column(Text, info=P0)
    created_at: Mapped[datetime] = mapped_column(_TIME, info=P0)
