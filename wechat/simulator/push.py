"""Pushes as WeChat sends them: signed, and encrypted as the account's mode wants."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from wechat.simulator import crypto
from wechat.simulator.accounts import SimAccount

Value = str | int | Mapping[str, "Value"] | Sequence["Value"]
Fields = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Push:
    """Hold one signed delivery, ready to be posted."""

    url: str
    query: dict[str, str]
    body: bytes
    content_type: str


def push(url: str, account: SimAccount, fields: Fields, *, now: datetime) -> Push:
    """Return `fields` as a fresh delivery to `url`: XML, or JSON for mini programs; signed and encrypted by mode."""
    timestamp, nonce = str(int(now.timestamp())), str(secrets.randbelow(9 * 10**8) + 10**8)
    token, aes_key, recipient = account.keys
    query = {"signature": crypto.sign(token, timestamp, nonce), "timestamp": timestamp, "nonce": nonce}
    query["openid"] = str(fields.get("FromUserName", ""))
    document = xml if account.speaks_xml else to_json
    shown = dict(fields)
    if account.pushed_in != "plain":
        encrypted = crypto.encrypt(aes_key, recipient, document(fields))
        query |= {"encrypt_type": "aes", "msg_signature": crypto.sign(token, timestamp, nonce, encrypted)}
        kept = shown if account.pushed_in == "compatible" else {"ToUserName": account.original_id}
        shown = {**kept, "Encrypt": encrypted}
    return Push(url, query, document(shown), "text/xml" if account.speaks_xml else "application/json")


def verification(account: SimAccount, *, now: datetime) -> tuple[dict[str, str], str]:
    """Return the query of WeChat's address check (a GET) and the echo that the answer must be."""
    timestamp, nonce, echo = (str(int(now.timestamp())), secrets.token_hex(5), str(secrets.randbelow(10**19)))
    signature = crypto.sign(account.token, timestamp, nonce)
    return {"signature": signature, "timestamp": timestamp, "nonce": nonce, "echostr": echo}, echo


def xml(fields: Fields) -> bytes:
    """Return `fields` as WeChat's XML: text in CDATA, numbers bare."""
    return f"<xml>{_inside(fields)}</xml>".encode()


def to_json(fields: Fields) -> bytes:
    """Return `fields` as WeChat's JSON."""
    return json.dumps(dict(fields), ensure_ascii=False).encode()


def _inside(fields: Fields) -> str:
    return "".join(_element(name, value) for name, value in fields.items())


def _element(name: str, value: Value) -> str:
    """Return one element, or as many as a list has items."""
    if isinstance(value, str):
        shown = f"<![CDATA[{value.replace(']]>', ']]]]><![CDATA[>')}]]>"
    elif isinstance(value, int):
        shown = str(value)
    elif isinstance(value, Mapping):
        shown = _inside(value)
    else:
        return "".join(_element(name, item) for item in value)
    return f"<{name}>{shown}</{name}>"
