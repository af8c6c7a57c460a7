"""A read that has a deadline: done in time, or given up without holding anybody."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from hub.kernel.deadlines import Reader, TooLate


def test_what_is_read_in_time_comes_back(clean: Engine) -> None:
    reader = Reader(threads=1)
    assert reader.read(lambda session: session.scalar(text("SELECT 7")), within=10) == 7
    assert reader.read(lambda session: session.scalar(text("SHOW statement_timeout")), within=10) == "10s"


def test_what_takes_longer_is_given_up_and_the_thread_goes_on(clean: Engine) -> None:
    reader, released = Reader(threads=1), threading.Event()
    with pytest.raises(TooLate, match="TimeoutError"):
        reader.read(lambda _: released.wait(10), within=0.01)
    with pytest.raises(TooLate):
        reader.read(lambda session: session.scalar(text("SELECT 1")), within=0.01)
    released.set()
    assert reader.read(lambda session: session.scalar(text("SELECT 7")), within=10) == 7


def test_a_database_that_is_away_is_too_late_at_once(clean: Engine) -> None:
    def away(_: Session) -> None:
        raise OSError

    with pytest.raises(TooLate, match="OSError"):
        Reader(threads=1).read(away, within=10)


def test_a_mistake_is_a_mistake(clean: Engine) -> None:
    with pytest.raises(ZeroDivisionError):
        Reader(threads=1).read(lambda _: 1 / 0, within=10)
