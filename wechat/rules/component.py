"""What WeChat pushes to a third-party platform itself: tickets, and accounts that grant and withdraw their trust."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from wechat.rules.opening import open_document
from wechat.rules.parsing import Fields, parse_document, scalar
from wechat.rules.request import AccountKeys, Query, Rejected

TICKET, AUTHORIZED, UPDATED, UNAUTHORIZED = (
    "component_verify_ticket",
    "authorized",
    "updateauthorized",
    "unauthorized",
)
RELEASE_TEXT, RELEASE_CODE = "TESTCOMPONENT_MSG_TYPE_TEXT", "QUERY_AUTH_CODE:"
MAX_SECRET = 512
MAX_SECONDS = 2**33
_KEPT = {
    TICKET: ("ComponentVerifyTicket",),
    AUTHORIZED: ("AuthorizationCode", "PreAuthCode"),
    UPDATED: ("AuthorizationCode", "PreAuthCode"),
    UNAUTHORIZED: (),
}
"""Kind of push that is known -> the fields that its work needs."""
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}", re.ASCII)
_APPID = re.compile(r"wx[0-9a-f]{16}", re.ASCII)
_SECONDS = re.compile(r"[0-9]{1,10}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ComponentPush:
    """Hold one push to a platform: `appid` is the account concerned, "" for none, `info_type` is in lower case.

    `secrets` are the codes of a kind that is known, by WeChat's names; `private` is the whole document of any other,
    to be sealed before any write.
    """

    component_appid: str
    info_type: str
    appid: str
    occurred_at: datetime
    dedupe_key: bytes
    secrets: Mapping[str, str] = field(repr=False)
    private: bytes = field(repr=False)


def open_component_push(keys: AccountKeys, query: Query, body: bytes, *, now: datetime) -> ComponentPush:
    """Return one authentic, fresh push to the platform of `keys`; raise Rejected for anything less."""
    document = open_document(keys, query, body, now=now)
    fields = parse_document(document, json_allowed=keys.json_allowed)
    if scalar(fields, "AppId") != keys.recipient:
        raise Rejected("wrong_account")
    kind = _matching(_NAME, scalar(fields, "InfoType")).lower()
    seconds = int(_matching(_SECONDS, scalar(fields, "CreateTime")))
    if not 1 <= seconds <= MAX_SECONDS:
        raise Rejected("malformed")
    secrets = {name: scalar(fields, name, MAX_SECRET) for name in _KEPT.get(kind, ())}
    appid = _account(kind, fields)
    if not all(secrets.get(name) for name in _KEPT.get(kind, ())[:1]):
        raise Rejected("malformed")
    parts = (keys.recipient, kind, str(seconds), appid, secrets.get("AuthorizationCode", ""))
    return ComponentPush(
        component_appid=keys.recipient,
        info_type=kind,
        appid=appid,
        occurred_at=datetime.fromtimestamp(seconds, UTC),
        dedupe_key=digest(*parts),
        secrets=secrets,
        private=b"" if kind in _KEPT else document.encode(),
    )


def digest(*parts: str) -> bytes:
    """Return 32 bytes that are equal for equal `parts` only."""
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _account(kind: str, fields: Fields) -> str:
    """Return the account concerned; a push that registers one names it `appid`, in small letters, beside `AppId`."""
    named = scalar(fields, "AuthorizerAppid") or scalar(fields, "appid")
    if kind in (AUTHORIZED, UPDATED, UNAUTHORIZED):
        return _matching(_APPID, named)
    return named if _APPID.fullmatch(named) else ""


def _matching(pattern: re.Pattern[str], text: str) -> str:
    if pattern.fullmatch(text) is None:
        raise Rejected("malformed")
    return text
