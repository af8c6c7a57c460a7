"""Tokens and tickets by name, each fetched once for all threads and processes, again five minutes before its end."""

from __future__ import annotations

import hmac
import threading
import time
from collections import defaultdict
from collections.abc import Callable

from hub.kernel import clock
from wechat.client.cache import SharedTokens, Token
from wechat.client.errors import WeChatError
from wechat.rules.errortable import Kind

MARGIN = 300
WAIT_SECONDS = 10.0
POLL_SECONDS = 0.05
REFUSED_SECONDS = 30
BREATH_SECONDS = 1
_STUMBLES = (Kind.BACKOFF, Kind.MINUTE, Kind.NEXT_DAY)

Fetch = Callable[[], Token]


class Broker:
    """Give out what `fetch` gets, for as long as it is good.

    A refusal that does not mend itself (wrong secret, address not allowed) is remembered for 30 seconds and any other
    for one, so that waiting threads do not storm WeChat.
    """

    def __init__(self, shared: SharedTokens) -> None:
        self._shared = shared
        self._own: dict[str, Token] = {}
        self._refused: dict[str, tuple[float, str, WeChatError]] = {}
        self._guard = threading.Lock()
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def get(self, name: str, fetch: Fetch, mark: str = "") -> str:
        """Return the valid token `name`; raise WeChatError when WeChat gives none.

        A refusal is forgotten when `mark`, which stands for the credentials, has changed.
        """
        token = self.peek(name)
        if token is not None and left(token) > MARGIN:
            return token.value
        spare = token.value if token is not None and left(token) > 0 else ""
        lock = self._lock_of(name)
        if not lock.acquire(blocking=not spare):
            return spare
        try:
            return self._renewed(name, fetch, mark).value
        except WeChatError as error:
            if spare and error.kind in _STUMBLES:
                return spare
            raise
        finally:
            lock.release()

    def renew(self, name: str, rejected: str, fetch: Fetch, mark: str = "") -> str:
        """Return another token than `rejected`, somebody else's or fetched now; the same when WeChat says so."""
        token = self.peek(name)
        if token is not None and left(token) > 0 and not _same(token.value, rejected):
            return token.value
        self.forget(name, rejected)
        return self.get(name, fetch, mark)

    def replace(self, name: str, rejected: str, fetch: Fetch) -> str:
        """Return what `fetch` gets in the place of `rejected`, which WeChat gives out although it refuses it."""
        with self._lock_of(name), self._shared.lock(name):
            token = self.peek(name)
            if token is not None and not _same(token.value, rejected):
                return token.value
            return self._keep(name, fetch()).value

    def fetch(self, name: str, fetch: Fetch) -> Token:
        """Return a token fetched now whatever is stored, so as to see whether WeChat gives one."""
        self._refused.pop(name, None)
        return self._keep(name, fetch())

    def put(self, name: str, token: Token) -> None:
        """Keep a token that was come by in another way."""
        self._refused.pop(name, None)
        self._keep(name, token)

    def forget(self, name: str, value: str) -> None:
        """Forget the token `name` if it is still `value`; a newer one that is stored by now stays."""
        own = self._own.get(name)
        if own is not None and _same(own.value, value):
            self._own.pop(name, None)
        self._shared.delete(name, value)

    def peek(self, name: str) -> Token | None:
        """Return the token `name` as it is stored, however old."""
        token = self._shared.read(name)
        if token is None and not self._shared.available:
            token = self._own.get(name)
        return token

    def peek_many(self, names: list[str]) -> dict[str, Token | None]:
        """Return each token as it is stored."""
        if not self._shared.available:
            return {name: self._own.get(name) for name in names}
        return dict(zip(names, self._shared.read_many(names), strict=True))

    def _lock_of(self, name: str) -> threading.Lock:
        with self._guard:
            return self._locks[name]

    def _renewed(self, name: str, fetch: Fetch, mark: str) -> Token:
        """Return a fresh token, fetching it unless another thread or process has; runs once at a time per process."""
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            with self._shared.lock(name) as mine:
                token = self.peek(name)
                if token is not None and left(token) > (MARGIN if mine else 0):
                    return token
                if mine or time.monotonic() > deadline:
                    return self._fetched(name, fetch, mark)
            time.sleep(POLL_SECONDS)

    def _fetched(self, name: str, fetch: Fetch, mark: str) -> Token:
        self._raise_if_refused(name, mark)
        try:
            token = fetch()
        except WeChatError as error:
            pause = BREATH_SECONDS if error.kind is Kind.BACKOFF else REFUSED_SECONDS
            self._refused[name] = (clock.now().timestamp() + pause, mark, error)
            raise
        self._refused.pop(name, None)
        return self._keep(name, token)

    def _keep(self, name: str, token: Token) -> Token:
        self._own[name] = token
        self._shared.write(name, token, left(token))
        return token

    def _raise_if_refused(self, name: str, mark: str) -> None:
        until, refused, error = self._refused.get(name, (0.0, "", None))
        if error is not None and clock.now().timestamp() < until and _same(refused, mark):
            raise WeChatError(error.errcode, error.errmsg, at_token=error.at_token)


def left(token: Token) -> float:
    """Return for how many more seconds `token` is good."""
    return token.expires_at - clock.now().timestamp()


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
