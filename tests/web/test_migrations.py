"""The schema, up and down by its migrations, on a database of the test's own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text

from hub.kernel import settings
from hub.web import migrating
from hub.web.tables import ensure_partitions
from tests.web.databases import environment, own_database

ROOT = Path(__file__).parents[2]
SCRIPT = """
from hub.web import migrating
migrating.upgrade()
print(*(table for line in migrating.LINES for table in line.metadata.tables))
"""


@pytest.fixture
def empty(engine_urls: tuple[str, str], database: Engine) -> Iterator[Engine]:
    """Yield an empty database of this test's own, which the hub's settings name."""
    with own_database(engine_urls[0]) as url, environment(HUB_DATABASE_URL=url):
        engine = create_engine(url)
        yield engine
        engine.dispose()


def tables(engine: Engine) -> set[str]:
    """Return what lies in the database: tables, indexes, types, sequences; alembic's own notes aside."""
    query = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname NOT LIKE 'alembic%'"
    types = "SELECT typname FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typname NOT LIKE '%alembic%'"
    with engine.connect() as connection:
        return set(connection.scalars(text(f"{query} UNION {types}")))


def expected() -> set[str]:
    """Return the tables that the models name."""
    return {table for line in migrating.LINES for table in line.metadata.tables}


def test_an_empty_database_is_brought_up_and_is_what_the_models_say(empty: Engine) -> None:
    assert migrating.pending() == ["main", "vault"]
    migrating.upgrade()
    assert migrating.pending() == []
    assert expected() <= tables(empty)
    migrating.check()


def test_migrated_and_made_from_the_models_a_schema_is_the_same(empty: Engine, database: Engine) -> None:
    migrating.upgrade()
    assert columns(empty) == columns(database)
    assert constraints(empty) == constraints(database)


def test_down_to_the_base_nothing_is_left_and_up_again_everything_is_there(empty: Engine) -> None:
    migrating.upgrade()
    there = tables(empty)
    ensure_partitions()
    migrating.downgrade("base")
    assert tables(empty) == set()
    assert migrating.pending() == ["main", "vault"]
    migrating.upgrade()
    assert tables(empty) == there
    assert migrating.pending() == []


def test_bringing_it_up_twice_changes_nothing(empty: Engine) -> None:
    migrating.upgrade()
    ensure_partitions()
    there = tables(empty)
    migrating.upgrade()
    ensure_partitions()
    assert tables(empty) == there
    migrating.check()


def test_two_processes_may_bring_it_up_at_once_and_know_every_table(empty: Engine) -> None:
    import hub.web.app  # noqa: F401 - everything there is, so that every model is known to this process

    argv = [sys.executable, "-W", "error", "-c", SCRIPT]
    env = settings.environment(PYTHONPATH=str(ROOT))
    both = [subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    for process in both:
        said, complained = process.communicate(timeout=60)
        assert (process.returncode, complained) == (0, b"")
        assert set(said.decode().split()) == expected()
    assert migrating.pending() == []
    assert expected() <= tables(empty)


def columns(engine: Engine) -> set[tuple[object, ...]]:
    """Return every column of the models' tables: its type, whether it may be null, its default."""
    return read(
        engine,
        "SELECT table_name, column_name, udt_name, is_nullable, column_default, numeric_precision, numeric_scale"
        " FROM information_schema.columns WHERE table_schema = 'public' AND table_name = ANY(:tables)",
    )


def constraints(engine: Engine) -> set[tuple[object, ...]]:
    """Return every constraint and index of the models' tables, as PostgreSQL writes them."""
    return read(
        engine,
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid::regclass::text = ANY(:tables) AND contype <> 'n'"
        " UNION SELECT tablename, indexname, indexdef FROM pg_indexes"
        " WHERE schemaname = 'public' AND tablename = ANY(:tables)",
    )


def read(engine: Engine, query: str) -> set[tuple[object, ...]]:
    """Return the rows of `query`, which names the models' tables as :tables."""
    with engine.connect() as connection:
        return {tuple(row) for row in connection.execute(text(query), {"tables": sorted(expected())})}
