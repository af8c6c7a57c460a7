"""Secrets at rest: sealed with a key derived from HUB_SECRET_KEY."""

from __future__ import annotations

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class SecretUnreadable(ValueError):
    """A stored secret does not open: HUB_SECRET_KEY is not the one it was sealed with."""


def derive(secret_key: str, purpose: str) -> bytes:
    """Return the 32-byte key for `purpose`; different purposes never share a key (HKDF, RFC 5869)."""
    return HKDF(SHA256(), 32, salt=None, info=f"hub:{purpose}".encode()).derive(secret_key.encode())


def seal(key: bytes, clear: str, *, context: str) -> bytes:
    """Return `clear` sealed by AES-256-GCM and bound to `context` (such as the table and row it belongs to)."""
    nonce = secrets.token_bytes(12)
    return nonce + AESGCM(key).encrypt(nonce, clear.encode(), context.encode())


def unseal(key: bytes, sealed: bytes, *, context: str) -> str:
    """Return the text in `sealed`; raise SecretUnreadable when the key or the context is another."""
    try:
        return AESGCM(key).decrypt(sealed[:12], sealed[12:], context.encode()).decode()
    except (InvalidTag, ValueError) as error:  # a ValueError: what is stored is cut short
        raise SecretUnreadable("a stored secret does not open: was HUB_SECRET_KEY changed?") from error
