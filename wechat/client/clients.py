"""One client per account, kept while it is in use so that its connections are."""

from __future__ import annotations

import hmac
import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Protocol

from wechat.client.api import WECHAT, HubClient
from wechat.client.breakers import Breakers
from wechat.client.cache import Token
from wechat.client.component import AuthorizerTokens, Granted, Keeper, Platform, token_name
from wechat.client.tokens import TokenProvider


class Reachable(Protocol):
    """Say what it takes to call WeChat for an account; one with a `component` is run through that platform."""

    @property
    def appid(self) -> str:
        """Return the AppID."""

    @property
    def secret(self) -> str:
        """Return the AppSecret."""


class Clients:
    """Keep the clients of the `size` accounts used last; threads may share them."""

    def __init__(
        self, tokens: TokenProvider, api_url: str = WECHAT, *, size: int = 128, keeper: Keeper | None = None
    ) -> None:
        self._tokens, self._api_url, self._size, self._keeper = tokens, api_url, size, keeper
        self._kept: OrderedDict[str, tuple[str, HubClient]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, account: Reachable) -> HubClient:
        """Return the client of an account, a new one when its secret or the platform that runs it has changed."""
        appid, means = account.appid, _means(account)
        with self._lock:
            kept = self._kept.get(appid)
            if kept is None or not hmac.compare_digest(kept[0].encode(), means.encode()):
                self._kept[appid] = kept = (means, self._made(account))
            self._kept.move_to_end(appid)
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
            return kept[1]

    def platform(self, component: Granted) -> Platform:
        """Return the client of a third-party platform."""
        if self._keeper is None:
            raise LookupError("these clients keep nothing for third-party platforms")
        return Platform(
            component,
            broker=self._tokens.broker,
            breakers=self._tokens.breakers,
            keeper=self._keeper,
            api_url=self._api_url,
        )

    def welcome(self, component_appid: str, appid: str, token: Token) -> None:
        """Use the token that an account has granted just now, and forget what was held against the account."""
        self._tokens.broker.put(token_name(component_appid, appid), token)
        self._tokens.breakers.close(appid)

    @property
    def breakers(self) -> Breakers:
        """Return the breakers of all accounts."""
        return self._tokens.breakers

    def token_expiries(self, accounts: Sequence[Reachable]) -> dict[str, float | None]:
        """Return the Unix second at which each account's stored token expires, None without one."""
        names = {account.appid: _token_name(account) for account in accounts}
        found = self._tokens.broker.peek_many(list(names.values()))
        return {appid: token.expires_at if (token := found[name]) else None for appid, name in names.items()}

    def close(self) -> None:
        """Close every connection and forget the clients."""
        with self._lock:
            for _, client in self._kept.values():
                client.close()
            self._kept.clear()

    def _made(self, account: Reachable) -> HubClient:
        component = _component(account)
        if component is None:
            return HubClient(account.appid, account.secret, tokens=self._tokens, api_url=self._api_url)
        platform = self.platform(component)
        source = AuthorizerTokens(platform, self._tokens.broker, account.appid)
        return HubClient(
            account.appid, "", tokens=self._tokens, source=source, api_url=self._api_url, platform=platform
        )


def _component(account: Reachable) -> Granted | None:
    found: Granted | None = getattr(account, "component", None)
    return found


def _means(account: Reachable) -> str:
    """Return by what an account is called: another value asks for another client."""
    component = _component(account)
    return f"{component.appid}:{component.secret}" if component else account.secret


def _token_name(account: Reachable) -> str:
    component = _component(account)
    return token_name(component.appid, account.appid) if component else account.appid
