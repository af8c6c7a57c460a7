"""Who works at the console: users, their sessions, the links that let them in, and failed attempts."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, Integer, LargeBinary, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.db import Base
from hub.kernel.ids import new_id
from hub.kernel.labels import P0, P1, P2, SECRET


class UserAccount(Base):
    """Name an employee who may sign in: by password and one-time code, or by the identity provider's subject."""

    __tablename__ = "user_account"
    __table_args__ = (
        # Two providers may know the same address: only a login name of our own must be one person's.
        Index("uq_user_account_email", "email", unique=True, postgresql_where=text("oidc_subject IS NULL")),
        UniqueConstraint("oidc_issuer", "oidc_subject"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=P0)
    email: Mapped[str] = mapped_column(Text, info=P2)
    name: Mapped[str] = mapped_column(Text, default="", info=P2)
    role: Mapped[str] = mapped_column(Text, info=P0)
    bu_id: Mapped[UUID | None] = mapped_column(ForeignKey("business_unit.id"), info=P0)
    password_digest: Mapped[bytes | None] = mapped_column(LargeBinary, info=SECRET)
    totp_secret: Mapped[bytes | None] = mapped_column(LargeBinary, info=SECRET)
    totp_confirmed: Mapped[bool] = mapped_column(Boolean, default=False, info=P0)
    totp_last_step: Mapped[int | None] = mapped_column(BigInteger, info=P0)
    oidc_issuer: Mapped[str | None] = mapped_column(Text, info=P0)
    oidc_subject: Mapped[str | None] = mapped_column(Text, info=P2)
    active: Mapped[bool] = mapped_column(Boolean, default=True, info=P0)
    created_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), info=P0)


class UserSession(Base):
    """Let one browser in until it leaves, rests too long, or is shown out; `pending` is between password and code."""

    __tablename__ = "user_session"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=P0)
    digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True, info=SECRET)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True, info=P0)
    pending: Mapped[bool] = mapped_column(Boolean, default=False, info=P0)
    created_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), info=P1)
    last_seen_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), info=P1)
    expires_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), index=True, info=P0)
    revoked_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True), info=P0)


class Invitation(Base):
    """Keep the hash of a link that works once: to choose a password, or (not in production) to sign in."""

    __tablename__ = "invitation"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=P0)
    digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True, info=SECRET)
    purpose: Mapped[str] = mapped_column(Text, info=P0)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True, info=P0)
    created_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), info=P0)
    expires_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), info=P0)
    used_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True), info=P0)


class LoginAttempt(Base):
    """Count the failures of late by one account or from one address, each known by a keyed hash only."""

    __tablename__ = "login_attempt"

    subject: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True, info=SECRET)
    failures: Mapped[int] = mapped_column(Integer, info=P0)
    last_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), index=True, info=P0)
