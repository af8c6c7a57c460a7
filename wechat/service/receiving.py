"""Take one callback in: check it, decrypt it, and have it on disk before WeChat hears "success"."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.kernel import bell, bulk, clock, settings, spool
from hub.kernel.durable import DurableWriter
from hub.kernel.ids import new_id
from hub.kernel.work import shard_of
from privacy import service as privacy
from wechat import rules
from wechat.models import Callback
from wechat.rules import Envelope, Query
from wechat.rules.replydocs import SUCCESS
from wechat.service import answering
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


class Answered(NamedTuple):
    """Hold what became of a push, and the body that answers it."""

    received: Received
    body: str = SUCCESS


class Stored(NamedTuple):
    """Hold what became of a push, and the choice of a reply that was stored with its first delivery."""

    received: Received
    reply: dict[str, Any] | None


def receive(appid: str, query: Query, body: bytes, *, component: str = "") -> Answered:
    """Check, decrypt and store one push, and answer it; it is on disk when this returns.

    One that comes through a third-party platform names its AppID as `component`.

    Raise Rejected for what is not an authentic push of this account, NotDurable when it could not be stored in time.
    """
    keys = component_keys(component, appid) if component else account_keys(appid)
    if rules.is_probe(body):
        return Answered(Received.PROBE)
    used, envelope = rules.open_with(keys, query, body, now=transport_now(query))
    chosen = answering.choose(envelope)
    stored = _writer.take(_row(envelope, clock.now(), chosen))
    reply = chosen if stored.received is Received.SPOOLED else stored.reply
    return Answered(stored.received, answering.answer(used, query, envelope, reply) if reply else SUCCESS)


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


def _store(session: Session, received: Sequence[Mapping[str, Any]]) -> list[Stored]:
    keys = [_key(row) for row in received]
    rows = dict(zip(reversed(keys), reversed(received), strict=True))
    ordered = [rows[key] for key in sorted(rows)]
    made = bulk.insert_rows(session, Callback, ordered, conflict="DO NOTHING", returning="day, dedupe_key")
    new = {(row.day.isoformat(), bytes(row.dedupe_key).hex()) for row in made}
    bell.announce(session, Callback.__tablename__, [row["shard"] for row in ordered])
    first = {key: row.get("reply") for key, row in rows.items() if key in new}
    first.update(_first_replies(session, [row for key, row in rows.items() if key not in new]))
    results = []
    for key in keys:
        results.append(Stored(Received.NEW if key in new else Received.DUPLICATE, first.get(key)))
        new.discard(key)
    return results


def _first_replies(session: Session, repeated: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], Any]:
    """Return what the first deliveries of pushes were answered with, whoever took them and whatever rule held then."""
    if not repeated:
        return {}
    days = {date.fromisoformat(str(row["day"])) for row in repeated}
    wanted = [bytes.fromhex(_key(row)[1]) for row in repeated]
    query = select(Callback.day, Callback.dedupe_key, Callback.reply).where(
        Callback.day.in_(days), Callback.dedupe_key.in_(wanted), Callback.reply.is_not(None)
    )
    return {(day.isoformat(), bytes(key).hex()): reply for day, key, reply in session.execute(query)}


def _key(row: Mapping[str, Any]) -> tuple[str, str]:
    """Return what makes a callback one, of a row as it was made or as it came out of the spool."""
    day, key = row["day"], row["dedupe_key"]
    return str(day), key.hex() if isinstance(key, bytes) else key.removeprefix("\\x")


def _row(envelope: Envelope, now: datetime, reply: dict[str, Any] | None = None) -> dict[str, Any]:
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
        "reply": reply,
        "shard": shard_of(subject),
        "subject": subject,
        "state": "new",
    }


def _day(occurred_at: datetime, now: datetime) -> date:
    """Return the partition day: WeChat's own, which every redelivery repeats; ours when theirs is out of range."""
    sane = now - _OLDEST <= occurred_at <= now + _NEWEST
    return occurred_at.date() if sane else now.date()


_writer = DurableWriter(_store, spool.local, spooled=Stored(Received.SPOOLED, None), within=COMMIT_WITHIN)
