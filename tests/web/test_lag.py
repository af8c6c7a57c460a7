"""How far behind the drains are: exact while little waits, "so many or more" when much does."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from hub.kernel import clock, outbox, rollups
from hub.kernel.db import transaction
from hub.kernel.ids import new_id
from hub.pool.facts import MqlReached
from hub.pool.service import OPENID, IdentityRef
from hub.web import lag, overview
from hub.web.app import create_app
from hub.web.board import board
from hub.web.tables import fold_counters
from hub.web.words import WORDS
from tests.sample import APPID, apply_sample
from wechat.service import health
from wechat.service.handling import ask_for_unionids


def publish(count: int) -> None:
    """Write facts that nobody drains."""
    with transaction() as session:
        outbox.publish(session, [MqlReached(person_id=new_id(), model_version=1, score=60) for _ in range(count)])


@pytest.mark.parametrize(("rows", "most", "told"), [(3, 10, 3), (9, 4, 4)])
def test_rows_are_counted_as_far_as_asked_and_the_oldest_is_known(
    clean: Engine, rows: int, most: int, told: int
) -> None:
    clock.set_offset(timedelta(hours=-1))
    publish(1)
    clock.set_offset(timedelta(0))
    publish(rows - 1)
    found = lag.read(most=most)["fact"]
    assert (found.waiting, found.dead) == (told, 0)
    assert 3600 <= found.oldest_seconds < 3700


def test_dead_letters_are_counted_apart(clean: Engine) -> None:
    publish(5)
    with transaction() as session:
        session.execute(text("UPDATE fact SET state = 'dead' WHERE id IN (SELECT id FROM fact LIMIT 3)"))
    found = lag.read(most=2)["fact"]
    assert (found.waiting, found.dead) == (2, 2)


def test_a_long_backlog_is_shown_as_so_many_or_more(clean: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(5)
    monkeypatch.setattr("hub.web.board.MOST", 3)
    with transaction() as session:
        (fact,) = [item for item in board(overview.read(session), WORDS["en"])["lags"] if item["key"] == "fact"]
    assert fact["oldest"].startswith("or more, oldest")


def test_an_account_tells_how_many_look_ups_wait(clean: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    apply_sample()
    with transaction() as session:
        ask_for_unionids(session, [IdentityRef(OPENID, APPID, f"o-{n}") for n in range(5)])
        session.execute(text("UPDATE unionid_lookup SET state = 'dead', error = 'Refused' WHERE openid = 'o-1'"))
    with transaction() as session:
        found = health(session)[APPID]
        assert (found.waiting, found.dead, found.error) == (4, 1, "Refused")
        monkeypatch.setitem(health.__globals__, "MOST", 3)
        assert health(session)[APPID].waiting == 3


def test_the_clock_folds_the_counters_of_every_day_that_is_over(clean: Engine) -> None:
    for day in range(-4, 1):
        clock.set_offset(timedelta(days=day))
        with transaction() as session:
            rollups.add(session, {("people", ""): 1})
    fold_counters()
    with transaction() as session:
        assert session.scalar(text("SELECT count(*) FROM rollup_day")) == 3
        assert rollups.totals(session) == {"people": {"": 5}}


def test_metrics_say_how_far_they_count(clean: Engine) -> None:
    app: Flask = create_app()
    assert "Work rows waiting, counted up to 100000" in app.test_client().get("/metrics").text
