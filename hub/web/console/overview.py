"""The overview: where everybody stands, and the way from each figure to the rows behind it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta

from flask import redirect, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from bu_routing.rules.states import ACCEPTED, LOST, OPPORTUNITY, QUALIFIED, WON
from hub.kernel import clock, rollups
from hub.kernel.access import BU_USERS, USER_ROLES, allow, caller
from hub.kernel.db import transaction
from hub.web import overview as state
from hub.web.board import blank_states, board
from hub.web.console.alarms import read_alarms
from hub.web.console.charts import Lines, lines, spark
from hub.web.console.page import blp, page, way
from hub.web.languages import language
from hub.web.words import WORDS

PERIOD = 30
_WORKED = ",".join((ACCEPTED, QUALIFIED, OPPORTUNITY, WON, LOST))


@dataclass(frozen=True, slots=True)
class Newcomers:
    """Hold an account's followers gained: today, in a week, and day by day for a small line."""

    today: int
    week: int
    spark: str


@blp.get("/")
@allow(*USER_ROLES)
def overview() -> str | Response:
    """Show where everybody stands; a business unit's people begin with their queue."""
    if caller().role in BU_USERS:
        return redirect(url_for(".queue"))
    words = WORDS[language()]
    alarms = read_alarms()
    with transaction() as session:
        return page(
            session,
            "overview.html",
            alarms=alarms,
            w=words,
            board=board(state.read(session), words),
            blank_states=blank_states(words),
            series=_series(session),
            newcomers=_newcomers(session),
            ways=_ways(),
            source=url_for("live.data", lang=language()),
        )


def _days(periods: int) -> list[date]:
    today = clock.now().date()
    return [today - timedelta(days=n) for n in range(periods * PERIOD - 1, -1, -1)]


def _series(session: Session) -> dict[str, Lines]:
    """Return people and MQLs by day, with the period before."""
    days = _days(2)
    counts = rollups.series(session, ("people", "mqls"), days[0])
    rows = {metric: [counts.get((metric, ""), {}).get(day, 0) for day in days] for metric in ("people", "mqls")}
    return {metric: lines(days[PERIOD:], row[PERIOD:], row[:PERIOD]) for metric, row in rows.items()}


def _newcomers(session: Session) -> dict[str, Newcomers]:
    days = _days(1)[-14:]
    counts = rollups.series(session, ("followers",), days[0])
    rows = {appid: [by_day.get(day, 0) for day in days] for (_, appid), by_day in counts.items()}
    return {appid: Newcomers(row[-1], sum(row[-7:]), spark(row)) for appid, row in rows.items()}


def _ways() -> dict[str, str | None]:
    """Return where each figure of the head line and the funnel leads."""
    return {
        "callbacks": way("console.touchpoints"),
        "people": way("console.people"),
        "fans": _people({"field": "follows", "gte": 1}),
        "registered": _people({"field": "registered", "equals": True}),
        "mqls": _people({"field": "lifecycle", "equals": "qualified"}),
        "leads": way("console.leads"),
        "accepted": way("console.leads", state=_WORKED),
    }


def _people(condition: dict[str, object]) -> str | None:
    return way("console.people", when=json.dumps(condition, ensure_ascii=False))
