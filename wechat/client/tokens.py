"""Access tokens for every account, fetched once for all threads and processes."""

from __future__ import annotations

import hmac
import threading
import time
from collections import defaultdict

from redis import Redis

from hub.kernel import clock
from wechat.client import http
from wechat.client.cache import Codec, SharedTokens, Token
from wechat.client.errors import UNREADABLE, WeChatError

MARGIN = 300
WAIT_SECONDS = 10.0
POLL_SECONDS = 0.05
REFUSED_SECONDS = 30
BREATH_SECONDS = 1


class TokenProvider:
    """Give out access tokens from `stable_token` in normal mode, which makes a fetch too many harmless.

    `seal` and `unseal` encrypt tokens at rest in Redis. A refusal that does not mend itself (wrong secret, address not
    allowed) is remembered for 30 seconds and any other for one, so that waiting threads do not storm WeChat.
    """

    def __init__(
        self, redis: Redis | None, api_url: str, *, seal: Codec | None = None, unseal: Codec | None = None
    ) -> None:
        self._shared = SharedTokens(redis, seal, unseal)
        self._url = f"{api_url.rstrip('/')}/cgi-bin/stable_token"
        self._own: dict[str, Token] = {}
        self._refused: dict[str, tuple[float, str, WeChatError]] = {}
        self._guard = threading.Lock()
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def get(self, appid: str, secret: str) -> str:
        """Return a valid access token of `appid`; raise WeChatError when WeChat gives none."""
        token = self._read(appid)
        if token is not None and _left(token) > MARGIN:
            return token.value
        with self._guard:
            lock = self._locks[appid]
        spare = token.value if token is not None and _left(token) > 0 else ""
        if not lock.acquire(blocking=not spare):
            return spare
        try:
            return self._renewed(appid, secret).value
        except WeChatError as error:
            if spare and error.retryable:
                return spare
            raise
        finally:
            lock.release()

    def invalidate(self, appid: str, token: str) -> None:
        """Forget `token` because WeChat rejected it; a newer one that is stored by now stays."""
        own = self._own.get(appid)
        if own is not None and _same(own.value, token):
            self._own.pop(appid, None)
        self._shared.delete(appid, token)

    def _read(self, appid: str) -> Token | None:
        token = self._shared.read(appid)
        if token is None and not self._shared.available:
            token = self._own.get(appid)
        return token

    def _renewed(self, appid: str, secret: str) -> Token:
        """Return a fresh token, fetching it unless another thread or process has; runs once at a time per process."""
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            with self._shared.lock(appid) as mine:
                token = self._read(appid)
                if token is not None and _left(token) > (MARGIN if mine else 0):
                    return token
                if mine or time.monotonic() > deadline:
                    return self._fetch(appid, secret)
            time.sleep(POLL_SECONDS)

    def _fetch(self, appid: str, secret: str) -> Token:
        self._raise_if_refused(appid, secret)
        request = {"grant_type": "client_credential", "appid": appid, "secret": secret, "force_refresh": False}
        try:
            with http.session() as session:
                token = _token(http.ask(session, "POST", self._url, {"data": http.encode(request)}))
        except WeChatError as error:
            pause = BREATH_SECONDS if error.retryable else REFUSED_SECONDS
            self._refused[appid] = (clock.now().timestamp() + pause, secret, error)
            raise
        self._refused.pop(appid, None)
        self._own[appid] = token
        self._shared.write(appid, token, _left(token))
        return token

    def _raise_if_refused(self, appid: str, secret: str) -> None:
        until, refused_secret, error = self._refused.get(appid, (0.0, "", None))
        if error is not None and clock.now().timestamp() < until and _same(refused_secret, secret):
            raise WeChatError(error.errcode, error.errmsg)


def _token(answer: http.Document) -> Token:
    value, seconds = answer.get("access_token"), answer.get("expires_in")
    if not isinstance(value, str) or not isinstance(seconds, int):
        raise WeChatError(UNREADABLE, "the answer holds no access token")
    return Token(value, clock.now().timestamp() + seconds)


def _left(token: Token) -> float:
    return token.expires_at - clock.now().timestamp()


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
