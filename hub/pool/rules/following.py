"""When somebody followed an account: intervals, whatever order the follows and unfollows are learnt in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import cast

SLACK = timedelta(seconds=60)
"""How far apart WeChat's two accounts of one follow, its push and its subscribe_time, may be."""


@dataclass(frozen=True, slots=True)
class Point:
    """Hold one follow or unfollow: when it happened and how it was learnt (push, sync or reconcile)."""

    at: datetime
    following: bool
    source: str = "push"
    scene: str = ""
    subscribe_scene: str = ""


@dataclass(frozen=True, slots=True)
class Interval:
    """Hold one time of following.

    `began_at` None: the follow before this unfollow was never learnt. `ended_at` None: following still, or, with a
    later interval behind it, until a moment that was never learnt. At least one of them is set. `source` and the scenes
    are those of the follow, or the source of the unfollow where there is no follow.
    """

    began_at: datetime | None
    ended_at: datetime | None
    source: str = "push"
    ended_source: str = ""
    scene: str = ""
    subscribe_scene: str = ""

    @property
    def at(self) -> datetime:
        """Return the first moment known of it, by which the intervals of one identity are told apart and ordered."""
        return cast("datetime", self.began_at or self.ended_at)


def points_of(intervals: Iterable[Interval]) -> list[Point]:
    """Return the follows and unfollows behind `intervals`, in order of time."""
    points = []
    for each in sorted(intervals, key=lambda interval: interval.at):
        if each.began_at is not None:
            points.append(Point(each.began_at, True, each.source, each.scene, each.subscribe_scene))
        if each.ended_at is not None:
            points.append(Point(each.ended_at, False, each.ended_source or each.source))
    return points


def intervals_of(points: Sequence[Point]) -> list[Interval]:
    """Return the intervals that `points`, in order of time, make: a follow ends with the unfollow next to it."""
    made: list[Interval] = []
    for point in points:
        last = made[-1] if made else None
        if point.following:
            if last is not None and last.at == point.at:
                made.pop()  # an unfollow with no follow before it, undone in its own second
            made.append(Interval(point.at, None, point.source, "", point.scene, point.subscribe_scene))
        elif last is not None and last.ended_at is None:
            made[-1] = replace(last, ended_at=point.at, ended_source=point.source)
        else:
            made.append(Interval(None, point.at, point.source, point.source))
    return made


def add(intervals: Iterable[Interval], new: Iterable[Point]) -> list[Interval]:
    """Return `intervals` with what is learnt `new`: its order does not matter, and twice changes nothing.

    Of a follow and an unfollow in the same second the one that is learnt last is taken for the later one.
    """
    points = points_of(intervals)
    for point in new:
        if any(known.at == point.at and known.following == point.following for known in points):
            continue
        place = next((n for n, known in enumerate(points) if known.at > point.at), len(points))
        points.insert(place, point)
    return intervals_of(points)


def knows(intervals: Iterable[Interval], since: datetime) -> bool:
    """Tell whether a follow that WeChat dates `since` is among `intervals` already, give or take SLACK."""
    points = points_of(intervals)
    return any(
        point.following and abs(point.at - since) <= SLACK and not _left_between(points, point.at, since)
        for point in points
    )


def state(intervals: Sequence[Interval]) -> tuple[bool, datetime]:
    """Return whether somebody with these intervals (at least one) follows now, and since when that is so."""
    last = points_of(intervals)[-1]
    return last.following, last.at


def _left_between(points: Iterable[Point], one: datetime, other: datetime) -> bool:
    early, late = min(one, other), max(one, other)
    return any(not point.following and early < point.at < late for point in points)
