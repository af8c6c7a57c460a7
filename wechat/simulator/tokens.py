"""Access tokens, of the old kind that replaces itself on each call and the stable kind; tickets."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from wechat.simulator.errors import ApiError
from wechat.simulator.pace import told

OVERLAP = 300
FORCED_PER_DAY = 20
FORCED_APART = 30


@dataclass(slots=True)
class Issued:
    """Hold one token; after `replaced_at` it is invalid, after `expires_at` it is expired (Unix seconds)."""

    appid: str
    value: str
    expires_at: float
    replaced_at: float = float("inf")


@dataclass(slots=True)
class _Account:
    plain: Issued | None = None
    stable: Issued | None = None
    forced: list[float] = field(default_factory=list)


class Tokens:
    """Issue and check tokens; all times are Unix seconds and passed in."""

    def __init__(self, lifetime: int = 7200) -> None:
        self.lifetime = lifetime
        self._accounts: defaultdict[str, _Account] = defaultdict(_Account)
        self._issued: dict[str, Issued] = {}
        self._withdrawn: set[str] = set()
        self._tickets: dict[tuple[str, str], Issued] = {}

    def plain(self, appid: str, now: float) -> dict[str, object]:
        """Return a new token; the one before stays valid for five minutes."""
        account = self._accounts[appid]
        if account.plain is not None:
            account.plain.replaced_at = min(account.plain.replaced_at, now + OVERLAP)
        account.plain = self._issue(appid, now)
        return _answer(account.plain, now)

    def stable(self, appid: str, now: float, *, force: bool = False) -> dict[str, object]:
        """Return the same token until five minutes before its end, then a new one beside it; `force` replaces it."""
        account = self._accounts[appid]
        if force and self._may_force(account, now):
            account.forced.append(now)
            if account.stable is not None:
                account.stable.replaced_at = now
            account.stable = None
        if account.stable is None or account.stable.expires_at - now <= OVERLAP:
            account.stable = self._issue(appid, now)
        return _answer(account.stable, now)

    def authorizer(self, appid: str, now: float) -> str:
        """Return a new token with which a third-party platform speaks for an account."""
        return self._issue(appid, now).value

    def withdraw(self, values: Iterable[str]) -> None:
        """End tokens of a platform that the account does not trust any more."""
        self._withdrawn.update(values)

    def check(self, value: str, now: float) -> str:
        """Return the appid that `value` speaks for; raise ApiError 40001 (invalid), 42001 (expired) or 61003."""
        token = self._issued.get(value)
        if value in self._withdrawn:
            raise ApiError(61003)
        if token is None or now >= token.replaced_at:
            raise ApiError(40001)
        if now >= token.expires_at:
            raise ApiError(42001)
        return token.appid

    def revoke(self, appid: str, now: float) -> None:
        """Make every token of `appid` invalid, as resetting the AppSecret does."""
        for token in self._issued.values():
            if token.appid == appid:
                token.replaced_at = min(token.replaced_at, now)
        self._accounts.pop(appid, None)

    def spoil(self, appid: str, now: float) -> None:
        """Make every token of `appid` invalid, the stable one too, which is given out as before."""
        for token in self._issued.values():
            if token.appid == appid:
                token.replaced_at = min(token.replaced_at, now)

    def ticket(self, appid: str, kind: str, now: float) -> dict[str, object]:
        """Return the ticket of `kind`, the same until five minutes before its end."""
        issued = self._tickets.get((appid, kind))
        if issued is None or issued.expires_at - now <= OVERLAP:
            issued = Issued(appid, f"ticket_{secrets.token_urlsafe(64)}", now + self.lifetime)
            self._tickets[appid, kind] = issued
        return {"ticket": issued.value, "expires_in": told(issued.expires_at - now)}

    def owner(self, value: str) -> str:
        """Return the appid that `value` was issued to, valid or not; "" for nobody's."""
        issued = self._issued.get(value)
        return issued.appid if issued else ""

    def expire(self, appid: str, now: float) -> None:
        """Make every token of `appid` expired."""
        for token in self._issued.values():
            if token.appid == appid:
                token.expires_at = min(token.expires_at, now)

    def _may_force(self, account: _Account, now: float) -> bool:
        account.forced = [at for at in account.forced if now - at < 86400]
        apart = not account.forced or now - account.forced[-1] >= FORCED_APART
        return apart and len(account.forced) < FORCED_PER_DAY

    def _issue(self, appid: str, now: float) -> Issued:
        value = f"{len(self._issued)}_{secrets.token_urlsafe(96)}"
        self._issued[value] = issued = Issued(appid, value, now + self.lifetime)
        return issued


def _answer(token: Issued, now: float) -> dict[str, object]:
    return {"access_token": token.value, "expires_in": told(token.expires_at - now)}
