"""Partitions: ahead of time, dropped when over, without gap or overlap."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from hub.kernel import db
from hub.kernel.partitions import Partitioned, _name, _ranges, ensure, partitions_of

DAYS = Partitioned("slot", "day", behind=2, ahead=3, drop_old=True)
MONTHS = Partitioned("slot", "month", behind=1, ahead=2, drop_old=True)


@contextmanager
def table(session: Session, column: str = "day date") -> Iterator[Session]:
    with session.begin_nested() as undone:
        session.execute(text(f"CREATE TABLE slot ({column}) PARTITION BY RANGE (day)"))
        yield session
        undone.rollback()


@given(st.dates(date(1900, 1, 1), date(9000, 1, 1)), st.integers(-1, 20), st.integers(0, 20))
@example(date(2028, 2, 29), 2, 2)
@example(date(2026, 12, 31), 1, 1)
@example(date(2027, 1, 1), 1, 1)
def test_ranges_follow_each_other_without_a_gap(today: date, behind: int, ahead: int) -> None:
    for by in ("day", "month"):
        spec = Partitioned("slot", by, behind=behind, ahead=ahead, drop_old=True)
        ranges = list(_ranges(spec, today))
        assert len(ranges) == behind + ahead + 1
        assert all(start < end for start, end in ranges)
        assert all(a[1] == b[0] for a, b in pairwise(ranges))
        assert [start <= today < end for start, end in ranges].count(True) == (1 if behind >= 0 else 0)
        names = [_name(spec, start) for start, _ in ranges]
        assert names == sorted(set(names))


@given(st.dates(date(1900, 1, 1), date(9000, 1, 1)), st.integers(-1, 30), st.integers(0, 30))
def test_a_month_is_a_whole_month_whatever_the_day(today: date, behind: int, ahead: int) -> None:
    spec = Partitioned("slot", "month", behind=behind, ahead=ahead, drop_old=True)
    ranges = list(_ranges(spec, today))
    assert all(start.day == end.day == 1 and 28 <= (end - start).days <= 31 for start, end in ranges)
    assert ranges == list(_ranges(spec, today.replace(day=1)))
    if behind >= 0:
        assert ranges[behind][0] == today.replace(day=1)


def test_partitions_are_made_around_today(session: Session) -> None:
    with table(session):
        ensure(session, DAYS, date(2028, 2, 28))
        made = sorted(partitions_of(session, "slot"))
        days = ["20280226", "20280227", "20280228", "20280229", "20280301", "20280302"]
        assert made == [f"slot_{day}" for day in days]
        session.execute(text("INSERT INTO slot VALUES ('2028-02-26'), ('2028-02-29'), ('2028-03-02')"))
        assert session.scalar(text("SELECT tableoid::regclass::text FROM slot WHERE day = '2028-02-29'")) == made[3]
        with pytest.raises(IntegrityError), session.begin_nested():
            session.execute(text("INSERT INTO slot VALUES ('2028-03-03')"))


def test_months_run_over_the_end_of_a_year(session: Session) -> None:
    with table(session):
        ensure(session, MONTHS, date(2026, 12, 31))
        assert sorted(partitions_of(session, "slot")) == ["slot_202611", "slot_202612", "slot_202701", "slot_202702"]
        session.execute(text("INSERT INTO slot VALUES ('2026-12-31'), ('2027-01-01'), ('2027-02-28')"))


def test_a_time_belongs_to_its_day_in_utc(session: Session) -> None:
    with table(session, "day timestamptz"):
        ensure(session, DAYS, date(2026, 3, 1))
        for at in (datetime(2026, 2, 28, 23, 59, 59, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)):
            session.execute(text("INSERT INTO slot VALUES (:at)"), {"at": at})
        where = session.execute(text("SELECT tableoid::regclass::text FROM slot ORDER BY day")).scalars().all()
        assert where == ["slot_20260228", "slot_20260301"]


def test_twice_changes_nothing(session: Session) -> None:
    with table(session):
        ensure(session, DAYS, date(2026, 3, 1))
        session.execute(text("INSERT INTO slot VALUES ('2026-03-01')"))
        before = partitions_of(session, "slot")
        ensure(session, DAYS, date(2026, 3, 1))
        assert partitions_of(session, "slot") == before
        assert session.scalar(text("SELECT count(*) FROM slot")) == 1


def test_the_next_day_makes_one_and_drops_one_with_its_rows(session: Session) -> None:
    with table(session):
        ensure(session, DAYS, date(2026, 2, 28))
        session.execute(text("INSERT INTO slot VALUES ('2026-02-26'), ('2026-02-27')"))
        before = partitions_of(session, "slot")
        ensure(session, DAYS, date(2026, 3, 1))
        after = partitions_of(session, "slot")
        assert (before - after, after - before) == ({"slot_20260226"}, {"slot_20260304"})
        assert session.execute(text("SELECT day FROM slot")).scalars().all() == [date(2026, 2, 27)]
        assert session.scalar(text("SELECT to_regclass('slot_20260226')")) is None


def test_nothing_old_is_dropped_unless_asked(session: Session) -> None:
    with table(session):
        keeping = Partitioned("slot", "month", behind=0, ahead=0, drop_old=False)
        for step in range(4):
            ensure(session, keeping, date(2026, 11, 15) + timedelta(days=30 * step))
        assert sorted(partitions_of(session, "slot")) == ["slot_202611", "slot_202612", "slot_202701", "slot_202702"]


def test_a_long_pause_leaves_no_gap_around_today(session: Session) -> None:
    with table(session):
        ensure(session, DAYS, date(2026, 1, 1))
        ensure(session, DAYS, date(2026, 6, 1))
        made = sorted(partitions_of(session, "slot"))
        assert made == [f"slot_{date(2026, 5, 30) + timedelta(days=n):%Y%m%d}" for n in range(6)]


def test_two_that_make_partitions_at_once_both_succeed(database: Engine) -> None:
    spec = Partitioned("slot_race", "day", behind=5, ahead=5, drop_old=True)
    failures: list[Exception] = []
    start = threading.Barrier(4)

    def make(today: date) -> None:
        try:
            with db.transaction() as session:
                start.wait()
                ensure(session, spec, today)
        except Exception as error:  # noqa: BLE001 - shown by the assertion below
            failures.append(error)

    with database.begin() as connection:
        connection.execute(text("CREATE TABLE slot_race (day date) PARTITION BY RANGE (day)"))
    try:
        days = [date(2026, 3, 1), date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 2)]
        threads = [threading.Thread(target=make, args=(day,)) for day in days]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with db.transaction() as session:
            made = partitions_of(session, "slot_race")
    finally:
        with database.begin() as connection:
            connection.execute(text("DROP TABLE slot_race"))
    assert failures == []
    assert {f"slot_race_202603{day:02}" for day in range(1, 7)} <= made


def test_an_unknown_table_has_no_partitions(session: Session) -> None:
    assert partitions_of(session, "no_such_table") == set()
