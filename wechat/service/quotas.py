"""The rows behind the quota buckets: taken from by whoever calls, shared by all workers, shown on Operations."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, text, tuple_
from sqlalchemy.orm import Session

from hub.kernel import bulk, clock
from wechat.models import ApiQuota
from wechat.rules import quota
from wechat.rules.quota import Bucket, Limit
from wechat.rules.restraint import Policy

Key = tuple[str, str]
"""AppID and channel, which stands for the API that carries it."""


@dataclass(frozen=True, slots=True)
class QuotaShown:
    """Hold what an account used of one API today, of how much, and until when WeChat lets nothing through."""

    appid: str
    channel: str
    used: int
    limit: int
    blocked_until: datetime | None
    blocked_by: int | None


def lock_buckets(session: Session, keys: Collection[Key], policy: Policy) -> dict[Key, tuple[Bucket, Limit]]:
    """Return the bucket and the limit of each key, held to the end of the transaction."""
    now = clock.now()
    limits = {key: quota.limit(key[1], policy.daily_of.get(key[0], {})) for key in keys}
    rows = [_row(key, quota.fresh(limits[key], now)) for key in sorted(limits)]
    bulk.insert_rows(session, ApiQuota, rows, conflict="DO NOTHING")
    query = select(ApiQuota).where(tuple_(ApiQuota.appid, ApiQuota.api).in_(sorted(limits)))
    held = session.scalars(query.order_by(ApiQuota.appid, ApiQuota.api).with_for_update())
    return {(r.appid, r.api): (_bucket(r), limits[r.appid, r.api]) for r in held}


def write_buckets(session: Session, buckets: Mapping[Key, Bucket]) -> None:
    """Store what was taken."""
    rows = [_row(key, buckets[key]) for key in sorted(buckets)]
    sets = ", ".join(f"{name} = excluded.{name}" for name in ("day", "used", "tokens", "filled_at"))
    bulk.insert_rows(session, ApiQuota, rows, conflict=f"(appid, api) DO UPDATE SET {sets}")


def settle_calls(session: Session, unused: Mapping[Key, int], blocks: Mapping[Key, tuple[datetime, int]]) -> None:
    """Give calls back that were not made, and note until when WeChat lets nothing through, with its error code."""
    give = text("UPDATE api_quota SET used = greatest(0, used - :n) WHERE appid = :appid AND api = :api")
    block = text(
        "UPDATE api_quota SET blocked_until = greatest(blocked_until, :until), blocked_by = :code"
        " WHERE appid = :appid AND api = :api"
    )
    for appid, api in sorted({*unused, *blocks}):
        if n := unused.get((appid, api)):
            session.execute(give, {"n": n, "appid": appid, "api": api})
        if (appid, api) in blocks:
            until, code = blocks[appid, api]
            session.execute(block, {"until": until, "code": code, "appid": appid, "api": api})


def read_quotas(session: Session, policy: Policy) -> list[QuotaShown]:
    """Return what every account used of every API today, by AppID."""
    now = clock.now()
    found = []
    for row in session.scalars(select(ApiQuota).order_by(ApiQuota.appid, ApiQuota.api)):
        limit = quota.limit(row.api, policy.daily_of.get(row.appid, {}))
        _, today = quota.take(_bucket(row), limit, 0, now)
        blocked = row.blocked_until is not None and row.blocked_until > now
        ends = (row.blocked_until, row.blocked_by) if blocked else (None, None)
        found.append(QuotaShown(row.appid, row.api, today.used, limit.day, *ends))
    return found


def _bucket(row: ApiQuota) -> Bucket:
    return Bucket(row.day, row.used, row.tokens, row.filled_at, row.blocked_until)


def _row(key: Key, bucket: Bucket) -> dict[str, Any]:
    return {
        "appid": key[0],
        "api": key[1],
        "day": bucket.day,
        "used": bucket.used,
        "tokens": bucket.tokens,
        "filled_at": bucket.filled_at,
    }
