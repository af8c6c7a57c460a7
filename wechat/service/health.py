"""How the accounts do: when WeChat last called, how often, and what waits or failed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from hub.group import service as group
from hub.kernel import clock, rollups
from wechat.models import Callback
from wechat.service.counting import NOTHING, Lately, lately

_LOOKED_AT = 2000
"""Newest callbacks in which the accounts' last ones are looked for; a quieter account is told by its day."""
MOST = 10_000
"""As far as look-ups are counted: after an import of followers a million may wait."""
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
    """UnionID look-ups that wait, and that failed for good; MOST means so many or more."""
    error: str | None
    """Why the newest look-up failed for good."""
    daily: tuple[tuple[date, int], ...]
    """Callbacks a day over the last two weeks."""
    followers_week: int
    """How many more people follow than a week ago."""
    lately: Lately = NOTHING
    """Over the last 24 hours."""

    @property
    def more(self) -> bool:
        """Tell whether more look-ups may wait than were counted."""
        return self.waiting >= MOST


def health(session: Session) -> dict[str, Health]:
    """Return how every account does that ever called or was asked about, by AppID; nothing is scanned."""
    today = clock.now().date()
    days = [today - timedelta(days=n) for n in range(2 * WEEK - 1, -1, -1)]
    counts = rollups.series(session, _COUNTED, days[0])
    last, lookups, hours = _last(session), _lookups(session), lately(session)
    appids = {dimension for _, dimension in counts} | last.keys() | lookups.keys() | hours.keys()
    found = {appid: _health(appid, days, counts, last.get(appid), lookups.get(appid, {})) for appid in appids}
    return {appid: replace(one, lately=hours.get(appid, NOTHING)) for appid, one in found.items()}


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
    """Return (number up to MOST, an error) of each account's look-ups by state, by one short walk of an index each."""
    found: dict[str, dict[str, tuple[int, str | None]]] = {}
    appids = [account.appid for account in group.accounts(session)]
    for appid, state, n, error in session.execute(_LOOKUPS, {"appids": appids, "most": MOST}):
        found.setdefault(appid, {})[state] = (n, error)
    return found


_LOOKUPS = text(
    " UNION ALL ".join(
        f"SELECT appid, '{state}', c.n, c.error FROM unnest(cast(:appids AS text[])) AS appid, LATERAL ("
        " SELECT count(*) AS n, max(error) AS error FROM ("
        f"  SELECT error FROM unionid_lookup u WHERE u.appid = appid.appid AND u.state = '{state}' LIMIT :most) AS few"
        ") AS c WHERE c.n > 0"
        for state in ("new", "dead")  # apart: each has a partial index of its own
    )
)
