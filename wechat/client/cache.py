"""The one copy of each token and ticket in Redis, sealed, and the lock around its renewal."""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag

from wechat.client.store import Store

logger = logging.getLogger(__name__)

PREFIX = "wechat:token:"

Codec = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Token:
    """Hold a token or a ticket, and the Unix second at which it expires."""

    value: str
    expires_at: float


class SharedTokens:
    """Keep tokens by name (an AppID, or a kind of ticket and an AppID), sealed when a pair of callables is given.

    `unseal` says ValueError or InvalidTag to bytes that it cannot open.
    """

    def __init__(self, store: Store, seal: Codec | None, unseal: Codec | None) -> None:
        self._store, self._seal, self._unseal = store, seal, unseal

    @property
    def available(self) -> bool:
        """Tell whether Redis may be asked now."""
        return self._store.available

    def read(self, name: str) -> Token | None:
        """Return the stored token `name`, however old."""
        return self._open(self._store.get(PREFIX + name))

    def read_many(self, names: Sequence[str]) -> list[Token | None]:
        """Return the stored token of each name."""
        return [self._open(raw) for raw in self._store.get_many([PREFIX + name for name in names])]

    def write(self, name: str, token: Token, seconds: float) -> None:
        """Store `token` for `seconds`."""
        raw = json.dumps({"token": token.value, "expires_at": token.expires_at}).encode()
        self._store.put(PREFIX + name, self._seal(raw) if self._seal else raw, seconds)

    def delete(self, name: str, value: str) -> None:
        """Delete the token `name` if it is still `value`."""
        raw = self._store.get(PREFIX + name)
        stored = self._open(raw)
        if raw is not None and stored is not None and secrets.compare_digest(stored.value.encode(), value.encode()):
            self._store.delete_if(PREFIX + name, raw)

    def lock(self, name: str) -> AbstractContextManager[bool]:
        """Hold the renewal lock of `name`; yields False when another process holds it."""
        return self._store.lock(f"{PREFIX}lock:{name}")

    def _open(self, raw: bytes | None) -> Token | None:
        if raw is None:
            return None
        try:
            stored = json.loads(self._unseal(raw) if self._unseal else raw)
            return Token(str(stored["token"]), float(stored["expires_at"]))
        except (ValueError, KeyError, TypeError, InvalidTag):
            logger.warning("a stored WeChat token cannot be read and will be replaced")
            return None
