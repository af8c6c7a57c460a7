"""One client per account, kept while it is in use so that its connections are."""

from __future__ import annotations

import hmac
import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Protocol

from wechat.client.api import WECHAT, HubClient
from wechat.client.breakers import Breakers
from wechat.client.tokens import TokenProvider


class Reachable(Protocol):
    """Say what it takes to call WeChat for an account."""

    @property
    def appid(self) -> str:
        """Return the AppID."""

    @property
    def secret(self) -> str:
        """Return the AppSecret."""


class Clients:
    """Keep the clients of the `size` accounts used last; threads may share them."""

    def __init__(self, tokens: TokenProvider, api_url: str = WECHAT, *, size: int = 128) -> None:
        self._tokens, self._api_url, self._size = tokens, api_url, size
        self._kept: OrderedDict[str, HubClient] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, account: Reachable) -> HubClient:
        """Return the client of an account, a new one when its secret has changed."""
        appid, secret = account.appid, account.secret
        with self._lock:
            kept = self._kept.get(appid)
            if kept is None or not hmac.compare_digest(str(kept.secret).encode(), secret.encode()):
                self._kept[appid] = kept = HubClient(appid, secret, tokens=self._tokens, api_url=self._api_url)
            self._kept.move_to_end(appid)
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
            return kept

    @property
    def breakers(self) -> Breakers:
        """Return the breakers of all accounts."""
        return self._tokens.breakers

    def token_expiries(self, accounts: Sequence[Reachable]) -> dict[str, float | None]:
        """Return the Unix second at which each account's stored token expires, None without one."""
        names = [account.appid for account in accounts]
        found = self._tokens.broker.peek_many(names)
        return {name: token.expires_at if (token := found[name]) else None for name in names}

    def close(self) -> None:
        """Close every connection and forget the clients."""
        with self._lock:
            for client in self._kept.values():
                client.close()
            self._kept.clear()
