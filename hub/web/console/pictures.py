"""The overview's charts with the numbers behind them: drawn with the page, and anew when the figures have moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from bu_routing.rules.states import STATES
from hub.kernel import clock, rollups
from hub.kernel.access import allow
from hub.kernel.db import transaction
from hub.web import overview as state
from hub.web.console import charts
from hub.web.console.charts import Mark
from hub.web.console.page import WATCHERS, blp, label, page, way
from hub.web.languages import _, language
from hub.web.overview import AccountTraffic, BuLeads, Overview

PERIOD, WEEK = 30, 7
MOST = 8
"""Bars that one chart holds; all of them are in the table beside it."""
_METRICS = ("people", "mqls")


@dataclass(frozen=True, slots=True)
class Growth:
    """Hold what came day by day, the same number of days before it, and the chart of both."""

    days: tuple[tuple[date, int, int], ...]
    """(day, n, n of the day one period earlier)"""
    total: int
    total_before: int
    svg: str


@dataclass(frozen=True, slots=True)
class Newcomers:
    """Hold an account's followers gained: today, in a week, in the week before, and a small line of both weeks."""

    today: int
    week: int
    week_before: int
    spark: str


@dataclass(frozen=True, slots=True)
class Pictures:
    """Hold everything drawn on the overview."""

    growth: Mapping[str, Growth]
    newcomers: Mapping[str, Newcomers]
    gained: str | None
    leads: str | None


@blp.get("/overview/pictures")
@allow(*WATCHERS)
def pictures() -> str:
    """Give the overview's charts anew, as a piece of its page."""
    with transaction() as session:
        return page(session, "_pictures.html", pictures=read(session, state.read(session)))


def read(session: Session, overview: Overview) -> Pictures:
    """Return the charts of now."""
    today = clock.now().date()
    days = [today - timedelta(days=n) for n in range(2 * PERIOD - 1, -1, -1)]
    counts = rollups.series(session, (*_METRICS, "followers"), days[0])
    newcomers = {
        account.appid: _newcomers([counts.get(("followers", account.appid), {}).get(day, 0) for day in days])
        for account in overview.accounts
    }
    return Pictures(
        growth={
            metric: _growth(days[PERIOD:], [counts.get((metric, ""), {}).get(day, 0) for day in days])
            for metric in _METRICS
        },
        newcomers=newcomers,
        gained=_gained(overview.accounts, newcomers),
        leads=_leads(overview.bus),
    )


def compact(n: float) -> str:
    """Return a number where the space is small: 1.2 万, in English 12k."""
    unit, word = (1_000, "k") if language() == "en" else (10_000, " 万")
    return f"{n:,.0f}" if abs(n) < 10_000 else f"{n / unit:,.1f}".removesuffix(".0") + word


def _growth(days: Sequence[date], row: Sequence[int]) -> Growth:
    before, now = row[:PERIOD], row[PERIOD:]
    labels = [f"{day:%m-%d}" for day in days]
    marks = [
        Mark(n, _("%(day)s：%(n)s，30 天前 %(m)s", day=day, n=f"{n:,}", m=f"{m:,}"))
        for day, n, m in zip(labels, now, before, strict=True)
    ]
    svg = charts.lines(labels, marks, before, compact)
    return Growth(tuple(zip(days, now, before, strict=True)), sum(now), sum(before), svg)


def _newcomers(row: Sequence[int]) -> Newcomers:
    fortnight = row[-2 * WEEK :]
    return Newcomers(row[-1], sum(fortnight[WEEK:]), sum(fortnight[:WEEK]), charts.spark(fortnight))


def _gained(accounts: Sequence[AccountTraffic], newcomers: Mapping[str, Newcomers]) -> str | None:
    shown = accounts[:MOST]
    if not any(newcomers[a.appid].week or newcomers[a.appid].week_before for a in shown):
        return None
    series: dict[str, list[Mark]] = {"now": [], "before": []}
    for account in shown:
        gained, url = newcomers[account.appid], way("console.touchpoint", appid=account.appid)
        series["now"].append(Mark(gained.week, f"{account.name} · {_('7 天')} {gained.week:+,}", url))
        series["before"].append(
            Mark(gained.week_before, f"{account.name} · {_('前 7 天')} {gained.week_before:+,}", url)
        )
    return charts.bars([a.name for a in shown], series, compact)


def _leads(bus: Sequence[BuLeads]) -> str | None:
    shown = bus[:MOST]
    series = {
        f"s-{key}": [
            Mark(
                bu.states[key],
                f"{bu.name} · {label('states', key)} {bu.states[key]:,}",
                way("console.leads", bu=bu.slug, state=key),
            )
            for bu in shown
        ]
        for key in STATES
        if any(bu.states[key] for bu in shown)
    }
    return charts.bars([bu.name for bu in shown], series, compact, stacked=True) if series else None
