"""Pure rules: from the bytes WeChat sent to one checked envelope, and from an error code to what to do."""

from __future__ import annotations

from wechat.rules.breaker import Breaker
from wechat.rules.breaker import state as breaker_state
from wechat.rules.component import ComponentPush, open_component_push
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
from wechat.rules.errors import Policy, delay, policy
from wechat.rules.errortable import Kind, Known, known
from wechat.rules.opening import (
    FRESH_SECONDS,
    MAX_BODY_BYTES,
    is_probe,
    open_document,
    open_push,
    open_with,
    verify_url,
)
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
    "Breaker",
    "ComponentPush",
    "Envelope",
    "Kind",
    "Known",
    "Policy",
    "Push",
    "Query",
    "Rejected",
    "breaker_state",
    "decode_aes_key",
    "decrypt",
    "dedupe_key",
    "delay",
    "encrypt",
    "encrypt_reply",
    "known",
    "is_probe",
    "open_component_push",
    "open_document",
    "open_push",
    "open_with",
    "parse_document",
    "policy",
    "read_envelope",
    "sign",
    "sign_page",
    "verify_signature",
    "verify_url",
]
