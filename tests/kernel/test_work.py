"""Work rows: in order per subject, poisoned rows apart, every row once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from hub.kernel import clock, db, leases, work
from hub.kernel.leases import Lease
from hub.kernel.outbox import FactRow
from tests.kernel.making import LANE, kill, note, person, rows, states

Handler = Callable[[Session, Sequence[FactRow]], None]


class Recorder:
    """Handle rows, remember them in order, and fail on those of the poisoned numbers."""

    def __init__(self, *poison: int, error: Exception | None = None) -> None:
        self.poison, self.error = set(poison), error or ValueError("1390000xxxx")
        self.calls: list[list[int]] = []
        self.done: list[int] = []

    def __call__(self, session: Session, batch: Sequence[FactRow]) -> None:
        numbers = [row.body["n"] for row in batch]
        self.calls.append(numbers)
        for n in numbers:  # a trace of each row, to see that half a batch that failed leaves none
            session.execute(text("INSERT INTO lease VALUES (:n, 1, now())"), {"n": f"{n}"})
        if self.poison & set(numbers):
            raise self.error
        self.done += numbers

    def traces(self, session: Session) -> list[int]:
        return sorted(int(name) for name in session.scalars(select(Lease.name)))


def drain(session: Session, handler: Handler, **options: Any) -> int:
    session.expunge_all()  # as in a process of its own
    return work.drain(session, FactRow, LANE, handler, **options)


def test_a_lane_is_drained_in_the_order_of_its_people(session: Session) -> None:
    people = [person() for _ in range(5)]
    note(session, *((people[n % 5], n) for n in range(50)))
    handler = Recorder()
    assert drain(session, handler) == 50
    assert sorted(handler.done) == list(range(50))
    for start in range(5):
        assert [n for n in handler.done if n % 5 == start] == list(range(start, 50, 5))
    assert set(states(session).values()) == {"done"}
    assert drain(session, handler) == 0


def test_other_lanes_are_left_alone(session: Session) -> None:
    note(session, (person(LANE), 1), (person((LANE + 1) % work.LANES), 2))
    assert drain(session, Recorder()) == 1
    assert states(session) == {1: "done", 2: "new"}


def test_batches_follow_each_other_until_the_lane_is_dry(session: Session) -> None:
    who = person()
    note(session, *((who, n) for n in range(25)))
    handler = Recorder()
    settled = []
    while not settled or settled[-1]:
        settled.append(drain(session, handler, batch=80))
    assert sum(settled) == 25
    assert len(settled) > 2
    assert handler.done == list(range(25))


def test_a_poisoned_row_is_found_by_halving_and_its_neighbours_are_done(session: Session) -> None:
    note(session, *((person(), n) for n in range(16)))
    handler = Recorder(11)
    drain(session, handler)
    assert sorted(handler.done) == sorted(set(range(16)) - {11})
    assert states(session) == {n: "new" if n == 11 else "done" for n in range(16)}
    assert len(handler.calls) == 1 + 2 * 4
    poisoned = rows(session)[11]
    assert (poisoned.attempts, poisoned.error) == (1, "ValueError")
    assert all(
        (row.attempts, row.error, row.not_before) == (0, None, None) for row in rows(session) if row is not poisoned
    )


def test_what_a_failed_handler_wrote_is_gone(session: Session) -> None:
    note(session, *((person(), n) for n in range(8)))
    handler = Recorder(2, 5)
    drain(session, handler)
    assert handler.traces(session) == [0, 1, 3, 4, 6, 7]


def test_an_error_of_the_database_about_a_row_is_that_rows_alone(session: Session) -> None:
    note(session, *((person(), n) for n in range(4)))

    def handler(session: Session, batch: Sequence[FactRow]) -> None:
        for row in batch:
            session.execute(text("SELECT 1 / :n"), {"n": row.body["n"]})

    drain(session, handler)
    assert states(session) == {0: "new", 1: "done", 2: "done", 3: "done"}
    assert rows(session)[0].error == "DataError"


def test_later_rows_of_the_subject_wait_behind_a_poisoned_one_and_go_on_when_it_is_dead(session: Session) -> None:
    first, other = person(), person()
    note(session, (first, 1), (first, 2), (other, 3), (first, 4))
    handler = Recorder(2)
    drain(session, handler)
    assert handler.done in ([1, 3], [3, 1])
    waited = timedelta(0)
    for attempt in range(2, work.MAX_ATTEMPTS + 1):
        assert drain(session, handler) == 0
        assert rows(session)[1].attempts == attempt - 1
        waited += work.backoff(attempt - 1)
        clock.set_offset(waited + timedelta(seconds=attempt))
        drain(session, handler)
    assert states(session) == {1: "done", 2: "dead", 3: "done", 4: "new"}
    assert rows(session)[1].attempts == work.MAX_ATTEMPTS == 8
    drain(session, handler)
    assert states(session)[4] == "done"
    assert drain(session, handler) == 0
    assert handler.done[2:] == [4]


def test_a_row_that_is_mended_is_done_in_its_place(session: Session) -> None:
    who = person()
    note(session, *((who, n) for n in range(4)))
    drain(session, Recorder(1))
    clock.set_offset(timedelta(seconds=2))
    mended = Recorder()
    drain(session, mended)
    assert mended.done == [1, 2, 3]
    assert (rows(session)[1].error, rows(session)[1].attempts) == (None, 1)


def test_new_rows_of_a_waiting_subject_wait_too(session: Session) -> None:
    who = person()
    note(session, (who, 1))
    drain(session, Recorder(1))
    note(session, (who, 2))
    assert drain(session, Recorder()) == 0


def test_a_wait_grows_from_a_second_to_hours() -> None:
    waits = [work.backoff(attempt) for attempt in range(1, 20)]
    assert waits == sorted(waits)
    assert waits[0] == timedelta(seconds=1)
    assert waits[6] == timedelta(hours=4)
    assert waits[-1] == timedelta(hours=12)


def test_a_row_is_not_tried_before_its_wait_is_over(session: Session) -> None:
    note(session, (person(), 1))
    drain(session, Recorder(1))
    wait = rows(session)[0].not_before
    assert wait is not None
    assert timedelta(0) < wait - clock.now() <= timedelta(seconds=1)
    assert work.due_lanes(session, FactRow) == []
    clock.set_offset(timedelta(seconds=1))
    assert work.due_lanes(session, FactRow) == [LANE]


def test_due_lanes_are_those_with_something_to_do(session: Session) -> None:
    assert work.due_lanes(session, FactRow) == []
    note(session, (person(0), 1), (person(7), 2), (person(7), 3))
    assert work.due_lanes(session, FactRow) == [0, 7]
    work.drain(session, FactRow, 7, Recorder())
    assert work.due_lanes(session, FactRow) == [0]


def test_a_lost_connection_or_a_deadlock_counts_no_attempt(clean: Engine) -> None:
    with db.transaction() as session:
        note(session, *((person(), n) for n in range(4)))
    handler = Recorder(2, error=OperationalError("", {}, Exception()))
    with pytest.raises(OperationalError):
        once(handler)
    assert len(handler.calls) == 1
    with db.transaction() as session:
        assert [(row.state, row.attempts) for row in rows(session)] == [("new", 0)] * 4
        assert handler.traces(session) == []


def once(handler: Handler) -> int:
    with db.transaction() as session:
        return work.drain(session, FactRow, LANE, handler)


@pytest.mark.parametrize("while_handling", [True, False])
def test_a_drain_that_is_killed_leaves_its_rows_new(clean: Engine, while_handling: bool) -> None:
    with db.transaction() as session:
        note(session, *((person(), n) for n in range(4)))

    def handler(session: Session, batch: Sequence[FactRow]) -> None:
        leases.acquire(session, "1", timedelta(hours=1))
        kill(session)
        if while_handling:
            session.execute(text("SELECT 1"))

    with pytest.raises(OperationalError):
        once(handler)
    with db.transaction() as session:
        assert [(row.state, row.attempts) for row in rows(session)] == [("new", 0)] * 4
        assert not session.scalars(select(Lease.name)).all()
    assert once(Recorder()) == 4


@given(st.text())
@hypothesis_settings(max_examples=50)
def test_every_subject_has_one_shard(subject: str) -> None:
    assert 0 <= work.shard_of(subject) < work.SHARDS
    assert work.shard_of(subject) == work.shard_of(subject)


def test_people_spread_over_all_shards() -> None:
    assert {work.shard_of(f"person-{n}") for n in range(2000)} == set(range(work.SHARDS))


def test_a_row_that_was_put_off_waits_for_its_hour(session: Session) -> None:
    note(session, (person(), 1), (person(), 2))
    rows(session)[0].not_before = clock.now() + timedelta(hours=1)
    session.flush()
    drain(session, Recorder())
    assert states(session) == {1: "new", 2: "done"}
    clock.set_offset(timedelta(hours=1))
    drain(session, Recorder())
    assert states(session) == {1: "done", 2: "done"}
