"""Simulated people: numbers that can be turned into OpenIDs and back without remembering any."""

from __future__ import annotations

import binascii
import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode

from wechat.simulator.errors import ApiError

_LENGTH = 28


class People:
    """Derive the ids of people from a seed; the same seed gives the same ids after a restart."""

    def __init__(self, seed: int) -> None:
        self._key = f"simulated people {seed}".encode()

    def openid(self, appid: str, person: int) -> str:
        """Return the OpenID (28 characters) of `person` at `appid`."""
        return self._id(f"openid {appid}", person)

    def unionid(self, open_platform: str, person: int) -> str:
        """Return the UnionID (28 characters) of `person` in `open_platform`."""
        return self._id(f"unionid {open_platform}", person)

    def person(self, appid: str, openid: str) -> int:
        """Return the number behind `openid`; raise ApiError 40003 when it is not an OpenID of `appid`."""
        try:
            raw = urlsafe_b64decode(openid[1:] + "=")
        except (binascii.Error, ValueError) as error:
            raise ApiError(40003) from error
        number = self._masked(f"openid {appid}", raw[:12], raw[12:])
        person = int.from_bytes(number, "big")
        if len(openid) != _LENGTH or self.openid(appid, person) != openid:
            raise ApiError(40003)
        return person

    def _id(self, space: str, person: int) -> str:
        number = person.to_bytes(8, "big")
        tag = self._hash(f"{space} tag", number)[:12]
        return "o" + urlsafe_b64encode(tag + self._masked(space, tag, number)).decode().rstrip("=")

    def _masked(self, space: str, tag: bytes, number: bytes) -> bytes:
        mask = self._hash(f"{space} mask", tag)
        return bytes(a ^ b for a, b in zip(number, mask, strict=False))

    def _hash(self, space: str, data: bytes) -> bytes:
        return hmac.digest(self._key, space.encode() + b"\0" + data, hashlib.sha256)
