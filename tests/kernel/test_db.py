"""Engines and transactions."""

from __future__ import annotations

import threading
from contextlib import suppress

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import DBAPIError, OperationalError

from hub.kernel import db
from hub.kernel.leases import Lease, acquire
from hub.kernel.partitions import partitions_of

LEASE = "INSERT INTO lease VALUES ('test', 1, now())"


def names() -> list[str]:
    with db.transaction() as session:
        return list(session.scalars(select(Lease.name)))


def test_a_transaction_is_committed_at_its_end(clean: Engine) -> None:
    with db.transaction() as session:
        session.execute(text(LEASE))
    assert names() == ["test"]


def test_an_error_rolls_everything_back(clean: Engine) -> None:
    with pytest.raises(KeyError), db.transaction() as session:
        session.execute(text(LEASE))
        raise KeyError
    assert names() == []


def test_the_vault_has_transactions_of_its_own(clean: Engine) -> None:
    with db.vault_transaction() as session:
        assert partitions_of(session, "vault_item")
    with pytest.raises(KeyError), db.vault_transaction() as session:
        session.execute(text(LEASE))
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


def test_a_connection_that_died_in_the_pool_is_replaced_unseen(database: Engine) -> None:
    with database.connect() as connection:
        pid = connection.scalar(text("SELECT pg_backend_pid()"))
    with database.connect() as other:
        if other.scalar(text("SELECT pg_backend_pid()")) == pid:
            with database.connect() as third:
                third.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
            with pytest.raises(OperationalError):
                other.execute(text("SELECT 1"))
        else:
            other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
    for _ in range(3):
        with database.connect() as connection:
            assert connection.scalar(text("SELECT 1")) == 1


def test_threads_share_one_engine_until_it_is_disposed_of(database: Engine) -> None:
    seen: set[int] = set()
    threads = [threading.Thread(target=lambda: seen.add(id(db.engine()))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {id(database)}


def test_a_server_that_is_not_there_is_an_operational_error_at_once() -> None:
    away = db.make_engine("postgresql+psycopg://127.0.0.1:1/none")
    with pytest.raises(OperationalError), away.connect():
        pass
    away.dispose()


def test_objects_live_on_after_their_transaction(clean: Engine) -> None:
    with db.transaction() as session:
        acquire(session, "test", __import__("datetime").timedelta(0))
        lease = session.get_one(Lease, "test")
    with suppress(KeyError):
        assert lease.token == 1
