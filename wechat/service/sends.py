"""Queue what is to go out, take it back, and put it back again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, tuple_, update
from sqlalchemy.orm import Session

from hub.kernel import bell, bulk, clock, rollups
from hub.kernel.ids import new_id
from hub.kernel.work import shard_of
from hub.pool import service as pool
from hub.pool.service import OPENID, IdentityRef
from privacy import service as privacy
from wechat.models import Send
from wechat.rules import content as contents
from wechat.rules import sends as rules
from wechat.rules.content import ContentRefused


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSend:
    """Ask for one message to one OpenID.

    `content` has the shape of its channel (see `wechat.rules.content`): WeChat's message without `touser` for "custom"
    and "mass", else `template_id` and `data` with plain values. A second one with the same purpose and `dedupe_key` is
    the first one. A missing allowance is waited for as long as `patience`.
    """

    appid: str
    openid: str
    channel: str
    content: Mapping[str, Any]
    purpose: str
    campaign: str = ""
    reference: str = ""
    dedupe_key: str | None = None
    person_id: UUID | None = None
    not_before: datetime | None = None
    expires_at: datetime | None = None
    patience: timedelta = timedelta(0)


def queue_sends(session: Session, sends: Sequence[NewSend]) -> list[UUID]:
    """Queue `sends` and return their ids in order; one that was queued before keeps the id it has.

    Raise ContentRefused when a content is not of its channel's shape or reads like contact data: nothing is queued.
    """
    for send in sends:
        check(send)
    people = _people(session, sends)
    rows = [_row(send, people) for send in sends]
    made = bulk.insert_rows(session, Send, rows, conflict="(purpose, dedupe_key) DO NOTHING", returning="id")
    new = {row.id for row in made}
    count(session, [(row["campaign"], None, rules.PENDING) for row in rows if row["id"] in new])
    bell.announce(session, Send.__tablename__, {row["shard"] for row in rows if row["id"] in new})
    ids = [row["id"] for row in rows]
    return ids if len(new) == len(rows) else _first_ones(session, rows, new)


def check(send: NewSend) -> None:
    """Raise ContentRefused when `send` names no channel or purpose, or its content must not go out."""
    if send.channel not in rules.CHANNELS:
        raise ContentRefused("channel", f"must be one of {', '.join(rules.CHANNELS)}")
    if send.purpose not in rules.PURPOSES:
        raise ContentRefused("purpose", f"must be one of {', '.join(rules.PURPOSES)}")
    contents.check(send.channel, send.content)
    for path, words in (
        *contents.words(dict(send.content)),
        ("campaign", send.campaign),
        ("reference", send.reference),
    ):
        if privacy.looks_like_contact(words):
            raise ContentRefused(path, "reads like a mobile number or an e-mail address: contact data is never sent")


def cancel_sends(session: Session, ids: Sequence[UUID]) -> list[UUID]:
    """Take back those of `ids` that still wait; return them."""
    return _move(session, ids, "cancel", error="cancelled")


def restore_sends(session: Session, ids: Sequence[UUID]) -> list[UUID]:
    """Queue those of `ids` again that were taken back; return them."""
    found = _move(session, ids, "restore", error=None)
    shards = session.scalars(select(Send.shard).where(Send.id.in_(found)))
    bell.announce(session, Send.__tablename__, set(shards))
    return found


def count(session: Session, moves: Sequence[tuple[str, str | None, str]]) -> None:
    """Keep the counters of states by campaign, for `moves` of (campaign, old state or None, new state)."""
    counts: Counter[tuple[str, str]] = Counter()
    for campaign, old, new in moves:
        counts[f"sends_{new}", campaign] += 1
        if old is not None:
            counts[f"sends_{old}", campaign] -= 1
    rollups.add(session, counts)


def _move(session: Session, ids: Sequence[UUID], verb: str, *, error: str | None) -> list[UUID]:
    (source,) = rules.sources(verb)
    target = rules.step(source, verb)
    statement = (
        update(Send)
        .where(Send.id.in_(list(ids)), Send.state == source)
        .values(state=target, error=error, closed_at=clock.now() if error else None)
        .returning(Send.id, Send.campaign)
    )
    moved = session.execute(statement, execution_options={"synchronize_session": False}).all()
    count(session, [(row.campaign, source, target) for row in moved])
    return [row.id for row in moved]


def _people(session: Session, sends: Sequence[NewSend]) -> Mapping[IdentityRef, UUID]:
    unnamed = {_ref(send) for send in sends if send.person_id is None}
    return pool.people_of(session, unnamed) if unnamed else {}


def _ref(send: NewSend) -> IdentityRef:
    return IdentityRef(OPENID, send.appid, send.openid)


def _row(send: NewSend, people: Mapping[IdentityRef, UUID]) -> dict[str, Any]:
    now, id_, subject = clock.now(), new_id(), f"{send.appid}:{send.openid}"
    return {
        "id": id_,
        "person_id": send.person_id or people.get(_ref(send)),
        "appid": send.appid,
        "openid": send.openid,
        "channel": send.channel,
        "purpose": send.purpose,
        "content": dict(send.content),
        "campaign": send.campaign,
        "reference": send.reference,
        "dedupe_key": send.dedupe_key,
        "expires_at": send.expires_at,
        "patient_until": now + send.patience if send.patience else None,
        "client_msg_id": id_.hex,
        "why": {},
        "created_at": now,
        # The recipients of one mass message go out in one call: they share the lane of their account.
        "shard": shard_of(send.appid if send.channel == rules.MASS else subject),
        "subject": subject,
        "state": rules.PENDING,
        "attempts": 0,
        "not_before": max(now, send.not_before) if send.not_before else now,
    }


def _first_ones(session: Session, rows: Sequence[Mapping[str, Any]], new: set[UUID]) -> list[UUID]:
    """Return the id of each row, that of the first one with its key where it was there before."""
    keys = {(row["purpose"], row["dedupe_key"]) for row in rows if row["id"] not in new}
    query = select(Send.purpose, Send.dedupe_key, Send.id).where(
        tuple_(Send.purpose, Send.dedupe_key).in_(sorted(keys))
    )
    first = {(purpose, key): id_ for purpose, key, id_ in session.execute(query)}
    return [row["id"] if row["id"] in new else first[row["purpose"], row["dedupe_key"]] for row in rows]
