"""Ringing after a commit, and only then."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

import pytest
from sqlalchemy import Engine, text

from hub.kernel import bell, db


@pytest.fixture
def rung(clean: Engine, monkeypatch: pytest.MonkeyPatch) -> list[set[tuple[str, int]]]:
    """Return what was rung for so far, with the bell itself out of the way."""
    calls: list[set[tuple[str, int]]] = []

    def soon(lanes: Iterable[tuple[str, int]]) -> None:
        calls.append(set(lanes))

    monkeypatch.setattr(bell._bell, "soon", soon)
    return calls


def test_a_commit_rings_once_for_each_lane(rung: list[set[tuple[str, int]]]) -> None:
    with db.transaction() as session:
        bell.announce(session, "a", [1, 9, 2])
        bell.announce(session, "b", [1])
        session.execute(text("SELECT 1"))
        assert rung == []
    assert rung == [{("a", 1), ("a", 2), ("b", 1)}]


def test_a_savepoint_rings_for_nothing(rung: list[set[tuple[str, int]]]) -> None:
    with db.transaction() as session:
        with session.begin_nested():
            bell.announce(session, "a", [1])
            session.execute(text("SELECT 1"))
        assert rung == []
    assert rung == [{("a", 1)}]


def test_a_savepoint_that_is_rolled_back_takes_no_ring_of_others_along(rung: list[set[tuple[str, int]]]) -> None:
    with db.transaction() as session:
        bell.announce(session, "a", [1])
        with suppress(KeyError), session.begin_nested():
            session.execute(text("SELECT 1"))
            raise KeyError
    assert rung == [{("a", 1)}]


def test_a_transaction_that_is_rolled_back_rings_for_nothing(rung: list[set[tuple[str, int]]]) -> None:
    with suppress(KeyError), db.transaction() as session:
        bell.announce(session, "a", [1])
        session.execute(text("SELECT 1"))
        raise KeyError
    with db.transaction() as session:
        session.execute(text("SELECT 1"))
    assert rung == []
