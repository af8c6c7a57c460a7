"""Turn well-formed pushes into hostile ones: cut, doubled, swapped and spliced, before or after they are signed."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.wechat.pushes import KEYS, MINI, request
from tests.wechat.vectors import VECTORS
from wechat.rules import AccountKeys, Query

DOCUMENTS = tuple(vector.document.encode() for vector in VECTORS.values())
TOKENS = (
    b"]]>", b"<![CDATA[", b"</xml>", b"<xml>", b"<a>" * 9, b"<List>", b"</List>", b"<!DOCTYPE x [<!ENTITY a 'b'>]>",
    b"&a;", b"&#0;", b"&#xD800;", b"&lt;", b"<?xml version='1.0' encoding='utf-16'?>", b"<!--", b"\x00", b"\xff\xfe",
    b"\xef\xbb\xbf", b"\xc3", b"\xf0\x9f\x98\x80", b"{", b"}", b"[" * 40, b"]" * 40, b'{"a":' * 9, b'"', b"\\u0000",
    b"\\ud800", b"null", b"true", b"NaN", b"-1", b"0", b"1e999", b"9" * 400, b",", b":", b"\n", b" ", b"'; --",
    b"<Encrypt></Encrypt>", b"CheckContainerPath", b"qrscene_", b"<MsgID>1</MsgID>", b"user_authorization_revoke",
)  # fmt: skip
_STEPS = 5
Step = Callable[[bytearray, random.Random], None]


@dataclass(frozen=True, slots=True)
class Hostile:
    """Hold one request that WeChat would not send, for the account it is made for."""

    keys: AccountKeys
    query: Query
    body: bytes


def hostile(lot: random.Random, modes: tuple[str, ...] = ("plain", "compatible", "safe")) -> Hostile:
    """Return a request that differs from a well-formed one somewhere, drawn from `lot`."""
    document = lot.choice(DOCUMENTS)
    keys = replace(MINI if document[:1] == b"{" or lot.random() < 0.2 else KEYS, mode=lot.choice(modes))
    inside = lot.random() < 0.6
    text = mutated(document, lot).decode("utf-8", "replace") if inside else document.decode()
    if inside and keys.mode == "compatible":
        keys = replace(keys, mode="safe")  # only a whole document can be repeated beside what is encrypted
    query, body = request(keys, text if text.strip() else "<xml/>")
    if not inside or lot.random() < 0.1:
        body = mutated(body, lot)
    if lot.random() < 0.1:
        query = _bent(query, lot)
    return Hostile(keys, query, body)


def mutated(source: bytes, lot: random.Random) -> bytes:
    """Return `source` after a few random changes."""
    body = bytearray(source)
    steps = _GENTLE if lot.random() < 0.6 else _GENTLE + _ROUGH
    for _ in range(lot.randint(1, _STEPS)):
        lot.choice(steps)(body, lot)
    return bytes(body)


def _bent(query: Query, lot: random.Random) -> Query:
    name = lot.choice(("signature", "timestamp", "nonce", "encrypt_type", "msg_signature"))
    return replace(query, **{name: lot.choice(("", "0", "\udcff", "raw", "9" * 99, query.nonce, "١٢٣"))})


def _span(body: bytearray, lot: random.Random, longest: int = 60) -> slice:
    start = lot.randrange(len(body) + 1)
    return slice(start, start + lot.randint(0, longest))


def _flip(body: bytearray, lot: random.Random) -> None:
    if body:
        body[lot.randrange(len(body))] ^= 1 << lot.randrange(8)


def _cut(body: bytearray, lot: random.Random) -> None:
    del body[_span(body, lot)]


def _double(body: bytearray, lot: random.Random) -> None:
    span = _span(body, lot)
    body[span.start : span.start] = body[span] * lot.choice((1, 2, 30))


def _insert(body: bytearray, lot: random.Random) -> None:
    place = lot.randrange(len(body) + 1)
    body[place:place] = lot.choice(TOKENS)


def _overwrite(body: bytearray, lot: random.Random) -> None:
    body[_span(body, lot, 12)] = lot.choice(TOKENS)


def _splice(body: bytearray, lot: random.Random) -> None:
    other = lot.choice(DOCUMENTS)
    body[_span(body, lot)] = other[_span(bytearray(other), lot)]


def _end(body: bytearray, lot: random.Random) -> None:
    del body[lot.randrange(len(body) + 1) :]


def _bury(body: bytearray, lot: random.Random) -> None:
    """Repeat something until the body is as long as one may be."""
    token = lot.choice(TOKENS)
    place = lot.randrange(len(body) + 1)
    body[place:place] = token * lot.choice((50, 500, 60_000 // len(token)))


def _part(body: bytearray, lot: random.Random) -> slice | None:
    """Return where one whole field stands, None when there is none any more."""
    found = list(_FIELD.finditer(body))
    return slice(*lot.choice(found).span()) if found else None


def _repeat(body: bytearray, lot: random.Random) -> None:
    if part := _part(body, lot):
        body[part.start : part.start] = body[part] * lot.choice((1, 1, 40))


def _drop(body: bytearray, lot: random.Random) -> None:
    if part := _part(body, lot):
        del body[part]


def _refill(body: bytearray, lot: random.Random) -> None:
    """Put something else into a field, and leave the document whole."""
    if part := _part(body, lot):
        value = lot.choice((*_VALUES, body[part].replace(b"<", b"").replace(b'"', b"")))
        field = bytes(body[part])
        name = _NAME.search(field)
        if name:
            inside = b"<![CDATA[" + value + b"]]>" if lot.random() < 0.7 else value
            filled = b"<" + name[0] + b">" + inside + b"</" + name[0] + b">"
            body[part] = filled if field[:1] == b"<" else b'"' + name[0] + b'":"' + value + b'"'


def _rename(body: bytearray, lot: random.Random) -> None:
    if part := _part(body, lot):
        name = _NAME.search(bytes(body[part]))
        if name:
            body[part] = bytes(body[part]).replace(name[0], lot.choice(_NAMES))


_FIELD = re.compile(rb"<(?!xml)(\w+)>(?:(?!<\1>).)*?</\1>|\"\w+\":(?:\"[^\"]*\"|[0-9]+)", re.DOTALL)
_NAME = re.compile(rb"\w+")
_NAMES = (b"MsgID", b"MsgId", b"OpenID", b"openid", b"AppId", b"Event", b"List", b"EventKey", b"Brand_New", b"Content")
_VALUES = (
    b"",
    b"0",
    b"-1",
    b"9" * 30,
    b"event",
    b"subscribe",
    b"LOCATION",
    b"x" * 2000,
    b"\xe4\xbd\xa0",
    b" a ",
    b"[1]",
)
_GENTLE: tuple[Step, ...] = (_repeat, _drop, _refill, _refill, _refill, _rename)
_ROUGH: tuple[Step, ...] = (_flip, _cut, _double, _insert, _overwrite, _splice, _end, _bury)
