"""Redis as the gateway's shared memory: asked gently, left alone for a while when it does not answer."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import cast

from redis import Redis, RedisError

logger = logging.getLogger(__name__)

LOCK_MILLISECONDS = 20_000
PAUSE_SECONDS = 5.0
_DELETE_IF_SAME = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"
_SWAP = (
    "if (redis.call('get', KEYS[1]) or '') ~= ARGV[1] then return 0 end"
    " if ARGV[2] == '' then redis.call('del', KEYS[1]) else redis.call('set', KEYS[1], ARGV[2], 'PX', ARGV[3]) end"
    " return 1"
)


class Store:
    """Keep values in Redis.

    Without Redis, or while it does not answer, every read finds nothing, every write is dropped and every lock is
    granted; after a failure Redis is left alone for five seconds.
    """

    def __init__(self, redis: Redis | None) -> None:
        self._redis = redis
        self._away_until = 0.0

    @property
    def available(self) -> bool:
        """Tell whether Redis may be asked now."""
        return self._redis is not None and time.monotonic() >= self._away_until

    def get(self, key: str) -> bytes | None:
        """Return the value of `key`, if it has one."""
        return _bytes(self._ask(lambda redis: redis.get(key)))

    def get_many(self, keys: Sequence[str]) -> list[bytes | None]:
        """Return the value of each key, None for those without."""
        found = self._ask(lambda redis: redis.mget(keys)) if keys else None
        return [_bytes(value) for value in cast("list[object]", found)] if found else [None] * len(keys)

    def put(self, key: str, value: bytes, seconds: float) -> None:
        """Keep `value` under `key` for `seconds`."""
        self._ask(lambda redis: redis.set(key, value, px=_milliseconds(seconds)))

    def put_first(self, key: str, value: bytes, seconds: float) -> bool | None:
        """Keep `value` unless `key` has one, and tell whether it was kept; None while Redis is away."""
        kept = self._ask(lambda redis: redis.set(key, value, nx=True, px=_milliseconds(seconds)) is not None)
        return cast("bool | None", kept)

    def count(self, key: str, seconds: float) -> int | None:
        """Count one more under `key`, which is forgotten after `seconds`; None while Redis is away."""

        def counted(redis: Redis) -> object:
            with redis.pipeline() as pipe:
                pipe.incr(key)
                pipe.pexpire(key, _milliseconds(seconds), nx=True)
                return pipe.execute()[0]

        return cast("int | None", self._ask(counted))

    def delete_if(self, key: str, value: bytes) -> None:
        """Delete `key` if its value is still `value`."""
        self._ask(lambda redis: redis.eval(_DELETE_IF_SAME, 1, key, value))

    def swap(self, key: str, old: bytes | None, new: bytes | None, seconds: float) -> bool | None:
        """Replace `old` by `new` (None: nothing) and tell whether it was still there; None while Redis is away."""
        done = self._ask(lambda redis: redis.eval(_SWAP, 1, key, old or b"", new or b"", _milliseconds(seconds)))
        return None if done is None else bool(done)

    @contextmanager
    def lock(self, key: str) -> Iterator[bool]:
        """Hold the lock named `key`; yields False when another process holds it."""
        mine = secrets.token_hex(16).encode()
        taken = self.put_first(key, mine, LOCK_MILLISECONDS / 1000)
        try:
            yield taken is not False
        finally:
            if taken:
                self.delete_if(key, mine)

    def _ask(self, question: Callable[[Redis], object]) -> object:
        """Return Redis's answer, or None while it is away."""
        if self._redis is None or not self.available:
            return None
        try:
            return question(self._redis)
        except RedisError as error:
            self._away_until = time.monotonic() + PAUSE_SECONDS
            logger.warning("Redis does not answer (%s): every process is on its own", type(error).__name__)
            return None


def _bytes(value: object) -> bytes | None:
    return value.encode() if isinstance(value, str) else cast("bytes | None", value)


def _milliseconds(seconds: float) -> int:
    return max(1, int(seconds * 1000))
