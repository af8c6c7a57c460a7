"""The one maker of ids: UUIDv7, ordered by time, so indexes grow at one end and no sequence is hot."""

from __future__ import annotations

import secrets
import threading
from uuid import UUID

from hub.kernel import clock

_MICRO = 1_000_000
_lock = threading.Lock()
_last = 0


def new_id() -> UUID:
    """Return a fresh UUIDv7 (RFC 9562, method 3), greater than every id this process made before."""
    global _last
    micros = int(clock.now().timestamp() * _MICRO)
    millis, rest = divmod(micros, 1000)
    fraction = rest * 4096 // 1000
    value = millis << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | secrets.randbits(62)
    with _lock:
        _last = value if value > _last or millis + 1000 < _last >> 80 else _last + 1
        return UUID(int=_last)
