"""Read one authentic document as an envelope: clear facts, and the bytes to seal."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from wechat.rules.dedupe import PRIVACY_EVENTS, Push, dedupe_key
from wechat.rules.parsing import Fields, parse_document, scalar
from wechat.rules.request import AccountKeys, Rejected

KNOWN_MESSAGES = frozenset({"text"})
KNOWN_EVENTS = PRIVACY_EVENTS | {"subscribe", "unsubscribe", "scan", "click", "view", "view_miniprogram"}
MAX_KEY = 1_024
MAX_SECONDS = 2**33
_QR_PREFIX = "qrscene_"
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}", re.ASCII)
_PERSON = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_SECONDS = re.compile(r"[0-9]{1,10}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Envelope:
    """Hold one push: everything but `private` is a clear fact without personal words.

    `msg_type` and `event` are lower case, `event` is "" for messages, `msg_id` is "" for events. `subject` is the
    OpenID of the person concerned, `occurred_at` is WeChat's time in UTC. `key` is EventKey without "qrscene_", `scene`
    is set by QR codes only; `unionid` and `revoke_info` by privacy events only. `private` must be sealed before any
    write: the words of a text message, or the whole document of a push that is not `known`.
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
        private=_private(push, fields, document),
    )


def _facts(appid: str, fields: Fields) -> tuple[Push, _Privacy]:
    msg_type = _matching(_NAME, scalar(fields, "MsgType")).lower()
    is_event = msg_type == "event"
    event = _matching(_NAME, scalar(fields, "Event")).lower() if is_event else ""
    privacy = _privacy(fields) if event in PRIVACY_EVENTS else _Privacy()
    push = Push(
        appid=appid,
        msg_type=msg_type,
        event=event,
        # WeChat's robot is the sender of privacy events, whoever they are about.
        subject=privacy.openid or _matching(_PERSON, scalar(fields, "FromUserName")),
        seconds=_seconds(fields),
        msg_id="" if is_event else scalar(fields, "MsgId"),
        raw_key=scalar(fields, "EventKey", MAX_KEY) if is_event else "",
        revoke_info=privacy.revoke_info,
        known=_is_known(msg_type, event, privacy.openid),
    )
    return push, privacy


def _is_known(msg_type: str, event: str, openid: str) -> bool:
    if event in PRIVACY_EVENTS:
        return openid != ""
    return event in KNOWN_EVENTS or msg_type in KNOWN_MESSAGES


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


def _private(push: Push, fields: Fields, document: str) -> bytes:
    if not push.known:
        return document.encode()
    if push.msg_type != "text":
        return b""
    content = fields.get("Content")
    if not isinstance(content, str):
        raise Rejected("malformed")
    # JSON can spell NUL and halves of characters; no later store takes them.
    return content.replace("\x00", "").encode("utf-8", "replace")
