"""Intervals of following, as pure rules."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hub.pool.rules.following import Interval, Point, add, intervals_of, knows, points_of, state
from tests.pool.making import NOON


def at(seconds: int) -> datetime:
    """Return a moment, so many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


def follow(seconds: int) -> Point:
    return Point(at(seconds), True)


def leave(seconds: int) -> Point:
    return Point(at(seconds), False)


def shape(intervals: list[Interval]) -> list[tuple[int | None, int | None]]:
    """Return the ends of intervals in seconds after noon."""
    return [
        (
            None if i.began_at is None else int((i.began_at - NOON).total_seconds()),
            None if i.ended_at is None else int((i.ended_at - NOON).total_seconds()),
        )
        for i in intervals
    ]


POINTS = st.dictionaries(st.integers(0, 40), st.booleans(), min_size=1, max_size=12)


@given(POINTS, st.randoms(use_true_random=False), st.integers(1, 4))
def test_any_order_of_the_same_follows_and_unfollows_makes_the_same_intervals(
    points: dict[int, bool], lot: object, size: int
) -> None:
    told = [Point(at(seconds), following) for seconds, following in points.items()]
    wanted = intervals_of(sorted(told, key=lambda point: point.at))
    lot.shuffle(told)  # type: ignore[attr-defined]
    found: list[Interval] = []
    for start in range(0, len(told), size):
        found = add(found, told[start : start + size])
    assert found == wanted
    assert add(found, told) == wanted
    last = max(points)
    assert state(found) == (points[last], at(last))


@given(POINTS)
def test_nothing_that_was_told_is_lost(points: dict[int, bool]) -> None:
    told = [Point(at(seconds), following) for seconds, following in sorted(points.items())]
    assert points_of(intervals_of(told)) == told


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=12))
def test_what_happens_within_one_second_keeps_its_order_of_arrival_and_one_row_a_moment(
    told: list[tuple[int, bool]],
) -> None:
    found: list[Interval] = []
    for seconds, following in told:
        found = add(found, [Point(at(seconds), following)])
    moments = [interval.at for interval in found]
    assert moments == sorted(set(moments))


def test_an_unfollow_that_overtakes_its_follow_waits_for_it() -> None:
    early = add([], [leave(10)])
    assert shape(early) == [(None, 10)]
    assert shape(add(early, [follow(5)])) == [(5, 10)]


def test_a_late_follow_between_two_unfollows_takes_the_second() -> None:
    assert shape(add([], [follow(1), leave(2), leave(9), follow(4)])) == [(1, 2), (4, 9)]


def test_follow_and_unfollow_in_one_second_end_as_they_came() -> None:
    assert state(add([], [follow(1), leave(1)])) == (False, at(1))
    assert state(add([], [follow(0), leave(1), follow(1)])) == (True, at(1))


def test_a_follow_known_by_push_is_known_whichever_second_wechat_gives_it() -> None:
    known = add([], [follow(100)])
    assert knows(known, at(100))
    assert knows(known, at(102))
    assert knows(known, at(98))
    assert not knows(known, at(400))


def test_a_follow_after_an_unfollow_is_another_one() -> None:
    known = add([], [follow(100), leave(110)])
    assert not knows(known, at(130))
    assert knows(known, at(100))
