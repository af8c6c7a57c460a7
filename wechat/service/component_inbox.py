"""Take pushes to third-party platforms in, answer WeChat's release check, and keep track of the work they make."""

from __future__ import annotations

import json
import random
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, or_, select, update
from sqlalchemy.orm import Session

from hub.kernel import bell, bulk, clock
from hub.kernel.groupcommit import GroupWriter, in_transaction
from hub.kernel.ids import new_id
from hub.kernel.work import LANES, MAX_ATTEMPTS, SHARDS, shard_of
from privacy import service as privacy
from wechat import rules
from wechat.client import CircuitOpen, WeChatError
from wechat.models import ComponentPush as PushRow
from wechat.rules import Query
from wechat.rules.component import RELEASE_CODE, RELEASE_TEXT, digest
from wechat.rules.parsing import parse_document, scalar
from wechat.service.directory import component_keys
from wechat.service.grants import seal, unseal
from wechat.service.receiving import COMMIT_WITHIN, Received, transport_now

REDIRECT, RELEASE_CHECK = "redirect", "release_check"
"""Work that no push brings by these names: an owner who came back with a code, a code of the release check."""
BATCH = 50
_KEPT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Push:
    """Hold one push that is due; `secrets` are its codes by WeChat's names."""

    id: UUID
    component_appid: str
    info_type: str
    appid: str
    occurred_at: datetime
    secrets: Mapping[str, str] = field(repr=False)


def receive_component(component_appid: str, query: Query, body: bytes) -> Received:
    """Check, decrypt and store one push to a platform; it is on disk when this returns.

    Raise Rejected for what is not an authentic push to this platform, NotDurable when it could not be stored in time.
    """
    push = rules.open_component_push(component_keys(component_appid), query, body, now=transport_now(query))
    key, told = push.dedupe_key, push.secrets
    row = _row(component_appid, push.info_type, push.appid, push.occurred_at, key, told, push.private)
    return _writer.submit(row, timeout=COMMIT_WITHIN)


def receive_code(component_appid: str, code: str) -> Received:
    """Store the authorization code that an account's owner brought back from WeChat's page; the account is adopted."""
    secrets_ = {"AuthorizationCode": code}
    return _writer.submit(
        _row(component_appid, REDIRECT, "", clock.now(), digest(component_appid, REDIRECT, code), secrets_, b""),
        timeout=COMMIT_WITHIN,
    )


def release_check(component_appid: str, appid: str, query: Query, body: bytes) -> str:
    """Return the answer to one push of WeChat's release check, "" for none: a text, an event, a code to redeem."""
    keys = component_keys(component_appid, appid)
    fields = parse_document(rules.open_document(keys, query, body, now=transport_now(query)), json_allowed=False)
    content, event = scalar(fields, "Content", 1024), scalar(fields, "Event")
    if content.startswith(RELEASE_CODE):
        _redeem_later(component_appid, appid, scalar(fields, "FromUserName"), content.removeprefix(RELEASE_CODE))
        return ""
    text = (
        f"{RELEASE_TEXT}_callback"
        if content == RELEASE_TEXT
        else f"{event}from_callback"
        if event.isidentifier()
        else ""
    )
    if not text:
        return ""
    at = int(clock.now().timestamp())
    # Names and values come from an authentic push of WeChat's own account, and hold no markup.
    reply = (
        f"<xml><ToUserName><![CDATA[{scalar(fields, 'FromUserName')}]]></ToUserName>"
        f"<FromUserName><![CDATA[{scalar(fields, 'ToUserName')}]]></FromUserName><CreateTime>{at}</CreateTime>"
        f"<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{text}]]></Content></xml>"
    )
    return rules.encrypt_reply(keys, reply, random=secrets.token_bytes(16), timestamp=at, nonce=query.nonce)


def due_components(session: Session, lane: int) -> list[str]:
    """Return the platforms of a lane that have work due now."""
    shards = range(lane, SHARDS, LANES)
    return list(session.scalars(select(PushRow.component_appid).where(PushRow.shard.in_(shards), _due()).distinct()))


def read_pushes(session: Session, component_appid: str) -> list[Push]:
    """Return what is due of a platform, in the order in which it came."""
    query = select(PushRow).where(PushRow.component_appid == component_appid, _due()).order_by(PushRow.id).limit(BATCH)
    return [
        Push(r.id, r.component_appid, r.info_type, r.appid, r.occurred_at, _secrets(r)) for r in session.scalars(query)
    ]


def close_push(session: Session, id_: UUID) -> None:
    """Close one push that has been worked off, and forget its secrets."""
    session.execute(update(PushRow).where(PushRow.id == id_).values(state="done", error=None, secret=None))


def settle_push(session: Session, id_: UUID, error: WeChatError) -> None:
    """Let a push whose work failed wait and try again, or die with its reason when trying again is useless."""
    row = session.get_one(PushRow, id_)
    now = clock.now()
    pause = timedelta(seconds=error.seconds) if isinstance(error, CircuitOpen) else timedelta(0)
    lot = random.random()  # noqa: S311 - it spreads callers, nothing more
    row.attempts += not error.blameless
    row.error = f"wechat {error.errcode}"
    row.not_before = now + max(pause, rules.delay(rules.policy(error.errcode), max(1, row.attempts), now, lot))
    row.state = "new" if error.retryable and row.attempts < MAX_ATTEMPTS else "dead"


def forget_pushes(session: Session) -> None:
    """Delete what was worked off more than a week ago."""
    old = and_(PushRow.state == "done", PushRow.received_at < clock.now() - _KEPT)
    session.execute(delete(PushRow).where(old))


def _redeem_later(component_appid: str, appid: str, openid: str, code: str) -> None:
    secrets_ = {"AuthorizationCode": code, "OpenID": openid}
    key = digest(component_appid, RELEASE_CHECK, code)
    _writer.submit(_row(component_appid, RELEASE_CHECK, appid, clock.now(), key, secrets_, b""), timeout=COMMIT_WITHIN)


def _row(
    component_appid: str,
    kind: str,
    appid: str,
    occurred_at: datetime,
    key: bytes,
    secrets_: Mapping[str, str],
    private: bytes,
) -> dict[str, Any]:
    sealed = privacy.seal_offline(private, context="component_push") if private else None
    text = json.dumps(dict(secrets_))
    return {
        "id": new_id(),
        "dedupe_key": key,
        "component_appid": component_appid,
        "appid": appid,
        "info_type": kind,
        "occurred_at": occurred_at,
        "received_at": clock.now(),
        "secret": seal(text, component_appid, f"push:{key.hex()}") if secrets_ else None,
        "sealed": sealed.blob if sealed else None,
        "sealed_epoch": sealed.epoch if sealed else None,
        "shard": shard_of(component_appid),
        "subject": component_appid,
        "state": "new",
    }


def _store(session: Session, rows: Sequence[Mapping[str, Any]]) -> list[Received]:
    keys = [row["dedupe_key"] for row in rows]
    once = dict(zip(reversed(keys), reversed(rows), strict=True))
    ordered = [once[key] for key in sorted(once)]
    made = bulk.insert_rows(session, PushRow, ordered, conflict="DO NOTHING", returning="dedupe_key")
    new = {bytes(row.dedupe_key) for row in made}
    bell.announce(session, PushRow.__tablename__, {row["shard"] for row in ordered})
    results = []
    for key in keys:
        results.append(Received.NEW if key in new else Received.DUPLICATE)
        new.discard(key)
    return results


def _secrets(row: PushRow) -> dict[str, str]:
    text = unseal(row.secret, row.component_appid, f"push:{row.dedupe_key.hex()}")
    return dict(json.loads(text)) if text else {}


def _due() -> ColumnElement[bool]:
    now = clock.now()
    return and_(PushRow.state == "new", or_(PushRow.not_before.is_(None), PushRow.not_before <= now))


_writer: GroupWriter[Mapping[str, Any], Received] = GroupWriter(in_transaction(_store))
