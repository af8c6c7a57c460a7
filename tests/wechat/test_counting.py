"""Callbacks and calls of each account by the hour, written together and never one by one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from hub.kernel import clock
from hub.kernel.db import transaction
from hub.kernel.tally import Tally
from wechat import service
from wechat.client.watching import saw
from wechat.models import AccountHour
from wechat.service import counting

APPID = "wx000000000000000a"


@pytest.fixture(autouse=True)
def _own_tally(clean: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(counting, "TALLY", Tally(counting.store, every=3600))
    yield


def rows() -> int:
    with transaction() as session:
        return session.scalar(select(func.count()).select_from(AccountHour)) or 0


def test_a_thousand_refusals_write_nothing_until_they_are_written_as_one_row() -> None:
    for _ in range(1000):
        counting.note(APPID, counting.REFUSED)
    assert rows() == 0
    counting.TALLY.flush()
    for what in (counting.RECEIVED, counting.REFUSED):
        counting.note(APPID, what)
    counting.TALLY.flush()
    assert rows() == 1
    with transaction() as session:
        found = counting.lately(session)[APPID]
    assert (found.refused, found.received) == (1001, 1)
    assert found.refusal_rate == pytest.approx(1001 / 1002)
    assert found.error_rate is None


def test_every_call_to_wechat_is_counted_by_how_it_ended() -> None:
    for ok in (True, True, False):
        saw(APPID, ok=ok)
    counting.TALLY.flush()
    with transaction() as session:
        assert service.health(session)[APPID].lately.error_rate == pytest.approx(1 / 3)


def test_older_hours_are_not_told_and_not_kept_for_long() -> None:
    now = clock.now()
    hours = [now - counting.timedelta(hours=n) for n in (1, 30, 24 * 9)]
    with transaction() as session:
        counting.store(session, {(APPID, counting.REFUSED, hour): 1 for hour in hours})
        assert counting.lately(session)[APPID].refused == 1
    assert rows() == 2


def test_what_cannot_be_written_waits_and_is_written_next_time() -> None:
    written: list[int] = []

    def write(_session: Session, counts: object) -> None:
        if not written:
            written.append(0)
            raise ConnectionError
        written.append(sum(counts.values()))  # type: ignore[attr-defined]

    tally: Tally[str] = Tally(write, every=3600)
    tally.add("a")
    tally.flush()
    tally.add("a")
    tally.flush()
    assert written == [0, 2]
