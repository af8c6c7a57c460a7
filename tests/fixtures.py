"""Fixtures on real engines: a database of this run's own, emptied between tests."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session

from hub.kernel import bell, clock, db, queue, settings


@pytest.fixture(scope="session")
def engine_urls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Yield (PostgreSQL url, Redis url) of the embedded engines, or of the machine's when HUB_TEST_ENGINES=machine."""
    if os.environ.get("HUB_TEST_ENGINES") == "machine":
        yield (
            os.environ.get("HUB_TEST_DATABASE_URL", "postgresql+psycopg://root@127.0.0.1:5432/postgres"),
            _own_redis(os.environ.get("HUB_TEST_REDIS_URL", "redis://127.0.0.1:6379/9")),
        )
        return
    from hub.web.engines.shared import engines

    with engines(tmp_path_factory.mktemp("engines")) as urls:
        yield urls.database_url, urls.redis_url


def _own_redis(url: str) -> str:
    """Return `url` with a database number of this process's own: of several that share the tests, each empties its."""
    parts = urlsplit(url)
    number = int(parts.path.strip("/") or 0) + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    return parts._replace(path=f"/{number}").geturl()


@pytest.fixture(scope="session")
def database(engine_urls: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Yield an engine on a fresh database with every table, which the hub's own settings name too."""
    server, redis_url = engine_urls
    name = f"hub_test_{secrets.token_hex(4)}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
        # No test pulls this database's plug (those of `faults` have their own): a commit need not wait for the disk.
        connection.execute(text(f"ALTER DATABASE {name} SET synchronous_commit = off"))
    url = admin.url.set(database=name).render_as_string(hide_password=False)
    _use(url, redis_url, tmp_path_factory.mktemp("data"))
    from hub.web.tables import create_all

    create_all()
    made = db.engine()
    yield made
    db.dispose()
    made.dispose()  # a test that changed the settings has let the hub forget it
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


def _use(url: str, redis_url: str, data_dir: Path) -> None:
    os.environ.update(
        HUB_ENV="test",
        HUB_DATABASE_URL=url,
        HUB_REDIS_URL=redis_url,
        HUB_DATA_DIR=str(data_dir),
        HUB_SECRET_KEY="test-" + "0" * 40,
        HUB_API_RATE="0",
    )
    settings.current.cache_clear()
    db.dispose()
    queue.forget()


@pytest.fixture
def session(database: Engine) -> Iterator[Session]:
    """Yield a session whose every write is rolled back after the test."""
    with database.connect() as connection, connection.begin() as outer:
        with Session(connection, expire_on_commit=False, join_transaction_mode="create_savepoint") as made:
            yield made
        outer.rollback()


@pytest.fixture
def clean(database: Engine) -> Iterator[Engine]:
    """Yield the database for a test that goes through entry points, and empty every table and queue afterwards."""
    yield database
    with database.begin() as connection:
        filled = connection.scalars(text(_FILLED)).all()
        connection.execute(text("SET LOCAL session_replication_role = replica"))  # in any order, keys unchecked
        connection.execute(text("; ".join(f"DELETE FROM {table}" for table in filled) or "SELECT 1"))
    queue.redis().flushdb()


_FILLED = """
SELECT oid::regclass::text FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0
AND relname NOT LIKE 'alembic%'
"""


@pytest.fixture(autouse=True)
def _still_clock() -> Iterator[None]:
    yield
    clock.set_offset(timedelta(0))


@pytest.fixture(autouse=True)
def _silent_bell(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the bell's thread from ringing for one test's rows into the next one's queue; tests drain by hand."""
    monkeypatch.setattr(bell._bell, "soon", lambda lanes: None)
