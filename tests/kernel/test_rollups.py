"""Counters: sums over days and slots, moved with the work or not at all."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import suppress
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from hub.kernel import clock, db, rollups
from hub.kernel.rollups import Rollup

_names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5)
_counts = st.dictionaries(st.tuples(_names, _names), st.integers(-1000, 10**12), max_size=6)


@given(st.lists(_counts, max_size=5))
@settings(max_examples=30, deadline=None)
def test_totals_are_the_sums_of_what_was_added(database: Engine, added: list[dict[tuple[str, str], int]]) -> None:
    expected: Counter[tuple[str, str]] = Counter()
    with Session(database) as session:  # closed without a commit: nothing stays
        for counts in added:
            rollups.add(session, counts)
            expected.update({key: n for key, n in counts.items() if n})
        totals = rollups.totals(session)
    assert {(metric, of): n for metric, inner in totals.items() for of, n in inner.items()} == expected


def test_each_day_has_counters_of_its_own(session: Session) -> None:
    rollups.add(session, {("people", ""): 2})
    session.commit()
    clock.set_offset(timedelta(days=1))
    rollups.add(session, {("people", ""): 3})
    session.commit()
    per_day = session.execute(select(Rollup.day, func.sum(Rollup.n)).group_by(Rollup.day).order_by(Rollup.day)).all()
    assert [n for _, n in per_day] == [2, 3]
    assert rollups.totals(session) == {"people": {"": 5}}


def test_many_additions_take_no_more_rows_than_slots(session: Session) -> None:
    for _ in range(100):
        rollups.add(session, {("people", ""): 1})
        session.commit()
    assert 1 < (session.scalar(select(func.count()).select_from(Rollup)) or 0) <= 16
    assert rollups.totals(session) == {"people": {"": 100}}


def test_nothing_is_lost_between_threads(clean: Engine) -> None:
    def count() -> None:
        for _ in range(25):
            with db.transaction() as session:
                rollups.add(session, {("b", "x"): 1, ("a", "y"): 2})

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with db.transaction() as session:
        assert rollups.totals(session) == {"b": {"x": 100}, "a": {"y": 200}}


def test_work_that_is_rolled_back_is_not_counted(clean: Engine) -> None:
    with suppress(KeyError), db.transaction() as session:
        rollups.add(session, {("people", ""): 1})
        raise KeyError
    with db.transaction() as session:
        assert rollups.totals(session) == {}


def test_a_savepoint_that_is_rolled_back_takes_its_counts_along(session: Session) -> None:
    rollups.add(session, {("kept", ""): 1})
    with suppress(KeyError), session.begin_nested():
        rollups.add(session, {("lost", ""): 1})
        with session.begin_nested():
            rollups.add(session, {("lost", "inner"): 1})
        raise KeyError
    with session.begin_nested():
        rollups.add(session, {("kept", ""): 1})
        with suppress(KeyError), session.begin_nested():
            rollups.add(session, {("lost", ""): 1})
            raise KeyError
    assert rollups.totals(session) == {"kept": {"": 2}}


def test_counts_are_written_once_and_not_before_the_end(clean: Engine) -> None:
    with db.transaction() as session:
        with session.begin_nested():
            rollups.add(session, {("people", ""): 1})
        assert session.scalar(select(func.count()).select_from(Rollup)) == 0
        assert rollups.totals(session) == {"people": {"": 1}}
        assert rollups.totals(session) == {"people": {"": 1}}
    with db.transaction() as session:
        assert rollups.totals(session) == {"people": {"": 1}}


def test_days_that_are_folded_count_as_before_in_totals_and_day_by_day(session: Session) -> None:
    today = clock.now().date()
    for n, day in enumerate((0, 1, 5, 5, 6), start=1):
        clock.set_offset(timedelta(days=day))
        for slot in range(3):
            rollups.add(session, {("people", ""): n, ("followers", f"a{slot}"): -n})
            session.commit()
    totals = rollups.totals(session)
    days = rollups.series(session, ("people", "followers"), today)
    folded = 0
    while rollups.fold(session):
        folded += 1
        assert rollups.totals(session) == totals
        assert rollups.series(session, ("people", "followers"), today) == days
    assert folded == 2  # today and yesterday stay open
    assert (
        session.scalar(select(func.count()).where(Rollup.day < today + timedelta(days=5))) == 4
    )  # one for each counter


def test_who_counts_on_a_day_that_was_folded_is_counted_too(session: Session) -> None:
    rollups.add(session, {("people", ""): 2})
    session.commit()
    clock.set_offset(timedelta(days=9))
    assert rollups.fold(session)
    clock.set_offset(timedelta(0))
    rollups.add(session, {("people", ""): 3})
    session.commit()
    assert rollups.totals(session) == {"people": {"": 5}}
    clock.set_offset(timedelta(days=9))
    assert rollups.fold(session)
    assert not rollups.fold(session)
    assert rollups.totals(session) == {"people": {"": 5}}
    (counted,) = rollups.series(session, ("people",), clock.now().date() - timedelta(days=30)).values()
    assert list(counted.values()) == [5]
