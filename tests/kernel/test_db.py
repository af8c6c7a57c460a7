"""Engines and transactions."""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import DBAPIError, OperationalError

from hub.kernel import db, settings
from hub.kernel.leases import Lease, acquire
from hub.kernel.partitions import partitions_of
from tests.kernel.making import kill

ON = timedelta(hours=1)


def names() -> list[str]:
    with db.transaction() as session:
        return list(session.scalars(select(Lease.name)))


def test_a_transaction_is_committed_at_its_end_and_its_objects_live_on(clean: Engine) -> None:
    with db.transaction() as session:
        acquire(session, "test", ON)
        lease = session.get_one(Lease, "test")
    assert lease.token == 1
    assert names() == ["test"]


def test_an_error_rolls_everything_back(clean: Engine) -> None:
    with suppress(KeyError), db.transaction() as session:
        acquire(session, "test", ON)
        raise KeyError
    assert names() == []


def test_the_vault_has_transactions_of_its_own(clean: Engine) -> None:
    with suppress(KeyError), db.vault_transaction() as session:
        assert partitions_of(session, "vault_item")
        acquire(session, "test", ON)
        raise KeyError
    assert names() == []


def test_every_connection_speaks_utc_and_never_waits_for_ever(database: Engine) -> None:
    for made in (db.engine(), db.vault_engine()):
        with made.connect() as connection:
            limits = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
            assert connection.scalar(text("SHOW TimeZone")) == "UTC"
            assert all(connection.scalar(text(f"SHOW {limit}")) != "0" for limit in limits)


def test_an_error_does_not_show_the_values_that_were_bound(database: Engine) -> None:
    with database.connect() as connection, pytest.raises(DBAPIError) as caught:
        connection.execute(text("SELECT 1 / (length(:value) - length(:value))"), {"value": "1390000xxxx"})
    assert "1390000xxxx" not in str(caught.value)
    assert "1390000xxxx" not in repr(caught.value)


def test_a_connection_that_died_is_replaced_by_the_pool(clean: Engine) -> None:
    with suppress(OperationalError), db.transaction() as session:
        kill(session)
        acquire(session, "test", ON)
        pytest.fail("the connection is dead")
    for _ in range(3):
        assert names() == []


def test_a_connection_that_died_while_it_rested_is_replaced_unseen(database: Engine) -> None:
    made = db.make_engine(settings.current().database_url)
    with made.connect() as connection:
        pid = connection.scalar(text("SELECT pg_backend_pid()"))
    with database.connect() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
    with made.connect() as connection:
        assert connection.scalar(text("SELECT pg_backend_pid()")) != pid
    made.dispose()


def test_threads_share_one_engine(database: Engine) -> None:
    seen: set[int] = set()
    threads = [threading.Thread(target=lambda: seen.add(id(db.engine()))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {id(db.engine())}


def test_a_server_that_is_not_there_is_an_operational_error_at_once() -> None:
    away = db.make_engine("postgresql+psycopg://127.0.0.1:1/none")
    with pytest.raises(OperationalError), away.connect():
        pass
    away.dispose()
