"""Leases: one holder, a token that grows, and no write by whoever lost it."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from hub.kernel import clock, db
from hub.kernel.leases import LeaseLost, acquire, confirm, release

LONG, OVER = timedelta(minutes=5), timedelta(0)


def test_nobody_else_gets_a_lease_that_is_held(session: Session) -> None:
    assert acquire(session, "test", LONG) == 1
    assert acquire(session, "test", LONG) is None
    assert acquire(session, "other", LONG) == 1


def test_the_token_grows_with_every_holder(session: Session) -> None:
    assert [acquire(session, "test", OVER) for _ in range(4)] == [1, 2, 3, 4]


def test_a_shifted_clock_ends_no_lease(session: Session) -> None:
    assert acquire(session, "test", LONG) == 1
    clock.set_offset(timedelta(days=31))
    assert acquire(session, "test", LONG) is None


def test_the_holder_is_confirmed_and_whoever_lost_it_is_not(session: Session) -> None:
    first = acquire(session, "test", OVER)
    assert first is not None
    confirm(session, "test", first)
    second = acquire(session, "test", LONG)
    assert second is not None
    confirm(session, "test", second)
    with pytest.raises(LeaseLost, match="lease test is held by token 2, not 1"):
        confirm(session, "test", first)


def test_a_lease_that_never_was_is_not_confirmed(session: Session) -> None:
    with pytest.raises(LeaseLost):
        confirm(session, "test", 1)


def test_a_lease_that_is_given_back_is_free_at_once(session: Session) -> None:
    first = acquire(session, "test", LONG)
    assert first is not None
    release(session, "test", first)
    assert acquire(session, "test", LONG) == first + 1


def test_whoever_lost_the_lease_gives_nothing_back(session: Session) -> None:
    first = acquire(session, "test", OVER)
    assert first is not None
    acquire(session, "test", LONG)
    release(session, "test", first)
    assert acquire(session, "test", LONG) is None


def test_of_many_at_once_one_gets_it(clean: Engine) -> None:
    tokens: list[int | None] = []
    start = threading.Barrier(8)

    def take() -> None:
        start.wait()
        with db.transaction() as session:
            tokens.append(acquire(session, "test", LONG))

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(token for token in tokens if token is not None) == [1]
    assert len(tokens) == 8


def test_while_a_holder_writes_nobody_takes_its_lease_over(clean: Engine) -> None:
    with db.transaction() as session:
        token = acquire(session, "test", OVER)
    assert token is not None
    taken: list[int | None] = []

    def take() -> None:
        with db.transaction() as other:
            taken.append(acquire(other, "test", LONG))

    with db.transaction() as session:
        confirm(session, "test", token)
        thread = threading.Thread(target=take)
        thread.start()
        thread.join(0.2)
        assert taken == []
    thread.join(5)
    assert taken == [token + 1]
