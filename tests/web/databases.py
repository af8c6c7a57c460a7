"""Databases that a test has to itself, made beside the suite's and dropped afterwards."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import create_engine, text

from hub.kernel import db, queue, settings


@contextmanager
def own_database(server: str) -> Iterator[str]:
    """Yield the url of a new, empty database on the server at the url `server`; drop it at the end."""
    name = f"hub_own_{secrets.token_hex(4)}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    try:
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        yield admin.url.set(database=name).render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        admin.dispose()


@contextmanager
def environment(**variables: str) -> Iterator[None]:
    """Let this process have other settings for a while; "" stands for a variable that is not set."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        _read_anew()
        try:
            yield
        finally:  # a test that failed in there must not leave its database to the next one
            patch.undo()
            _read_anew()


def _forget() -> None:
    db.dispose()
    queue.forget()


def _read_anew() -> None:
    _forget()
    settings.current.cache_clear()
