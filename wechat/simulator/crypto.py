"""WeChat's signature and message encryption, written apart from the hub's so that they share no mistake."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import b64decode, b64encode

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32


def sign(*parts: str) -> str:
    """Return WeChat's signature over `parts`, in lower-case hex."""
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


def encrypt(aes_key: str, appid: str, message: bytes, *, prefix: bytes | None = None) -> str:
    """Return `message` encrypted for `appid`, in base64; `prefix` replaces the 16 random bytes."""
    plain = (prefix or secrets.token_bytes(16)) + len(message).to_bytes(4, "big") + message + appid.encode()
    fill = BLOCK - len(plain) % BLOCK
    encryptor = _cipher(aes_key).encryptor()
    return b64encode(encryptor.update(plain + bytes([fill]) * fill) + encryptor.finalize()).decode()


def decrypt(aes_key: str, appid: str, encrypted: str) -> bytes:
    """Return the message in `encrypted`; raise ValueError when it is damaged or meant for another account."""
    decryptor = _cipher(aes_key).decryptor()
    plain = decryptor.update(b64decode(encrypted)) + decryptor.finalize()
    if len(plain) < BLOCK or not 1 <= plain[-1] <= BLOCK:
        raise ValueError("the padding is wrong")
    plain = plain[: -plain[-1]]
    end = 20 + int.from_bytes(plain[16:20], "big")
    if not hmac.compare_digest(plain[end:], appid.encode()):
        raise ValueError("the message is not meant for this account")
    return plain[20:end]


def _cipher(aes_key: str) -> Cipher[modes.CBC]:
    key = b64decode(aes_key + "=")
    return Cipher(algorithms.AES(key), modes.CBC(key[:16]))
