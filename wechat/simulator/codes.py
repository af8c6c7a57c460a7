"""Login codes of mini programs: good for five minutes and for one use."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from wechat.simulator.errors import ApiError

LIFETIME = 300


@dataclass(slots=True)
class _Code:
    appid: str
    person: int
    expires_at: float
    used: bool = False


class Codes:
    """Issue and redeem login codes; times are Unix seconds."""

    def __init__(self) -> None:
        self._codes: dict[str, _Code] = {}

    def issue(self, appid: str, person: int, now: float) -> str:
        """Return a new code for `person` at `appid`."""
        value = secrets.token_urlsafe(24)
        self._codes[value] = _Code(appid, person, now + LIFETIME)
        return value

    def redeem(self, appid: str, value: str, now: float) -> int:
        """Return the person behind `value`; raise ApiError 40029 (unknown, foreign or old) or 40163 (used)."""
        code = self._codes.get(value)
        if code is None or code.appid != appid or now >= code.expires_at:
            raise ApiError(40029)
        if code.used:
            raise ApiError(40163)
        code.used = True
        return code.person
