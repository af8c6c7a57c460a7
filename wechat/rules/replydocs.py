"""The document of a passive reply: XML or JSON, in clear or encrypted, the same bytes whenever it is written again."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from wechat.rules.crypto import RANDOM_BYTES, encrypt_reply
from wechat.rules.envelope import Envelope
from wechat.rules.request import AccountKeys, Query

SUCCESS = "success"
MAX_TEXT = 2_048
"""Bytes a text may have."""


def write_reply(
    keys: AccountKeys, query: Query, envelope: Envelope, reply: Mapping[str, Any], *, original_id: str, seed: bytes
) -> str:
    """Return the answer to a push that says `reply`, from `original_id`, encrypted where the push was.

    Everything that could differ between two answers to one push comes from the push itself, and what has to be
    unpredictable from `seed` (a secret) and the push's key: so a repeated delivery gets the same bytes.
    """
    seconds = int(envelope.occurred_at.timestamp())
    head = {"ToUserName": envelope.subject, "FromUserName": original_id, "CreateTime": seconds}
    document = _document({**head, **_body(reply)}, as_json=keys.json_allowed and envelope.from_json)
    if keys.mode == "plain" and query.encrypt_type != "aes":
        return document
    random, nonce = _derived(seed, envelope.dedupe_key)
    return encrypt_reply(keys, document, random=random, timestamp=seconds, nonce=nonce)


def _derived(seed: bytes, key: bytes) -> tuple[bytes, str]:
    digest = hmac.digest(seed, b"reply" + key, hashlib.sha256)
    return digest[:RANDOM_BYTES], str(int.from_bytes(digest[RANDOM_BYTES:24], "big") % 10**10)


def _body(reply: Mapping[str, Any]) -> dict[str, Any]:
    kind, body = next(iter(reply.items()))
    made: dict[str, Any] = _BODIES[kind](body)
    return made


def _media(kind: str, name: str) -> Any:
    return lambda body: {"MsgType": kind, name: {"MediaId": body}}


def _video(body: Mapping[str, str]) -> dict[str, Any]:
    words = {"Title": body.get("title", ""), "Description": body.get("description", "")}
    return {"MsgType": "video", "Video": {"MediaId": body["media_id"], **words}}


def _news(body: Mapping[str, str]) -> dict[str, Any]:
    article = {
        "Title": body["title"],
        "Description": body.get("description", ""),
        "PicUrl": body["picture"],
        "Url": body["url"],
    }
    return {"MsgType": "news", "ArticleCount": 1, "Articles": {"item": article}}


def _transfer(body: Any) -> dict[str, Any]:
    desk = {"TransInfo": {"KfAccount": body}} if isinstance(body, str) else {}
    return {"MsgType": "transfer_customer_service", **desk}


_BODIES: Mapping[str, Any] = {
    "text": lambda body: {"MsgType": "text", "Content": body},
    "image": _media("image", "Image"),
    "voice": _media("voice", "Voice"),
    "video": _video,
    "news": _news,
    "transfer": _transfer,
}


def _document(fields: Mapping[str, Any], *, as_json: bool) -> str:
    if as_json:
        return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    return f"<xml>{_elements(fields)}</xml>"


def _elements(fields: Mapping[str, Any]) -> str:
    return "".join(f"<{name}>{_value(value)}</{name}>" for name, value in fields.items())


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return _elements(value)
    if isinstance(value, int):
        return str(value)
    # Nothing in a text may end its CDATA section.
    return f"<![CDATA[{value.replace(']]>', ']]]]><![CDATA[>')}]]>"
