"""The second wall: what PostgreSQL lets through, whoever the login is."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest
from flask import Flask, g
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from hub.kernel import db, settings, walls
from hub.kernel.access import ADMIN, BU, BU_MANAGER, Caller
from hub.kernel.db import transaction
from hub.kernel.ids import new_id
from hub.web import doctor, migrating
from hub.web.tables import ensure_partitions
from tests.bu_routing.places import make_group, make_leads
from tests.walls.world import BOUND
from tests.web.databases import environment, own_database

COUNT = "SELECT count(*) FROM lead"


@pytest.fixture
def units(clean: Engine) -> dict[str, object]:
    """Return the ids of two business units with leads."""
    return fill()


def fill() -> dict[str, object]:
    with transaction() as session:
        bus = make_group(session)
        make_leads(session, "automation", [1, 2])
        make_leads(session, "power", [3, 4, 5])
    return dict(bus)


def count(session: Session, table: str = "lead") -> int:
    return int(session.scalar(text(f"SELECT count(*) FROM {table}")) or 0)


def test_every_table_that_names_a_business_unit_has_its_wall(database: Engine) -> None:
    with database.connect() as connection:
        bound = set(connection.scalars(text(BOUND)))
        forced = "SELECT oid::regclass::text FROM pg_class WHERE relrowsecurity AND relforcerowsecurity"
        assert {"lead", "lead_transition", "decision", "disclosure", "api_key"} <= bound
        assert bound <= set(connection.scalars(text(forced)))
        assert walls.gaps(connection) == []


def test_a_unit_meets_its_own_rows_only_and_the_group_meets_all(units: dict[str, object]) -> None:
    with transaction(bu_id=units["automation"]) as session:  # type: ignore[arg-type]
        assert (count(session), count(session, "lead_transition"), count(session, "decision")) == (2, 2, 2)
    with transaction() as session:
        assert count(session) == 5


def test_the_next_transaction_of_the_connection_knows_nothing_of_the_last(units: dict[str, object]) -> None:
    with db.engine().connect() as connection:
        with Session(connection) as session, session.begin():
            walls.enter(session, units["power"])  # type: ignore[arg-type]
            assert count(session) == 3
        with Session(connection) as session, session.begin():
            assert session.scalar(text("SELECT current_setting('app.bu_id', true)")) == ""
            assert session.scalar(text("SELECT current_user = session_user")) is True
            assert count(session) == 5
        with Session(connection) as session, session.begin():
            session.execute(text(f"SET LOCAL ROLE {walls.ROLE}"))
            session.execute(text("SET LOCAL app.scope = ''"))
            assert count(session) == 0  # '' is nobody's
            session.execute(text("SET LOCAL app.scope = 'group'"))
            assert count(session) == 0  # and the role never works group-wide


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO decision (id, person_id, rule_set_version, inputs_hash, outcomes, bu_id, created_at)"
        " VALUES (gen_random_uuid(), gen_random_uuid(), 1, '', '[]', :theirs, now())",
        "UPDATE lead SET bu_id = :theirs WHERE bu_id <> :theirs",
    ],
)
def test_a_unit_writes_no_row_of_another(units: dict[str, object], statement: str) -> None:
    with (
        pytest.raises(ProgrammingError, match="row-level security"),
        transaction(bu_id=units["automation"]) as session,  # type: ignore[arg-type]
    ):
        session.execute(text(statement), {"theirs": units["power"]})


@pytest.mark.parametrize("statement", ["DELETE FROM disclosure", "UPDATE lead SET score = 0", "DELETE FROM event"])
def test_a_unit_changes_no_row_of_another(units: dict[str, object], statement: str) -> None:
    with transaction(bu_id=units["automation"]) as session:  # type: ignore[arg-type]
        done = session.execute(text(f"{statement} WHERE bu_id = :theirs RETURNING id"), {"theirs": units["power"]})
        assert done.all() == []


def test_a_unit_reads_no_partition_and_no_secret_directly(units: dict[str, object], database: Engine) -> None:
    with database.connect() as connection:
        partitions = "SELECT oid::regclass::text FROM pg_class WHERE relispartition AND relkind = 'r'"
        names = [*connection.scalars(text(partitions)), *walls.WITHHELD, "pg_authid"]
    assert len(names) > 50
    for name in names:
        with (
            pytest.raises(ProgrammingError, match="permission denied"),
            transaction(bu_id=units["automation"]) as session,  # type: ignore[arg-type]
        ):
            count(session, name)


def test_who_calls_decides_which_wall_a_request_is_behind(units: dict[str, object]) -> None:
    expected = {
        Caller(BU, new_id(), "key", units["automation"]): 2,  # type: ignore[arg-type]
        Caller(BU_MANAGER, new_id(), "user", units["power"]): 3,  # type: ignore[arg-type]
        Caller(BU_MANAGER, new_id(), "lost"): 0,
        Caller(ADMIN, new_id(), "admin"): 5,
    }
    app, seen = Flask("test"), {}
    for who in expected:
        with app.test_request_context():
            g.caller = who
            with transaction() as session:
                seen[who] = count(session)
    assert seen == expected


@pytest.fixture
def login(engine_urls: tuple[str, str]) -> Iterator[str]:
    """Yield the url of an empty database that a login without any special right owns."""
    name = f"hub_login_{secrets.token_hex(4)}"
    admin = create_engine(engine_urls[0], isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE ROLE {name} LOGIN"))
    try:
        with own_database(engine_urls[0]) as url:
            with admin.connect() as connection:
                connection.execute(text(f"ALTER DATABASE {make_url(url).database} OWNER TO {name}"))
            yield make_url(url).set(username=name).render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.execute(text(f"DROP ROLE {name}"))
        admin.dispose()


def as_administrator(server: str, statement: str) -> None:
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(statement))
    admin.dispose()


def test_a_login_that_may_not_make_the_role_says_what_an_administrator_must_run(
    login: str, engine_urls: tuple[str, str], database: Engine
) -> None:
    with environment(HUB_DATABASE_URL=login):
        with pytest.raises(walls.WallsNotBuilt, match=f"GRANT {walls.ROLE} TO hub_login_"):
            migrating.upgrade()
        gap = next(f for f in doctor.examine(settings.current()) if f.name == "BU walls")
        assert not gap.ok
        assert "GRANT hub_bu TO hub_login_" in gap.mend
        grant(login, engine_urls)
        migrating.upgrade()
        assert next(f for f in doctor.examine(settings.current()) if f.name == "BU walls").ok


def grant(login: str, engine_urls: tuple[str, str]) -> None:
    as_administrator(engine_urls[0], f"GRANT {walls.ROLE} TO {make_url(login).username}")


def test_an_owner_that_is_no_superuser_works_group_wide_and_for_a_unit(
    login: str, engine_urls: tuple[str, str], database: Engine
) -> None:
    grant(login, engine_urls)
    with environment(HUB_DATABASE_URL=login):
        from hub.web.tables import create_all

        create_all()
        bus = fill()
        with transaction() as session:
            assert session.scalar(text("SELECT usesuper FROM pg_user WHERE usename = current_user")) is False
            assert count(session) == 5
        with transaction(bu_id=bus["automation"]) as session:  # type: ignore[arg-type]
            assert count(session) == 2
        bare = create_engine(login)  # as somebody at psql, who has not said that he works group-wide
        with bare.connect() as connection:
            assert connection.scalar(text(COUNT)) == 0
        bare.dispose()


def test_walls_go_up_and_down_and_up_again(login: str, engine_urls: tuple[str, str], database: Engine) -> None:
    grant(login, engine_urls)
    with environment(HUB_DATABASE_URL=login):
        migrating.upgrade()
        ensure_partitions()
        with db.engine().begin() as connection:
            assert walls.gaps(connection) == []
            walls.tear_down(connection)
            assert "lead has no wall" in walls.gaps(connection)
            assert connection.scalar(text(f"SELECT has_table_privilege('{walls.ROLE}', 'person', 'SELECT')")) is False
            walls.build(connection)
            walls.build(connection)
            assert walls.gaps(connection) == []
