"""Group commit: an answer means on disk, and one bad item is one bad item."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from hub.kernel import bulk, clock, db
from hub.kernel.groupcommit import GroupWriter, NotDurable, in_transaction
from hub.kernel.leases import Lease
from tests.kernel.making import kill

Outcome = str | Exception


class Desk:
    """Write names as rows; some of them fail, each in its own way."""

    def __init__(self) -> None:
        self.groups: list[list[str]] = []
        self.gate = threading.Event()
        self.gate.set()
        self.writer: GroupWriter[str, str] = GroupWriter(in_transaction(self.write), batch=64)

    def write(self, session: Session, names: Sequence[str]) -> list[str]:
        self.groups.append(list(names))
        assert self.gate.wait(10)
        if "bad" in names:
            raise ValueError("1390000xxxx")
        until = clock.now() + timedelta(hours=1)
        bulk.insert_rows(session, Lease, [{"name": name, "token": 1, "until": until} for name in names])
        if "kill" in names:
            kill(session)
        return [f"{name}!" for name in names if name != "short"]

    def submit(self, name: str, timeout: float = 10) -> Outcome:
        try:
            return self.writer.submit(name, timeout=timeout)
        except NotDurable as error:
            return error

    def submit_together(self, *names: str) -> dict[str, Outcome]:
        """Submit all `names` so that they share one group."""
        outcomes: dict[str, Outcome] = {}
        self.gate.clear()
        threads = [
            threading.Thread(target=lambda name=name: outcomes.update({name: self.submit(name)})) for name in names
        ]
        first = threading.Thread(target=lambda: self.submit("first"))
        first.start()
        wait_until(lambda: bool(self.groups))
        for thread in threads:
            thread.start()
        wait_until(lambda: self.writer._queue.qsize() == len(names))
        self.gate.set()
        for thread in [first, *threads]:
            thread.join()
        return outcomes


def wait_until(true: Callable[[], bool]) -> None:
    over = time.monotonic() + 10
    while not true():
        assert time.monotonic() < over
        time.sleep(0.001)


def written() -> set[str]:
    with db.transaction() as session:
        return set(session.scalars(select(Lease.name)))


@pytest.fixture
def desk(clean: Engine) -> Desk:
    """Return a writer on an empty table."""
    return Desk()


def test_an_answer_comes_after_the_commit_and_is_the_items_own(desk: Desk) -> None:
    assert desk.submit("a") == "a!"
    assert written() == {"a"}


def test_items_of_many_threads_share_transactions_and_get_their_own_answers(desk: Desk) -> None:
    names = [f"n{n}" for n in range(50)]
    assert desk.submit_together(*names) == {name: f"{name}!" for name in names}
    assert len(desk.groups) == 2
    assert written() == {"first", *names}


def test_a_group_is_no_larger_than_its_batch(desk: Desk) -> None:
    desk.submit_together(*[f"n{n}" for n in range(100)])
    assert [len(group) for group in desk.groups] == [1, 64, 36]


def test_a_bad_item_fails_alone(desk: Desk) -> None:
    outcomes = desk.submit_together("a", "bad", "b")
    assert (outcomes["a"], outcomes["b"]) == ("a!", "b!")
    assert isinstance(outcomes["bad"], NotDurable)
    assert str(outcomes["bad"]) == "ValueError"
    assert written() == {"first", "a", "b"}


@pytest.mark.parametrize("bad", ["nul\0", "first"])
def test_an_item_that_the_database_refuses_fails_alone(desk: Desk, bad: str) -> None:
    outcomes = desk.submit_together("a", bad, "b")
    assert isinstance(outcomes.pop(bad), NotDurable)
    assert outcomes == {"a": "a!", "b": "b!"}
    assert written() == {"first", "a", "b"}


def test_a_writer_that_answers_for_too_few_acknowledges_nothing(desk: Desk) -> None:
    outcomes = desk.submit_together("a", "short")
    assert outcomes["a"] == "a!"
    assert isinstance(outcomes["short"], NotDurable)
    assert written() == {"first", "a"}


def test_a_commit_that_is_late_is_not_acknowledged(desk: Desk) -> None:
    desk.gate.clear()
    started = time.monotonic()
    late = desk.submit("late", timeout=0.05)
    assert isinstance(late, NotDurable)
    assert "0.05 s" in str(late)
    assert time.monotonic() - started < 1
    desk.gate.set()
    assert desk.submit("next") == "next!"


def test_a_connection_that_is_killed_fails_its_group_and_no_later_one(desk: Desk) -> None:
    outcomes = desk.submit_together("a", "kill")
    assert {type(outcome) for outcome in outcomes.values()} == {NotDurable}
    assert len(desk.groups) == 2, "a dead connection is no item's fault: it is not tried one by one"
    assert desk.submit("next") == "next!"
    assert written() == {"first", "next"}


def test_a_database_that_is_away_is_told_and_the_thread_lives_on(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert desk.submit("before") == "before!"
    thread = desk.writer._thread
    away = db.make_engine("postgresql+psycopg://127.0.0.1:1/none")
    with monkeypatch.context() as patch:
        patch.setattr(db, "engine", lambda: away)
        assert isinstance(desk.submit("lost"), NotDurable)
    away.dispose()
    assert desk.submit("after") == "after!"
    assert desk.writer._thread is thread
    assert written() == {"before", "after"}


def test_many_threads_that_start_at_once_start_one_writer(desk: Desk) -> None:
    outcomes: list[Outcome] = []
    start = threading.Barrier(16)

    def submit(name: str) -> None:
        start.wait()
        outcomes.append(desk.submit(name))

    threads = [threading.Thread(target=submit, args=(f"n{n}",)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, outcomes)) == sorted(f"n{n}!" for n in range(16))
    assert sum(thread.name == "group-commit" and thread is desk.writer._thread for thread in threading.enumerate()) == 1
