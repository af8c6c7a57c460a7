"""Take one callback in: check it, decrypt it, and have it on disk before WeChat hears "success"."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from hub.kernel import bell, bulk, clock, settings, spool
from hub.kernel.durable import DurableWriter
from hub.kernel.ids import new_id
from hub.kernel.work import shard_of
from privacy import service as privacy
from wechat import rules
from wechat.models import Callback
from wechat.rules import Envelope, Query
from wechat.service.directory import account_keys, component_keys

COMMIT_WITHIN = 1.2  # seconds, of the five that WeChat waits
_OLDEST, _NEWEST = timedelta(days=2), timedelta(days=1)


class Received(enum.Enum):
    """Tell a new callback from one that was delivered before; of one in the spool it is not known yet.

    A probe asks whether anybody is there, and nothing of it is kept.
    """

    NEW = "new"
    DUPLICATE = "duplicate"
    SPOOLED = "spooled"
    PROBE = "probe"


def greet(appid: str, query: Query) -> None:
    """Check WeChat's verification of the server address; raise Rejected when it is not WeChat's."""
    keys = account_keys(appid)
    rules.verify_url(keys, query, now=transport_now(query))


def receive(appid: str, query: Query, body: bytes, *, component: str = "") -> Received:
    """Check, decrypt and store one push; it is on disk when this returns.

    One that comes through a third-party platform names its AppID as `component`.

    Raise Rejected for what is not an authentic push of this account, NotDurable when it could not be stored in time.
    """
    keys = component_keys(component, appid) if component else account_keys(appid)
    if rules.is_probe(body):
        return Received.PROBE
    envelope = rules.open_push(keys, query, body, now=transport_now(query))
    return _writer.take(_row(envelope, clock.now()))


def resume() -> None:
    """Go on moving what an earlier process of this machine left in the spool."""
    _writer.recover()


def transport_now(query: Query) -> datetime:
    """Return the time a signature's freshness is judged by.

    A rehearsal may run the hub's clock ahead (HUB_NOW_OFFSET, refused in production) while whoever calls it does not:
    then the machine's own time counts as fresh too.
    """
    if not settings.current().production and query.timestamp.isdigit():
        wall = clock.wall()
        if abs(int(query.timestamp[:12]) - wall.timestamp()) <= rules.FRESH_SECONDS:
            return wall
    return clock.now()


def _store(session: Session, received: Sequence[Mapping[str, Any]]) -> list[Received]:
    keys = [_key(row) for row in received]
    rows = dict(zip(reversed(keys), reversed(received), strict=True))
    ordered = [rows[key] for key in sorted(rows)]
    made = bulk.insert_rows(session, Callback, ordered, conflict="DO NOTHING", returning="day, dedupe_key")
    new = {(row.day.isoformat(), bytes(row.dedupe_key).hex()) for row in made}
    bell.announce(session, Callback.__tablename__, [row["shard"] for row in ordered])
    results = []
    for key in keys:
        results.append(Received.NEW if key in new else Received.DUPLICATE)
        new.discard(key)
    return results


def _key(row: Mapping[str, Any]) -> tuple[str, str]:
    """Return what makes a callback one, of a row as it was made or as it came out of the spool."""
    day, key = row["day"], row["dedupe_key"]
    return str(day), key.hex() if isinstance(key, bytes) else key.removeprefix("\\x")


def _row(envelope: Envelope, now: datetime) -> dict[str, Any]:
    subject = f"{envelope.appid}:{envelope.subject}"
    sealed = privacy.seal_offline(envelope.private, context="callback") if envelope.private else None
    details = {
        name: getattr(envelope, name)
        for name in ("key", "scene", "msg_id", "unionid", "revoke_info")
        if getattr(envelope, name)
    }
    details.update(envelope.facts)
    return {
        "id": new_id(),
        "day": _day(envelope.occurred_at, now),
        "dedupe_key": envelope.dedupe_key,
        "appid": envelope.appid,
        "msg_type": envelope.msg_type[:64],
        "event": envelope.event[:64],
        "known": envelope.known,
        "occurred_at": envelope.occurred_at,
        "received_at": now,
        "details": details,
        "sealed": sealed.blob if sealed else None,
        "sealed_epoch": sealed.epoch if sealed else None,
        "shard": shard_of(subject),
        "subject": subject,
        "state": "new",
    }


def _day(occurred_at: datetime, now: datetime) -> date:
    """Return the partition day: WeChat's own, which every redelivery repeats; ours when theirs is out of range."""
    sane = now - _OLDEST <= occurred_at <= now + _NEWEST
    return occurred_at.date() if sane else now.date()


_writer = DurableWriter(_store, spool.local, spooled=Received.SPOOLED, within=COMMIT_WITHIN)
