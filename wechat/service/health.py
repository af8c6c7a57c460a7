"""How the accounts do: when WeChat last called, how often, and what waits or failed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hub.kernel import clock, rollups
from wechat.models import Callback, UnionidLookup

_LOOKED_AT = 2000
"""Newest callbacks in which the accounts' last ones are looked for; a quieter account is told by its day."""
WEEK = 7
_COUNTED = ("callbacks", "callbacks_unknown", "followers")


@dataclass(frozen=True, slots=True)
class Health:
    """Hold how one account does; `last_at` None with a `last_day` means a quieter time on that day."""

    last_at: datetime | None
    last_day: date | None
    today: int
    week: int
    unknown: int
    """Callbacks of the week whose kind the hub does not know."""
    waiting: int
    dead: int
    """UnionID look-ups that wait, and that failed for good."""
    error: str | None
    """Why the newest look-up failed for good."""
    daily: tuple[tuple[date, int], ...]
    """Callbacks a day over the last two weeks."""
    followers_week: int
    """How many more people follow than a week ago."""


def health(session: Session) -> dict[str, Health]:
    """Return how every account does that ever called or was asked about, by AppID; nothing is scanned."""
    today = clock.now().date()
    days = [today - timedelta(days=n) for n in range(2 * WEEK - 1, -1, -1)]
    counts = rollups.series(session, _COUNTED, days[0])
    last, lookups = _last(session), _lookups(session)
    appids = {dimension for _, dimension in counts} | last.keys() | lookups.keys()
    return {appid: _health(appid, days, counts, last.get(appid), lookups.get(appid, {})) for appid in appids}


def quiet() -> Health:
    """Return the health of an account that never called."""
    return Health(None, None, 0, 0, 0, 0, 0, None, (), 0)


def _health(
    appid: str,
    days: list[date],
    counts: Mapping[tuple[str, str], Mapping[date, int]],
    last: datetime | None,
    lookups: Mapping[str, tuple[int, str | None]],
) -> Health:
    calls = counts.get(("callbacks", appid), {})
    week = days[-WEEK:]

    def over(metric: str) -> int:
        return sum(counts.get((metric, appid), {}).get(day, 0) for day in week)

    dead, error = lookups.get("dead", (0, None))
    return Health(
        last_at=last,
        last_day=max(calls, default=None),
        today=calls.get(days[-1], 0),
        week=over("callbacks"),
        unknown=over("callbacks_unknown"),
        waiting=lookups.get("new", (0, None))[0],
        dead=dead,
        error=error,
        daily=tuple((day, calls.get(day, 0)) for day in days),
        followers_week=over("followers"),
    )


def _last(session: Session) -> dict[str, datetime]:
    newest = select(Callback.appid, Callback.received_at).order_by(Callback.id.desc()).limit(_LOOKED_AT).subquery()
    query = select(newest.c.appid, func.max(newest.c.received_at)).group_by(newest.c.appid)
    return {appid: at for appid, at in session.execute(query)}


def _lookups(session: Session) -> dict[str, dict[str, tuple[int, str | None]]]:
    found: dict[str, dict[str, tuple[int, str | None]]] = {}
    columns: Any = (UnionidLookup.appid, func.count(), func.max(UnionidLookup.error))
    for state in ("new", "dead"):  # one by one: each has its own partial index
        query = select(*columns).where(UnionidLookup.state == state).group_by(UnionidLookup.appid)
        for appid, n, error in session.execute(query):
            found.setdefault(appid, {})[state] = (n, error)
    return found
