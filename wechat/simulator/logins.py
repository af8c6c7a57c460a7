"""Web logins and phone numbers at the simulated WeChat: codes for one use, tokens of people, snapshot pages."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from wechat.simulator.errors import ApiError

CODE_LIFE, TOKEN_LIFE, REFRESH_LIFE = 300, 7200, 30 * 86_400
BASE, USERINFO = "snsapi_base", "snsapi_userinfo"
VIRTUAL = 1 << 40
"""People from this number on are invented for one visit of a snapshot page."""


@dataclass(slots=True)
class Grant:
    """Hold what one person granted one account."""

    appid: str
    person: int
    scope: str
    snapshot: bool
    ends_at: float
    used: bool = False


@dataclass(slots=True)
class Logins:
    """Keep codes and tokens of people, and how the next visitor of the login page behaves; times are Unix seconds."""

    visitor: int = 1
    """Who is at the login page."""
    snapshot: bool = False
    """Whether pages that ask for the profile open as snapshots."""
    marked: bool = True
    """Whether a snapshot says that it is one; in the field it sometimes does not."""
    declines: bool = False
    """Whether the visitor says no."""
    watermark: str = ""
    """The AppID that numbers are marked with, the caller's own when it is empty."""
    domains: dict[str, str] = field(default_factory=dict)
    """AppID -> the one domain that its login page leads back to; any, when it is not named."""
    codes: dict[str, Grant] = field(default_factory=dict)
    tokens: dict[str, Grant] = field(default_factory=dict)
    refresh: dict[str, Grant] = field(default_factory=dict)
    phones: dict[str, Grant] = field(default_factory=dict)
    virtual: int = VIRTUAL

    def code(self, appid: str, scope: str, now: float) -> str:
        """Return a new code for who is at the login page."""
        snapshot = self.snapshot and scope == USERINFO
        self.virtual += snapshot
        person = self.virtual if snapshot else self.visitor
        value = secrets.token_urlsafe(24)
        self.codes[value] = Grant(appid, person, scope, snapshot, now + CODE_LIFE)
        return value

    def redeem(self, appid: str, value: str, now: float) -> Grant:
        """Return what a code stands for; raise ApiError 40029 (unknown, foreign or old) or 40163 (used)."""
        return _once(self.codes, appid, value, now)

    def issue(self, grant: Grant, now: float) -> dict[str, object]:
        """Return new tokens for a grant."""
        access, refresh = secrets.token_urlsafe(66), secrets.token_urlsafe(66)
        self.tokens[access] = Grant(grant.appid, grant.person, grant.scope, grant.snapshot, now + TOKEN_LIFE)
        self.refresh[refresh] = Grant(grant.appid, grant.person, grant.scope, grant.snapshot, now + REFRESH_LIFE)
        return {"access_token": access, "expires_in": TOKEN_LIFE, "refresh_token": refresh, "scope": grant.scope}

    def renewable(self, appid: str, refresh: str, now: float) -> Grant:
        """Return the grant of a refresh token; raise ApiError 40030 or 42002."""
        found = self.refresh.get(refresh)
        if found is None or found.appid != appid:
            raise ApiError(40030)
        if now >= found.ends_at:
            raise ApiError(42002)
        return found

    def holder(self, access: str, now: float) -> Grant:
        """Return the grant of a person's token; raise ApiError 40001 or 42001."""
        found = self.tokens.get(access)
        if found is None:
            raise ApiError(40001)
        if now >= found.ends_at:
            raise ApiError(42001)
        return found

    def phone_code(self, appid: str, person: int, now: float) -> str:
        """Return a new phone code, as a mini program gets one when `person` agrees."""
        value = secrets.token_urlsafe(24)
        self.phones[value] = Grant(appid, person, "", snapshot=False, ends_at=now + CODE_LIFE)
        return value

    def phone_of(self, appid: str, value: str, now: float) -> int:
        """Return whose number a phone code gives; raise ApiError 40029 when it is unknown, used or old."""
        try:
            return _once(self.phones, appid, value, now).person
        except ApiError:
            raise ApiError(40029) from None


def _once(codes: dict[str, Grant], appid: str, value: str, now: float) -> Grant:
    found = codes.get(value)
    if found is None or found.appid != appid or now >= found.ends_at:
        raise ApiError(40029)
    if found.used:
        raise ApiError(40163)
    found.used = True
    return found
