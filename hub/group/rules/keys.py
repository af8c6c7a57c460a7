"""How an API key is written: a prefix for secret scanners, an id, 190 bits of secret, a checksum."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
ID_LENGTH, SECRET_LENGTH, CRC_LENGTH = 8, 32, 6
_FORM = re.compile(r"hub_(live|test)_([0-9A-Za-z]{8})_([0-9A-Za-z]{32})([0-9A-Za-z]{6})")


@dataclass(frozen=True, slots=True)
class KeyText:
    """Hold the two parts of a key that matter: the public id and the secret."""

    public_id: str
    secret: str


def write(kind: str, public_id: str, secret: str) -> str:
    """Return the key as its owner sees it once; `kind` is "live" or "test"."""
    head = f"hub_{kind}_{public_id}_{secret}"
    return head + checksum(head)


def read(text: str) -> KeyText | None:
    """Return the parts of `text`, or None when it is not a well-formed key."""
    match = _FORM.fullmatch(text)
    if match is None or checksum(text[:-CRC_LENGTH]) != match[4]:
        return None
    return KeyText(match[2], match[3])


def checksum(text: str) -> str:
    """Return the CRC-32 of `text` in six base-62 digits, so that scanners reject false hits offline."""
    number, digits = zlib.crc32(text.encode()), ""
    for _ in range(CRC_LENGTH):
        number, rest = divmod(number, 62)
        digits = ALPHABET[rest] + digits
    return digits
