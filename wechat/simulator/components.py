"""Third-party platforms at the simulated WeChat: tickets, authorizations, refresh tokens that rotate."""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from wechat.simulator.errors import ApiError
from wechat.simulator.pace import told

TICKET_LIFE, PRE_AUTH_LIFE, CODE_LIFE = 43_200, 1_800, 3_600
OVERLAP = 300
PERMISSIONS = (1, 15, 4, 7, 2)


@dataclass(frozen=True, slots=True)
class SimComponent:
    """Hold one third-party platform as its owner configured it."""

    appid: str
    secret: str
    token: str
    aes_key: str


@dataclass(slots=True)
class _Code:
    """Hold a code that works once, until `expires_at` (Unix seconds)."""

    appid: str
    expires_at: float
    used: bool = False


@dataclass(slots=True)
class _Trust:
    """Hold what one account granted: its refresh tokens with their ends, and its access tokens."""

    refresh: dict[str, float] = field(default_factory=dict)
    newest: str = ""
    access: set[str] = field(default_factory=set)
    since: int = 0


@dataclass(slots=True)
class Component:
    """Keep one platform's tickets, token, codes, and the accounts that trust it; times are Unix seconds."""

    who: SimComponent
    rotate: bool = True
    pushing: bool = True
    tickets: dict[str, float] = field(default_factory=dict)
    tokens: dict[str, float] = field(default_factory=dict)
    pre_auth: dict[str, float] = field(default_factory=dict)
    codes: dict[str, _Code] = field(default_factory=dict)
    trust: dict[str, _Trust] = field(default_factory=dict)
    pushes: deque[dict[str, str | int]] = field(default_factory=deque)

    def push(self, info_type: str, now: float, **more: str | int) -> None:
        """Queue a push to the platform."""
        self.pushes.append({"AppId": self.who.appid, "CreateTime": int(now), "InfoType": info_type, **more})

    def issue_ticket(self, now: float) -> str:
        """Push a new ticket; the ones before stay valid for their twelve hours."""
        ticket = f"ticket@@@{secrets.token_urlsafe(48)}"
        self.tickets[ticket] = now + TICKET_LIFE
        self.push("component_verify_ticket", now, ComponentVerifyTicket=ticket)
        return ticket

    def issue_token(self, secret: str, ticket: str, now: float) -> dict[str, object]:
        """Return a new token of the platform; raise ApiError for a wrong secret or ticket."""
        self.check_secret(secret)
        if ticket not in self.tickets:
            raise ApiError(61006)
        if now >= self.tickets[ticket]:
            raise ApiError(61005)
        token = f"component_{secrets.token_urlsafe(64)}"
        self.tokens[token] = now + 7200
        return {"component_access_token": token, "expires_in": told(7200)}

    def check_secret(self, secret: str) -> None:
        """Raise ApiError unless `secret` is the platform's."""
        if not secrets.compare_digest(secret.encode(), self.who.secret.encode()):
            raise ApiError(40094)

    def check_token(self, token: str, now: float) -> None:
        """Raise ApiError unless `token` is the platform's and valid."""
        if token not in self.tokens:
            raise ApiError(40001)
        if now >= self.tokens[token]:
            raise ApiError(42006)

    def expire_tokens(self, now: float) -> None:
        """Make every token of the platform expired."""
        self.tokens = dict.fromkeys(self.tokens, now)

    def pre_auth_code(self, now: float) -> dict[str, object]:
        """Return a new pre-authorization code."""
        code = f"preauthcode@@@{secrets.token_urlsafe(24)}"
        self.pre_auth[code] = now + PRE_AUTH_LIFE
        return {"pre_auth_code": code, "expires_in": told(PRE_AUTH_LIFE)}

    def authorize(self, appid: str, pre_auth_code: str, now: float) -> str:
        """Let an account grant its trust: it is pushed, and the code for the way back is returned."""
        if now >= self.pre_auth.pop(pre_auth_code, 0.0):
            raise ApiError(61011)
        renewed = appid in self.trust
        self.trust.setdefault(appid, _Trust(since=int(now)))
        code = f"queryauthcode@@@{secrets.token_urlsafe(24)}"
        self.codes[code] = _Code(appid, now + CODE_LIFE)
        self.push(
            "updateauthorized" if renewed else "authorized",
            now,
            AuthorizerAppid=appid,
            AuthorizationCode=code,
            AuthorizationCodeExpiredTime=int(now + CODE_LIFE),
            PreAuthCode=pre_auth_code,
        )
        return code

    def withdraw(self, appid: str, now: float) -> set[str]:
        """Let an account withdraw its trust: it is pushed; return its access tokens, which end."""
        trust = self.trust.pop(appid, _Trust())
        self.push("unauthorized", now, AuthorizerAppid=appid)
        return trust.access

    def redeem(self, code: str, now: float) -> str:
        """Return the account behind an authorization code, which works once."""
        found = self.codes.get(code)
        if found is None or found.used:
            raise ApiError(61009)
        if now >= found.expires_at:
            raise ApiError(61010)
        found.used = True
        return found.appid

    def renew(self, appid: str, refresh_token: str, now: float) -> None:
        """Raise ApiError unless the account trusts the platform and `refresh_token` still works."""
        if appid not in self.trust:
            raise ApiError(61003)
        if now >= self.trust[appid].refresh.get(refresh_token, 0.0):
            raise ApiError(61023)

    def grant(self, appid: str, access_token: str, now: float) -> dict[str, object]:
        """Return the tokens of an account; its refresh token is another each time, the one before lives on a little."""
        trust = self.trust[appid]
        trust.access.add(access_token)
        if self.rotate or not trust.newest:
            if trust.newest:
                trust.refresh[trust.newest] = min(trust.refresh[trust.newest], now + OVERLAP)
            trust.newest = f"refreshtoken@@@{secrets.token_urlsafe(32)}"
            trust.refresh[trust.newest] = float("inf")
        return {
            "authorizer_access_token": access_token,
            "expires_in": told(7200),
            "authorizer_refresh_token": trust.newest,
        }

    def lose_refresh_tokens(self, appid: str) -> None:
        """Make every refresh token given out invalid; the list tells a new one."""
        trust = self.trust[appid]
        trust.newest = f"refreshtoken@@@{secrets.token_urlsafe(32)}"
        trust.refresh = {trust.newest: float("inf")}

    def listed(self, offset: int, count: int) -> dict[str, object]:
        """Return a page of the accounts that trust the platform."""
        rows: Sequence[Mapping[str, object]] = [
            {"authorizer_appid": appid, "refresh_token": trust.newest, "auth_time": trust.since}
            for appid, trust in sorted(self.trust.items())
        ]
        return {"total_count": len(rows), "list": rows[offset : offset + count]}
