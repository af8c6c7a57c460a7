"""Random references that a browser or a link carries, and the keyed hashes under which they are kept."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from functools import cache

from hub.kernel import secretbox, settings


def fresh() -> str:
    """Return 256 random bits as text fit for a cookie or a path."""
    return secrets.token_urlsafe(32)


def digest(purpose: str, text: str) -> bytes:
    """Return the keyed hash of `text`; one purpose's hashes say nothing of another's."""
    return hmac.new(
        _pepper(settings.current().secret_key, purpose), text.encode("utf-8", "replace"), hashlib.sha256
    ).digest()


@cache
def _pepper(secret_key: str, purpose: str) -> bytes:
    return secretbox.derive(secret_key, purpose)
