"""One engine per process and the one helper that opens and ends transactions."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from uuid import UUID

from sqlalchemy import Engine, MetaData, create_engine
from sqlalchemy.orm import DeclarativeBase, Session

from hub.kernel import settings, walls

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
_SESSION = (
    "-c TimeZone=UTC -c statement_timeout=20000 -c lock_timeout=5000 -c idle_in_transaction_session_timeout=30000 "
    + walls.GROUP_WIDE
)

_ALIVE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 20_000}
"""How soon a connection to a host that is gone fails; left to itself it would wait for hours."""


class Base(DeclarativeBase):
    """Carry the tables of the main database."""

    metadata = MetaData(naming_convention=_NAMES)


class VaultBase(DeclarativeBase):
    """Carry the tables of the vault, which may live in a database of its own."""

    metadata = MetaData(naming_convention=_NAMES)


def make_engine(url: str) -> Engine:
    """Return an engine on `url` whose errors and logs never show parameter values."""
    return create_engine(
        url,
        hide_parameters=True,
        pool_size=16,
        max_overflow=16,
        pool_timeout=2,
        pool_pre_ping=True,
        connect_args={"connect_timeout": 3, "options": _SESSION, **_ALIVE},
    )


@cache
def engine() -> Engine:
    """Return this process's engine on the main database."""
    return make_engine(settings.current().database_url)


@cache
def vault_engine() -> Engine:
    """Return this process's engine on the vault database."""
    return make_engine(settings.current().vault_database_url)


def dispose() -> None:
    """Close every pooled connection and forget the engines."""
    for maker in (engine, vault_engine):
        if maker.cache_info().currsize:
            maker().dispose()
        maker.cache_clear()


def _leave_to_parent() -> None:
    """Forget the parent's connections without a word on them: two that share one hear each other's answers."""
    for maker in (engine, vault_engine):
        if maker.cache_info().currsize:
            maker().dispose(close=False)
        maker.cache_clear()


os.register_at_fork(after_in_child=_leave_to_parent)


@contextmanager
def transaction(*, bu_id: UUID | None = None) -> Iterator[Session]:
    """Open a transaction on the main database; commit at the end, roll back on any error. For entry points only.

    When a BU calls, or `bu_id` names one, row level security keeps it to that BU's rows.
    """
    with Session(engine(), expire_on_commit=False) as session, session.begin():
        walls.enter(session, bu_id)
        yield session


@contextmanager
def vault_transaction() -> Iterator[Session]:
    """Open a transaction on the vault database; commit at the end, roll back on any error."""
    with Session(vault_engine(), expire_on_commit=False) as session, session.begin():
        yield session
