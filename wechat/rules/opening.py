"""The whole inbound way: from one HTTP request of WeChat to an envelope, or a refusal."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from wechat.rules.crypto import decrypt, verify_signature
from wechat.rules.envelope import Envelope, read_envelope
from wechat.rules.parsing import parse_document, refuse_format
from wechat.rules.request import AccountKeys, Query, Rejected

MAX_BODY_BYTES = 65_536
FRESH_SECONDS = 600
_TIMESTAMP = re.compile(r"[0-9]{1,12}", re.ASCII)


_PROBE = {"action": "CheckContainerPath"}
_LONGEST_PROBE = 128
_OF_OTHER_KEYS = frozenset({"bad_signature", "undecodable", "wrong_appid"})
"""Refusals that earlier keys of the account may overrule."""
T = TypeVar("T")


def verify_url(keys: AccountKeys, query: Query, *, now: datetime) -> None:
    """Check the GET by which WeChat verifies the URL; raise Rejected ("bad_signature", "stale")."""
    _with_any(keys, lambda one: _verify(query.signature, one, query, now=now))


def open_push(keys: AccountKeys, query: Query, body: bytes, *, now: datetime) -> Envelope:
    """Return the envelope of one POST of WeChat: authentic, fresh, and meant for this account.

    Raises Rejected, and nothing else, for anything less.
    """
    return open_with(keys, query, body, now=now)[1]


def open_with(keys: AccountKeys, query: Query, body: bytes, *, now: datetime) -> tuple[AccountKeys, Envelope]:
    """Return what `open_push` does, after the keys that opened it: `keys` or one of its `earlier` ones."""
    text = _readable(keys, body)
    return _with_any(keys, lambda one: (one, _open(one, query, text, now)))


def open_document(keys: AccountKeys, query: Query, body: bytes, *, now: datetime) -> str:
    """Return the document inside one POST of WeChat, authentic and fresh; raise Rejected for anything less."""
    text = _readable(keys, body)
    return _with_any(keys, lambda one: _document(one, query, text, now))


def is_probe(body: bytes) -> bool:
    """Tell whether `body` is how WeChat's cloud hosting asks if anybody is there: no push, and signed by nobody."""
    if len(body) > _LONGEST_PROBE or b"CheckContainerPath" not in body:
        return False
    try:
        return parse_document(_text(body), json_allowed=True) == _PROBE
    except Rejected:
        return False


def _with_any(keys: AccountKeys, attempt: Callable[[AccountKeys], T]) -> T:
    """Return what `attempt` makes of the keys, or of the first earlier ones it succeeds with."""
    first: Rejected | None = None
    for one in (keys, *keys.earlier):
        try:
            return attempt(one)
        except Rejected as error:
            if error.reason not in _OF_OTHER_KEYS:
                raise
            first = first or error
    raise first or Rejected("bad_signature")


def _open(keys: AccountKeys, query: Query, text: str, now: datetime) -> Envelope:
    return read_envelope(keys, _document(keys, query, text, now))


def _document(keys: AccountKeys, query: Query, text: str, now: datetime) -> str:
    return _from_plain(keys, query, text, now) if keys.mode == "plain" else _from_safe(keys, query, text, now)


def _readable(keys: AccountKeys, body: bytes) -> str:
    if len(body) > MAX_BODY_BYTES:
        raise Rejected("too_large")
    text = _text(body)
    refuse_format(text, json_allowed=keys.json_allowed)
    return text


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        pass
    raise Rejected("malformed")


def _from_plain(keys: AccountKeys, query: Query, text: str, now: datetime) -> str:
    """Return the document of an account in plain mode, which may have changed its mode before the hub was told."""
    _verify(query.signature, keys, query, now=now)
    if query.encrypt_type == "aes" and keys.aes_key:
        encrypted = _encrypted(keys, text)
        if encrypted:
            return _decrypted(keys, query, encrypted, now)
    if not keys.plaintext:
        raise Rejected("plaintext_refused")
    return text


def _from_safe(keys: AccountKeys, query: Query, text: str, now: datetime) -> str:
    """Return the document of an account in safe or compatible mode."""
    encrypted = _encrypted(keys, text) if query.encrypt_type == "aes" else ""
    if not encrypted:
        raise Rejected("plaintext_refused")
    return _decrypted(keys, query, encrypted, now)


def _encrypted(keys: AccountKeys, text: str) -> str:
    """Return the field Encrypt, or "": the fields beside it are never looked at, because no signature covers them."""
    encrypted = parse_document(text, json_allowed=keys.json_allowed).get("Encrypt", "")
    if not isinstance(encrypted, str):
        raise Rejected("malformed")
    return encrypted.strip()


def _decrypted(keys: AccountKeys, query: Query, encrypted: str, now: datetime) -> str:
    _verify(query.msg_signature, keys, query, encrypted, now=now)
    return decrypt(keys, encrypted)


def _verify(given: str, keys: AccountKeys, query: Query, *more: str, now: datetime) -> None:
    """Check the signature first, so that "stale" means a true push that is old, or a clock that is wrong."""
    if _TIMESTAMP.fullmatch(query.timestamp) is None:
        raise Rejected("bad_signature")
    verify_signature(given, keys.token, query.timestamp, query.nonce, *more)
    if abs(now.timestamp() - int(query.timestamp)) > FRESH_SECONDS:
        raise Rejected("stale")
