"""One hub for all of these tests, each of which leaves it standing or in ruins: the next one starts it again."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import make_url

from tests.faults.house import House


@pytest.fixture(scope="package")
def fresh_database() -> Iterator[str]:
    """Yield the url of a new database on the machine's PostgreSQL; "" when the hub is to run its own."""
    if os.environ.get("HUB_TEST_ENGINES") != "machine":
        yield ""
        return
    machine = os.environ.get("HUB_TEST_DATABASE_URL", "postgresql+psycopg://root@127.0.0.1:5432/postgres")
    name = f"hub_test_{secrets.token_hex(4)}"
    with psycopg.connect(machine.replace("+psycopg", ""), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type]
        yield make_url(machine).set(database=name).render_as_string(hide_password=False)
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[arg-type]


@pytest.fixture(scope="package")
def _house(fresh_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House(tmp_path_factory.mktemp("faults") / "hub", fresh_database)
    yield house
    house.kill()


@pytest.fixture
def house(_house: House) -> Iterator[House]:
    """Yield the house with its hub running; whatever the test did, its data directory is the same for the next one."""
    if _house.up is None or not _house.answers("/readyz"):
        _house.kill()
        _house.start()
    yield _house


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Show the hub's own words beside a failure, and leave nothing of it to the next test but the data."""
    report = yield
    house = getattr(item, "funcargs", {}).get("house")
    if report.failed and house is not None:
        report.sections.append(("the hub", house.tail()))
        house.kill()
    return report
