"""When marketing holds back: quiet hours, and a cap for each person across all accounts and business units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

DAY, WEEK = timedelta(days=1), timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hold the hours in which no marketing goes out, in the group's zone; they may pass midnight."""

    start: time
    end: time


@dataclass(frozen=True, slots=True)
class Policy:
    """Hold the group's policy of sends; None is no limit. `quiet_of` and `daily_of` are by AppID."""

    zone: str = "Asia/Shanghai"
    quiet: Quiet | None = None
    quiet_of: Mapping[str, Quiet | None] = field(default_factory=dict)
    daily_of: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    per_day: int | None = None
    per_week: int | None = None

    @property
    def capped(self) -> bool:
        """Tell whether a person may be written to only so often."""
        return self.per_day is not None or self.per_week is not None


def read(body: Mapping[str, Any], zone: str) -> Policy:
    """Return the policy that the group file's section `body` describes."""
    cap = body.get("per_person") or {}
    accounts = body.get("accounts") or []
    return Policy(
        zone=zone,
        quiet=_quiet(body.get("quiet_hours")),
        quiet_of={a["appid"]: _quiet(a["quiet_hours"]) for a in accounts if "quiet_hours" in a},
        daily_of={a["appid"]: dict(a["daily"]) for a in accounts if a.get("daily")},
        per_day=cap.get("per_day"),
        per_week=cap.get("per_week"),
    )


def quiet_until(policy: Policy, appid: str, now: datetime) -> datetime | None:
    """Return when the quiet hours of `appid` end, None outside them."""
    hours = policy.quiet_of.get(appid, policy.quiet) if appid in policy.quiet_of else policy.quiet
    if hours is None or hours.start == hours.end:
        return None
    local = now.astimezone(ZoneInfo(policy.zone))
    at = local.time()
    passing = hours.start > hours.end
    inside = (at >= hours.start or at < hours.end) if passing else hours.start <= at < hours.end
    if not inside:
        return None
    day = local.date() + timedelta(days=1) if passing and at >= hours.start else local.date()
    return datetime.combine(day, hours.end, local.tzinfo).astimezone(now.tzinfo)


def capped_until(policy: Policy, heard: Sequence[datetime], now: datetime) -> datetime | None:
    """Return when a person who got marketing at `heard` may get the next one, None when at once.

    Days and weeks roll: any 24 hours, any 7 days.
    """
    times = sorted(heard)
    ends = [_full(times, policy.per_day, DAY, now), _full(times, policy.per_week, WEEK, now)]
    return max((end for end in ends if end is not None), default=None)


def _full(times: Sequence[datetime], most: int | None, window: timedelta, now: datetime) -> datetime | None:
    if most is None:
        return None
    inside = [at for at in times if at > now - window]
    if len(inside) < most:
        return None
    return inside[-most] + window if most else now + window


def _quiet(section: Mapping[str, str] | None) -> Quiet | None:
    if not section:
        return None
    return Quiet(time.fromisoformat(section["from"]), time.fromisoformat(section["to"]))
