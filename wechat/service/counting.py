"""Count callbacks and calls per account and hour: in memory, and written every few seconds whatever comes in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from hub.kernel import bulk, clock
from hub.kernel.tally import Tally
from wechat.client.watching import WATCHERS
from wechat.models import AccountHour

RECEIVED, REFUSED, CALL, CALL_FAILED = _COLUMNS = ("received", "refused", "calls", "failed")
"""A callback taken in, one turned away (signature, time, form); a call that WeChat did, and one that failed."""
_DAY, _KEPT = timedelta(hours=24), timedelta(days=8)

Key = tuple[str, str, datetime]
"""(AppID, what, hour)"""


@dataclass(frozen=True, slots=True)
class Lately:
    """Hold what happened between WeChat and one account over the last 24 hours, by whole hours."""

    received: int = 0
    refused: int = 0
    calls: int = 0
    failed: int = 0

    @property
    def refusal_rate(self) -> float | None:
        """Return which part of the callbacks was turned away, None without any."""
        return _rate(self.refused, self.received)

    @property
    def error_rate(self) -> float | None:
        """Return which part of the calls to WeChat failed, None without any."""
        return _rate(self.failed, self.calls)


NOTHING = Lately()


def note(appid: str, what: str) -> None:
    """Count one callback or call of one of the group's accounts; nothing is written here."""
    TALLY.add((appid, what, _hour(clock.now())))


def lately(session: Session) -> dict[str, Lately]:
    """Return what happened over the last 24 hours, by AppID."""
    sums = [func.sum(getattr(AccountHour, name)) for name in _COLUMNS]
    query = select(AccountHour.appid, *sums).where(AccountHour.hour > clock.now() - _DAY).group_by(AccountHour.appid)
    return {appid: Lately(*map(int, counts)) for appid, *counts in session.execute(query)}


def store(session: Session, counts: Mapping[Key, int]) -> None:
    """Add `counts` to the hours they belong to, and drop the hours that nobody looks at any more."""
    rows: dict[tuple[str, datetime], dict[str, object]] = {}
    for (appid, what, hour), n in counts.items():
        row = rows.setdefault((appid, hour), {"appid": appid, "hour": hour, **dict.fromkeys(_COLUMNS, 0)})
        row[what] = n
    added = ", ".join(f"{name} = account_hour.{name} + excluded.{name}" for name in _COLUMNS)
    ordered = [rows[key] for key in sorted(rows)]
    bulk.insert_rows(session, AccountHour, ordered, conflict=f"(appid, hour) DO UPDATE SET {added}")
    session.execute(delete(AccountHour).where(AccountHour.hour < clock.now() - _KEPT))


def _called(appid: str, ok: bool) -> None:  # noqa: FBT001 - the form of a watcher
    note(appid, CALL if ok else CALL_FAILED)


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def _rate(wrong: int, right: int) -> float | None:
    return wrong / (wrong + right) if wrong + right else None


TALLY: Tally[Key] = Tally(store)
WATCHERS.append(_called)
