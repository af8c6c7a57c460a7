"""Leases with fencing tokens, for work that leaves the database to call somebody else."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import BigInteger, Text, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, Session, mapped_column

from hub.kernel.db import Base
from hub.kernel.labels import P0


class LeaseLost(Exception):
    """Somebody else holds the lease now: what this holder brings back must not be written."""


class Lease(Base):
    """Name the one holder of a piece of work; `token` grows with every holder."""

    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(Text, primary_key=True, info=P0)
    token: Mapped[int] = mapped_column(BigInteger, info=P0)
    until: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), info=P0)


def acquire(session: Session, name: str, ttl: timedelta) -> int | None:
    """Return a fencing token when nobody holds `name` now, else None; database time rules, so clocks may differ."""
    token: int | None = session.scalar(
        text(
            "INSERT INTO lease (name, token, until) VALUES (:name, 1, clock_timestamp() + :ttl)"
            " ON CONFLICT (name) DO UPDATE SET token = lease.token + 1, until = excluded.until"
            " WHERE lease.until <= clock_timestamp() RETURNING token"
        ),
        {"name": name, "ttl": ttl},
    )
    return token


def confirm(session: Session, name: str, token: int) -> None:
    """Hold `name` to the end of this transaction; raise LeaseLost when `token` is no longer the newest."""
    current = session.scalar(text("SELECT token FROM lease WHERE name = :name FOR UPDATE"), {"name": name})
    if current != token:
        raise LeaseLost(f"lease {name} is held by token {current}, not {token}")


def holds(session: Session, name: str, token: int) -> bool:
    """Tell whether `token` is still the newest of `name`, which is then held to the end of this transaction."""
    current: int | None = session.scalar(text("SELECT token FROM lease WHERE name = :name FOR UPDATE"), {"name": name})
    return current == token


def extend(session: Session, name: str, token: int, ttl: timedelta) -> None:
    """Hold `name` to the end of this transaction and for `ttl` from now; raise LeaseLost like `confirm`."""
    confirm(session, name, token)
    session.execute(
        text("UPDATE lease SET until = clock_timestamp() + :ttl WHERE name = :name"), {"name": name, "ttl": ttl}
    )


def release(session: Session, name: str, token: int) -> None:
    """Give `name` back when `token` still holds it."""
    session.execute(
        text("UPDATE lease SET until = clock_timestamp() WHERE name = :name AND token = :token"),
        {"name": name, "token": token},
    )
