"""How often an account may call an API: the day's quota (from 00:00 in Beijing) and a bucket for the minute."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from wechat.rules.errors import BEIJING
from wechat.rules.sends import CHANNELS, CUSTOM, MASS, MINIPROGRAM_NOTICE, NOTICE, ONE_TIME, TEMPLATE


@dataclass(frozen=True, slots=True)
class Limit:
    """Hold what WeChat allows of one API: calls a day, and calls a minute where it says so."""

    day: int
    minute: int | None = None


DAILY: Mapping[str, int] = {
    CUSTOM: 500_000,
    TEMPLATE: 100_000,
    NOTICE: 100_000,
    ONE_TIME: 100_000,
    MINIPROGRAM_NOTICE: 500_000,
    MASS: 100,
}
"""Channel -> calls a day of a newly verified account; larger ones have more, which the group file says."""
PER_MINUTE: Mapping[str, int] = {MASS: 60}
CHANNEL_OF: Mapping[str, str] = {channel.api: name for name, channel in CHANNELS.items()}


@dataclass(frozen=True, slots=True)
class Bucket:
    """Hold what an account used of one API: on `day` (Beijing), in the minute's bucket, and a block by WeChat."""

    day: date
    used: int
    tokens: float
    filled_at: datetime
    blocked_until: datetime | None = None


def limit(channel: str, daily: Mapping[str, int]) -> Limit:
    """Return the limit of a channel's API; `daily` is what the group file says of this account."""
    return Limit(daily.get(channel, DAILY[channel]), PER_MINUTE.get(channel))


def fresh(limit: Limit, now: datetime) -> Bucket:
    """Return the bucket of an API that was never called."""
    return Bucket(_day(now), 0, float(limit.minute or 0), now)


def take(bucket: Bucket, limit: Limit, wanted: int, now: datetime) -> tuple[int, Bucket]:
    """Return how many of `wanted` calls may be made now, and the bucket after them."""
    bucket = _filled(bucket, limit, now)
    if bucket.blocked_until is not None and now < bucket.blocked_until:
        return 0, bucket
    granted = max(0, min(wanted, limit.day - bucket.used))
    if limit.minute is not None:
        granted = min(granted, int(bucket.tokens))
    return granted, replace(bucket, used=bucket.used + granted, tokens=max(0.0, bucket.tokens - granted))


def give_back(bucket: Bucket, limit: Limit, calls: int, now: datetime) -> Bucket:
    """Return the bucket with calls given back that were not made; another day's are forgotten."""
    bucket = _filled(bucket, limit, now)
    return replace(
        bucket, used=max(0, bucket.used - calls), tokens=min(float(limit.minute or 0), bucket.tokens + calls)
    )


def ready_at(bucket: Bucket, limit: Limit, now: datetime) -> datetime:
    """Return when the next call may be made, `now` itself if at once."""
    bucket = _filled(bucket, limit, now)
    if bucket.blocked_until is not None and now < bucket.blocked_until:
        return bucket.blocked_until
    if bucket.used >= limit.day:
        return _midnight(now)
    if limit.minute is not None and bucket.tokens < 1:
        return now + timedelta(seconds=(1 - bucket.tokens) * 60 / limit.minute)
    return now


def _filled(bucket: Bucket, limit: Limit, now: datetime) -> Bucket:
    if limit.minute is not None:
        passed = max(0.0, (now - bucket.filled_at).total_seconds())
        tokens = min(float(limit.minute), bucket.tokens + passed * limit.minute / 60)
        bucket = replace(bucket, tokens=tokens, filled_at=max(now, bucket.filled_at))
    return bucket if bucket.day == _day(now) else replace(bucket, day=_day(now), used=0)


def _day(now: datetime) -> date:
    return now.astimezone(BEIJING).date()


def _midnight(now: datetime) -> datetime:
    local = now.astimezone(BEIJING)
    return local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
