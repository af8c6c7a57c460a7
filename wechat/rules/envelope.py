"""Read one authentic document as an envelope: clear facts, and the bytes to seal."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from wechat.rules.dedupe import PRIVACY_EVENTS, Push, dedupe_key
from wechat.rules.kinds import EVENTS, MESSAGES, Told, tell
from wechat.rules.parsing import Fields, parse_document, scalar
from wechat.rules.request import AccountKeys, Rejected

KNOWN_MESSAGES = frozenset(MESSAGES)
KNOWN_EVENTS = frozenset(EVENTS)
MAX_KEY = 1_024
MAX_SECONDS = 2**33
_QR_PREFIX = "qrscene_"
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}", re.ASCII)
_PERSON = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_SECONDS = re.compile(r"[0-9]{1,10}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Envelope:
    """Hold one push: everything but `private` and `words` is a clear fact without personal words.

    `msg_type` and `event` are lower case, `event` is "" for messages, `msg_id` is "" for events. `subject` is the
    OpenID of the person concerned ("" when a push of an unknown kind names none), `occurred_at` is WeChat's time in
    UTC. `key` is EventKey without "qrscene_", `scene` is set by QR codes only; `unionid` and `revoke_info` by privacy
    events only. `private` must be sealed before any write: a JSON object of the fields that are personal or unknown, by
    WeChat's names, or the whole document of a push that is not `known`. `words`, what a person wrote, is never written.
    """

    appid: str
    msg_type: str
    event: str
    subject: str
    occurred_at: datetime
    msg_id: str
    key: str
    scene: str
    unionid: str
    revoke_info: str
    dedupe_key: bytes
    known: bool
    private: bytes = field(repr=False)
    facts: Mapping[str, Any] = field(default_factory=dict)
    """More clear facts of this kind of push, such as the result of a send, by name; plain JSON values."""
    words: str = field(default="", repr=False)
    from_json: bool = False


class _Privacy(NamedTuple):
    openid: str = ""
    unionid: str = ""
    revoke_info: str = ""


def read_envelope(keys: AccountKeys, document: str) -> Envelope:
    """Return the envelope of an authentic `document`; raise Rejected ("wrong_account", "wrong_format", "malformed")."""
    fields = parse_document(document, json_allowed=keys.json_allowed)
    if keys.original_id and scalar(fields, "ToUserName") != keys.original_id:
        raise Rejected("wrong_account")
    push, privacy = _facts(keys.appid, fields)
    key, scene = _key_and_scene(push.event, push.raw_key)
    told = _told(push, fields, location=keys.location) if push.known else Told({}, {}, [])
    return Envelope(
        appid=push.appid,
        msg_type=push.msg_type,
        event=push.event,
        subject=push.subject,
        occurred_at=datetime.fromtimestamp(push.seconds, UTC),
        msg_id=push.msg_id,
        key=key,
        scene=scene,
        unionid=privacy.unionid,
        revoke_info=privacy.revoke_info,
        dedupe_key=dedupe_key(push, fields, document),
        known=push.known,
        private=_json(told.sealed) if push.known else document.encode(),
        facts={**told.clear, "unknown_fields": sorted(told.unknown)} if told.unknown else told.clear,
        from_json=document.lstrip("\ufeff \t\r\n").startswith("{"),
        words=str(told.sealed["Content"]) if push.known and push.msg_type == "text" else "",
    )


def _told(push: Push, fields: Fields, *, location: bool) -> Told:
    if push.msg_type == "text" and not isinstance(fields.get("Content"), str):
        raise Rejected("malformed")
    kind = EVENTS[push.event] if push.msg_type == "event" else MESSAGES[push.msg_type]
    return tell(kind, push.event, fields, location=location)


def _json(fields: Fields) -> bytes:
    if not fields:
        return b""
    # JSON can spell NUL and halves of characters; no later store takes them.
    storable = {name: value.replace("\x00", "") if isinstance(value, str) else value for name, value in fields.items()}
    return json.dumps(storable, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _facts(appid: str, fields: Fields) -> tuple[Push, _Privacy]:
    msg_type = _matching(_NAME, scalar(fields, "MsgType")).lower()
    is_event = msg_type == "event"
    event = _matching(_NAME, scalar(fields, "Event")).lower() if is_event else ""
    privacy = _privacy(fields) if event in PRIVACY_EVENTS else _Privacy()
    known = _is_known(msg_type, event, privacy.openid)
    push = Push(
        appid=appid,
        msg_type=msg_type,
        event=event,
        # WeChat's robot is the sender of privacy events, whoever they are about.
        subject=privacy.openid or _sender(fields, known),
        seconds=_seconds(fields),
        msg_id="" if is_event else scalar(fields, "MsgId"),
        raw_key=scalar(fields, "EventKey", MAX_KEY) if is_event else "",
        revoke_info=privacy.revoke_info,
        known=known,
    )
    return push, privacy


def _is_known(msg_type: str, event: str, openid: str) -> bool:
    if event in PRIVACY_EVENTS:
        return openid != ""
    return event in EVENTS or msg_type in MESSAGES


def _sender(fields: Fields, known: bool) -> str:
    """Return the OpenID of the sender; whoever sends a push of an unknown kind may have another name, or none."""
    sender = scalar(fields, "FromUserName")
    if _PERSON.fullmatch(sender) is None and not known:
        return ""
    return _matching(_PERSON, sender)


def _matching(pattern: re.Pattern[str], text: str) -> str:
    if pattern.fullmatch(text) is None:
        raise Rejected("malformed")
    return text


def _seconds(fields: Fields) -> int:
    seconds = int(_matching(_SECONDS, scalar(fields, "CreateTime")))
    if not 1 <= seconds <= MAX_SECONDS:
        raise Rejected("malformed")
    return seconds


def _privacy(fields: Fields) -> _Privacy:
    return _Privacy(
        openid=_spelled(fields, "openid"), unionid=_spelled(fields, "unionid"), revoke_info=scalar(fields, "RevokeInfo")
    )


def _spelled(fields: Fields, name: str) -> str:
    """Return the one id under any spelling of `name` (OpenID, " OpenID", openid), "" when there is none or several."""
    found = {scalar(fields, spelling) for spelling in fields if spelling.strip().lower() == name} - {""}
    return _matching(_PERSON, found.pop()) if len(found) == 1 else ""


def _key_and_scene(event: str, raw_key: str) -> tuple[str, str]:
    if event == "scan":
        return raw_key, raw_key
    if event == "subscribe" and raw_key.startswith(_QR_PREFIX):
        scene = raw_key.removeprefix(_QR_PREFIX)
        return scene, scene
    return raw_key, ""
