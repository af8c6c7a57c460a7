"""Pure rules of the inbound way: from the bytes WeChat sent to one checked envelope."""

from __future__ import annotations

from wechat.rules.crypto import (
    decode_aes_key,
    decrypt,
    encrypt,
    encrypt_reply,
    sign,
    sign_page,
    verify_signature,
)
from wechat.rules.dedupe import Push, dedupe_key
from wechat.rules.envelope import KNOWN_EVENTS, KNOWN_MESSAGES, Envelope, read_envelope
from wechat.rules.opening import FRESH_SECONDS, MAX_BODY_BYTES, open_push, verify_url
from wechat.rules.parsing import MAX_DEPTH, MAX_ELEMENTS, parse_document
from wechat.rules.request import REASONS, AccountKeys, Query, Rejected

__all__ = [
    "FRESH_SECONDS",
    "KNOWN_EVENTS",
    "KNOWN_MESSAGES",
    "MAX_BODY_BYTES",
    "MAX_DEPTH",
    "MAX_ELEMENTS",
    "REASONS",
    "AccountKeys",
    "Envelope",
    "Push",
    "Query",
    "Rejected",
    "decode_aes_key",
    "decrypt",
    "dedupe_key",
    "encrypt",
    "encrypt_reply",
    "open_push",
    "parse_document",
    "read_envelope",
    "sign",
    "sign_page",
    "verify_signature",
    "verify_url",
]
