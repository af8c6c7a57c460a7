"""The one copy of each account's access token in Redis, and the lock around its renewal."""

from __future__ import annotations

import json
import logging
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

from cryptography.exceptions import InvalidTag
from redis import Redis, RedisError

logger = logging.getLogger(__name__)

PREFIX = "wechat:token:"
LOCK_MILLISECONDS = 20_000
PAUSE_SECONDS = 5.0
_DELETE_IF_SAME = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"

Codec = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Token:
    """Hold a token and the Unix second at which it expires."""

    value: str
    expires_at: float


class SharedTokens:
    """Keep tokens in Redis, sealed when a pair of callables is given.

    Without Redis, or while it does not answer, every read finds nothing and every lock is granted; after a failure
    Redis is left alone for five seconds. `unseal` says ValueError or InvalidTag to bytes that it cannot open.
    """

    def __init__(self, redis: Redis | None, seal: Codec | None, unseal: Codec | None) -> None:
        self._redis, self._seal, self._unseal = redis, seal, unseal
        self._away_until = 0.0

    @property
    def available(self) -> bool:
        """Tell whether Redis may be asked now."""
        return self._redis is not None and time.monotonic() >= self._away_until

    def read(self, appid: str) -> Token | None:
        """Return the stored token of `appid`, however old."""
        return self._open(self._raw(appid))

    def write(self, appid: str, token: Token, seconds: float) -> None:
        """Store `token` for `seconds`."""
        raw = json.dumps({"token": token.value, "expires_at": token.expires_at}).encode()
        sealed = self._seal(raw) if self._seal else raw
        self._ask(lambda redis: redis.set(PREFIX + appid, sealed, px=max(1, int(seconds * 1000))))

    def delete(self, appid: str, value: str) -> None:
        """Delete the token of `appid` if it is still `value`."""
        raw = self._raw(appid)
        stored = self._open(raw)
        if raw is not None and stored is not None and secrets.compare_digest(stored.value.encode(), value.encode()):
            self._ask(lambda redis: redis.eval(_DELETE_IF_SAME, 1, PREFIX + appid, raw))

    @contextmanager
    def lock(self, appid: str) -> Iterator[bool]:
        """Hold the renewal lock of `appid`; yields False when another process holds it."""
        key, mine = f"{PREFIX}lock:{appid}", secrets.token_hex(16)
        taken = self._ask(lambda redis: redis.set(key, mine, nx=True, px=LOCK_MILLISECONDS) is not None)
        try:
            yield taken is not False
        finally:
            if taken:
                self._ask(lambda redis: redis.eval(_DELETE_IF_SAME, 1, key, mine))

    def _raw(self, appid: str) -> bytes | None:
        found = cast("bytes | str | None", self._ask(lambda redis: redis.get(PREFIX + appid)))
        return found.encode() if isinstance(found, str) else found

    def _open(self, raw: bytes | None) -> Token | None:
        if raw is None:
            return None
        try:
            stored = json.loads(self._unseal(raw) if self._unseal else raw)
            return Token(str(stored["token"]), float(stored["expires_at"]))
        except (ValueError, KeyError, TypeError, InvalidTag):
            logger.warning("a stored WeChat token cannot be read and will be replaced")
            return None

    def _ask(self, question: Callable[[Redis], object]) -> object:
        """Return Redis's answer, or None while it is away."""
        if self._redis is None or not self.available:
            return None
        try:
            return question(self._redis)
        except RedisError as error:
            self._away_until = time.monotonic() + PAUSE_SECONDS
            logger.warning("Redis does not answer (%s): tokens are kept in this process", type(error).__name__)
            return None
