"""Several drains at once: every row is handled once, and in order."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Sequence
from uuid import UUID

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from hub.kernel import db, work
from hub.kernel.outbox import FactRow
from tests.kernel.making import LANE, note, person, rows, states


def publish(people: Sequence[UUID], count: int) -> None:
    with db.transaction() as session:
        note(session, *((people[n % len(people)], n) for n in range(count)))


def test_drains_that_compete_for_a_lane_handle_every_row_once_and_in_order(clean: Engine) -> None:
    people = [person() for _ in range(7)]
    publish(people, 210)
    handled: list[int] = []
    failures: list[Exception] = []
    over = time.monotonic() + 20

    def handler(session: Session, batch: Sequence[FactRow]) -> None:
        time.sleep(0.002)
        handled.extend(row.body["n"] for row in batch)

    def compete() -> None:
        try:
            while len(handled) < 210 and time.monotonic() < over:
                with db.transaction() as session:
                    work.drain(session, FactRow, LANE, handler, batch=16)
        except Exception as error:  # noqa: BLE001 - shown by the assertion below
            failures.append(error)

    threads = [threading.Thread(target=compete) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert [n for n, times in Counter(handled).items() if times > 1] == []
    assert sorted(handled) == list(range(210))
    for start in range(7):
        assert [n for n in handled if n % 7 == start] == list(range(start, 210, 7))
    with db.transaction() as session:
        assert set(states(session).values()) == {"done"}


def test_a_lane_that_somebody_drains_is_left_to_them(clean: Engine) -> None:
    publish([person()], 3)
    inside, leave = threading.Event(), threading.Event()

    def slow(session: Session, batch: Sequence[FactRow]) -> None:
        inside.set()
        assert leave.wait(10)

    def drain() -> None:
        with db.transaction() as session:
            work.drain(session, FactRow, LANE, slow)

    thread = threading.Thread(target=drain)
    thread.start()
    try:
        assert inside.wait(10)
        with db.transaction() as session:
            assert work.drain(session, FactRow, LANE, lambda *_: pytest.fail("handled twice")) == 0
    finally:
        leave.set()
        thread.join()
    with db.transaction() as session:
        assert set(states(session).values()) == {"done"}


def test_a_shard_that_is_locked_does_not_hold_up_the_rest_of_its_lane(clean: Engine) -> None:
    held, free = person(shard=LANE), person(shard=LANE + work.LANES)
    publish([held, free], 6)
    done: list[int] = []
    with db.transaction() as holder, db.transaction() as session:
        holder.execute(text("SELECT pg_advisory_xact_lock(hashtext('fact'), :shard)"), {"shard": LANE})
        work.drain(session, FactRow, LANE, lambda _, batch: done.extend(row.body["n"] for row in batch))
    assert done == [1, 3, 5]
    with db.transaction() as session:
        work.drain(session, FactRow, LANE, lambda _, batch: done.extend(row.body["n"] for row in batch))
    assert done[3:] == [0, 2, 4]


def test_rows_published_while_a_lane_is_drained_are_there_for_the_next_drain(clean: Engine) -> None:
    who = person()
    publish([who], 2)

    def handler(session: Session, batch: Sequence[FactRow]) -> None:
        with db.transaction() as other:
            note(other, (who, 9))

    with db.transaction() as session:
        assert work.drain(session, FactRow, LANE, handler) == 2
    with db.transaction() as session:
        assert states(session) == {0: "done", 1: "done", 9: "new"}
        assert work.due_lanes(session, FactRow) == [LANE]
        assert [row.attempts for row in rows(session)] == [0, 0, 0]
