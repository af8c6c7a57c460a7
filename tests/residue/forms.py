"""The forms in which a value may lie about: encodings, escapes, groupings, digests."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from urllib.parse import quote

_ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "gb18030")
_DIGESTS = ("md5", "sha1", "sha256")


def forms(value: str) -> dict[str, set[bytes]]:
    """Return the byte strings that betray `value`, by the name of the form."""
    clear = value.encode()
    found = {name: {value.encode(name)} for name in _ENCODINGS}
    for shift in range(3):
        found[f"base64+{shift}"] = set(_base64(clear, shift))
    found["hex"] = {clear.hex().encode(), clear.hex().upper().encode()}
    found["percent"] = set(_percent(value))
    found["escaped"] = {json.dumps(value)[1:-1].encode(), *_escaped(value)}
    found["grouped"] = set(_grouped(value))
    for name in _DIGESTS:
        digest = hashlib.new(name, clear)
        found[name] = {digest.digest(), digest.hexdigest().encode()}
    return {name: written for name, written in found.items() if written}


def _base64(clear: bytes, shift: int) -> Iterator[bytes]:
    """Yield the characters that only `clear` decides when it stands `shift` bytes behind a multiple of three."""
    whole = slice(-(-shift * 8 // 6), (shift + len(clear)) * 8 // 6)
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield encode(bytes(shift) + clear + bytes(2))[whole]


def _percent(value: str) -> Iterator[bytes]:
    for text in (quote(value, safe=""), "".join(f"%{byte:02X}" for byte in value.encode())):
        yield text.encode()
        yield text.lower().encode()


def _escaped(value: str) -> Iterator[bytes]:
    units = value.encode("utf-16-be")
    codes = [units[i : i + 2].hex() for i in range(0, len(units), 2)]
    for text in ("".join(f"\\u{code}" for code in codes), "".join(f"\\u{code.upper()}" for code in codes)):
        yield text.encode()


def _grouped(value: str) -> Iterator[bytes]:
    """Yield a phone number as people write it."""
    if value.isdecimal() and len(value) == 11:
        for gap in " -.":
            yield gap.join((value[:3], value[3:7], value[7:])).encode()
            yield gap.join(value).encode()
