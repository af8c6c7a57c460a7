"""Ids: unique, ordered by the hub's time, of the standard's form."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import RFC_4122, UUID

import pytest

from hub.kernel import clock, ids


def moment(made: UUID) -> datetime:
    return datetime.fromtimestamp((made.int >> 80) / 1000, UTC)


def test_every_id_is_a_uuid_of_version_7() -> None:
    made = [ids.new_id() for _ in range(1000)]
    assert {(one.version, one.variant) for one in made} == {(7, RFC_4122)}


def test_ids_grow_strictly() -> None:
    made = [ids.new_id() for _ in range(20_000)]
    assert all(a < b for a, b in pairwise(made))


def test_ids_grow_strictly_within_each_thread_and_never_meet() -> None:
    made: list[list[UUID]] = [[] for _ in range(8)]
    start = threading.Barrier(8)

    def make(into: list[UUID]) -> None:
        start.wait()
        into.extend(ids.new_id() for _ in range(2000))

    threads = [threading.Thread(target=make, args=(into,)) for into in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(a < b for into in made for a, b in pairwise(into))
    assert len({one for into in made for one in into}) == 8 * 2000


def test_ids_grow_though_the_clock_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    still = clock.now()
    monkeypatch.setattr(clock, "now", lambda: still)
    made = [ids.new_id() for _ in range(2000)]
    assert all(a < b for a, b in pairwise(made))
    assert {one.version for one in made} == {7}


def test_ids_grow_though_the_clock_steps_back_a_little(monkeypatch: pytest.MonkeyPatch) -> None:
    now = clock.now()
    times = iter([now, now - timedelta(milliseconds=900), now - timedelta(milliseconds=1), now])
    monkeypatch.setattr(clock, "now", lambda: next(times))
    made = [ids.new_id() for _ in range(4)]
    assert all(a < b for a, b in pairwise(made))


def test_an_id_tells_the_hubs_time_to_the_millisecond() -> None:
    clock.set_offset(timedelta(days=400))
    before, made, after = clock.now(), moment(ids.new_id()), clock.now()
    assert before - timedelta(milliseconds=1) <= made <= after + timedelta(milliseconds=1)


def test_ids_follow_the_hubs_clock_back_when_a_rehearsal_ends() -> None:
    clock.set_offset(timedelta(days=400))
    ids.new_id()
    clock.set_offset(timedelta(0))
    assert abs(moment(ids.new_id()) - clock.now()) < timedelta(seconds=2)


def test_ids_of_one_millisecond_are_ordered_by_its_fractions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ids, "_last", 0)
    base = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
    made = []
    for micros in range(0, 1000, 50):
        monkeypatch.setattr(clock, "now", lambda at=base + timedelta(microseconds=micros): at)
        made.append(ids.new_id())
    assert {one.int >> 80 for one in made} == {int(base.timestamp() * 1000)}
    fractions = [(one.int >> 64) & 0xFFF for one in made]
    assert fractions == sorted(set(fractions))
