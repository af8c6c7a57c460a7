"""How far a run over an account's followers is, and when it may ask for the next page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from wechat.rules.errors import BEIJING

USER_GET_PER_DAY = 500
EVERY = timedelta(hours=24)
"""How far apart two comparisons of one account begin at least."""
RESUMABLE = timedelta(hours=24)
"""How long a run that was stopped or failed is taken up again, rather than begun anew."""
RESTARTS = 3
"""How often a run begins anew because WeChat does not know its place any more."""

Verdict = Literal["equal", "go_on"]


@dataclass(frozen=True, slots=True)
class Progress:
    """Hold how far a run is: from 0 to 1, followers a second, and seconds left (None before it is known)."""

    share: float
    rate: float
    left: float | None


def progress(done: int, total: int, worked: float, *, ended: bool) -> Progress:
    """Return how far a run is that did `done` of `total` in `worked` seconds."""
    share = 1.0 if ended else min(0.999, done / total) if total else 0.0
    rate = done / worked if worked > 0 else 0.0
    left = 0.0 if ended else max(0, total - done) / rate if rate else None
    return Progress(share, rate, left)


def beijing_day(now: datetime) -> date:
    """Return the day by which WeChat counts calls."""
    return now.astimezone(BEIJING).date()


def compare(*, total: int, ours: int, listed: int) -> Verdict:
    """Say whether a comparison ends at equal counts; where the first page lists everybody, it is looked at anyway."""
    return "equal" if total == ours and listed < total else "go_on"


def follow_moment(subscribe_time: int, now: datetime) -> datetime:
    """Return when a follow happened that WeChat dates in Unix seconds; `now` for a date that cannot be true."""
    return datetime.fromtimestamp(subscribe_time, UTC) if 0 < subscribe_time <= now.timestamp() + 60 else now
