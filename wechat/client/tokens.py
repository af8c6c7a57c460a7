"""Access tokens of directly connected accounts: `stable_token` in normal mode, forced only as a last resort."""

from __future__ import annotations

import hashlib
import threading
from collections import defaultdict
from typing import Protocol

from redis import Redis

from hub.kernel import clock
from hub.kernel.logs import log
from wechat.client import http
from wechat.client.breakers import Breakers
from wechat.client.broker import Broker, left
from wechat.client.cache import Codec, SharedTokens, Token
from wechat.client.errors import UNREADABLE, WeChatError
from wechat.client.store import Store

FORCED = "wechat:forced:"
FORCED_APART = 30.0
FORCED_PER_DAY = 20
_DAY = 86_400


class TokenSource(Protocol):
    """Give out the access tokens of one account."""

    @property
    def mark(self) -> str:
        """Return a short text that changes with the account's credentials and tells nothing of them."""

    def get(self) -> str:
        """Return a valid access token; raise WeChatError when WeChat gives none."""

    def renew(self, rejected: str) -> str:
        """Return another token than `rejected`, if there is one to be had."""

    def check(self) -> None:
        """Fetch a token whatever is stored; raise WeChatError when WeChat gives none."""


class TokenProvider:
    """Give out access tokens from `stable_token` in normal mode, which makes a fetch too many harmless.

    `seal` and `unseal` encrypt tokens at rest in Redis.
    """

    def __init__(
        self, redis: Redis | None, api_url: str, *, seal: Codec | None = None, unseal: Codec | None = None
    ) -> None:
        self._store = Store(redis)
        self.broker = Broker(SharedTokens(self._store, seal, unseal))
        self.breakers = Breakers(self._store)
        self._url = f"{api_url.rstrip('/')}/cgi-bin/stable_token"
        self._own_forced: defaultdict[str, list[float]] = defaultdict(list)
        self._lock = threading.Lock()

    def of(self, appid: str, secret: str) -> TokenSource:
        """Return the source of one account's tokens."""
        return _Direct(self, appid, secret)

    def get(self, appid: str, secret: str) -> str:
        """Return a valid access token of `appid`; raise WeChatError when WeChat gives none."""
        return self.broker.get(appid, lambda: self._fetch(appid, secret), secret)

    def renew(self, appid: str, secret: str, rejected: str) -> str:
        """Return another token than `rejected`: another worker's, a renewed one, or a forced one if nothing else helps.

        WeChat forces at most every 30 seconds and 20 times a day; beyond that `rejected` itself comes back.
        """
        found = self.broker.renew(appid, rejected, lambda: self._fetch(appid, secret), secret)
        if found != rejected or not self._may_force(appid):
            return found
        log.warning("wechat_token_forced", appid=appid)
        return self.broker.replace(appid, rejected, lambda: self._fetch(appid, secret, force=True))

    def check(self, appid: str, secret: str) -> None:
        """Fetch a token whatever is stored; raise WeChatError when WeChat gives none."""
        self.broker.fetch(appid, lambda: self._fetch(appid, secret))

    def invalidate(self, appid: str, token: str) -> None:
        """Forget `token` because WeChat rejected it; a newer one that is stored by now stays."""
        self.broker.forget(appid, token)

    def _fetch(self, appid: str, secret: str, *, force: bool = False) -> Token:
        request = {"grant_type": "client_credential", "appid": appid, "secret": secret, "force_refresh": force}
        return fetch(self._url, request, "access_token")

    def _may_force(self, appid: str) -> bool:
        first = self._store.put_first(f"{FORCED}{appid}", b"1", FORCED_APART)
        if first is None:
            return self._may_force_alone(appid)
        day = int(clock.now().timestamp()) // _DAY
        used = self._store.count(f"{FORCED}{appid}:{day}", 2 * _DAY) if first else None
        return used is not None and used <= FORCED_PER_DAY

    def _may_force_alone(self, appid: str) -> bool:
        now = clock.now().timestamp()
        with self._lock:
            forced = [at for at in self._own_forced[appid] if now - at < _DAY]
            may = len(forced) < FORCED_PER_DAY and (not forced or now - forced[-1] >= FORCED_APART)
            self._own_forced[appid] = [*forced, now] if may else forced
            return may


class _Direct:
    def __init__(self, provider: TokenProvider, appid: str, secret: str) -> None:
        self._provider, self._appid, self._secret = provider, appid, secret
        self.mark = fingerprint(appid, secret)

    def get(self) -> str:
        return self._provider.get(self._appid, self._secret)

    def renew(self, rejected: str) -> str:
        return self._provider.renew(self._appid, self._secret, rejected)

    def check(self) -> None:
        self._provider.check(self._appid, self._secret)


def fetch(url: str, request: object, name: str, params: http.Options | None = None) -> Token:
    """Return the token called `name` in WeChat's answer to `request`; every WeChatError says that it was `at_token`."""
    try:
        with http.session() as session:
            answer = http.ask(session, "POST", url, {"data": http.encode(request), "params": params})
        return read(answer, name)
    except WeChatError as error:
        raise WeChatError(error.errcode, error.errmsg, at_token=True) from None


def read(answer: http.Document, name: str) -> Token:
    """Return the token called `name` in `answer`; raise WeChatError when there is none."""
    value, seconds = answer.get(name), answer.get("expires_in")
    if not isinstance(value, str) or not value or not isinstance(seconds, int):
        raise WeChatError(UNREADABLE, f"the answer holds no {name}")
    return Token(value, clock.now().timestamp() + seconds)


def fingerprint(appid: str, secret: str) -> str:
    """Return 32 bits that change with the secret: too few to find it by, enough to see that it is another."""
    return hashlib.sha256(f"{appid}:{secret}".encode()).hexdigest()[:8]


__all__ = ["TokenProvider", "TokenSource", "fetch", "fingerprint", "left", "read"]
