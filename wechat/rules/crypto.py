"""Signatures and the AES envelope of WeChat's message push (AES-256-CBC, PKCS#7 on blocks of 32 bytes)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from wechat.rules.request import AccountKeys, Rejected

BLOCK = 32
RANDOM_BYTES = 16
_HEAD = RANDOM_BYTES + 4


def sign(*parts: str) -> str:
    """Return the lower-case hex SHA-1 of `parts`, sorted as bytes and joined with nothing between."""
    # surrogatepass: a query string may hold anything, and a signature check must never fail in another way.
    return hashlib.sha1(  # noqa: S324 - WeChat's protocol fixes SHA-1
        b"".join(sorted(part.encode("utf-8", "surrogatepass") for part in parts))
    ).hexdigest()


def verify_signature(given: str, *parts: str) -> None:
    """Compare `given` with the signature of `parts` in constant time; raise Rejected("bad_signature") if it differs."""
    if not hmac.compare_digest(given.encode("utf-8", "surrogatepass"), sign(*parts).encode()):
        raise Rejected("bad_signature")


def sign_page(*, ticket: str, nonce: str, timestamp: int, url: str) -> str:
    """Return the JS-SDK signature of a page; `url` is the page's own, and what follows its # does not count."""
    text = f"jsapi_ticket={ticket}&noncestr={nonce}&timestamp={timestamp}&url={url.partition('#')[0]}"
    return hashlib.sha1(text.encode()).hexdigest()  # noqa: S324 - WeChat's protocol fixes SHA-1


def decode_aes_key(aes_key: str) -> bytes:
    """Return the 32 bytes of a 43-character EncodingAESKey; raise ValueError when it is not one.

    43 characters carry 258 bits, so the last one has spare bits, which are ignored.
    """
    key = base64.b64decode(aes_key + "=") if len(aes_key) == 43 else b""
    if len(key) != 32:
        raise ValueError("an EncodingAESKey has 43 letters and digits")
    return key


def decrypt(keys: AccountKeys, encrypted: str) -> str:
    """Return the document inside the base64 text `encrypted`, whose signature the caller has verified.

    Raises Rejected: "wrong_appid" when it was made for another account, "undecodable" for everything else.
    """
    plain = _plaintext(keys.aes_key, encrypted)
    padding = plain[-1] if plain else 0
    end = len(plain) - padding
    message_end = _HEAD + int.from_bytes(plain[RANDOM_BYTES:_HEAD], "big")
    if not 1 <= padding <= BLOCK or plain[end:] != bytes([padding]) * padding or not _HEAD <= message_end <= end:
        raise Rejected("undecodable")
    if not hmac.compare_digest(plain[message_end:end], keys.recipient.encode()):
        raise Rejected("wrong_appid")
    try:
        return plain[_HEAD:message_end].decode()
    except UnicodeDecodeError:
        pass
    raise Rejected("undecodable")


def _plaintext(aes_key: str, encrypted: str) -> bytes:
    """Return the padded plaintext, or b"" when the key, the base64 or the length is not right."""
    try:
        key = decode_aes_key(aes_key)
        data = binascii.a2b_base64(encrypted, strict_mode=True)
    except ValueError:
        return b""
    if len(data) % BLOCK:
        return b""
    decryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
    return decryptor.update(data) + decryptor.finalize()


def encrypt(keys: AccountKeys, message: str, *, random: bytes) -> str:
    """Return `message` encrypted for the account, as base64; `random` is 16 fresh random bytes."""
    if len(random) != RANDOM_BYTES:
        raise ValueError("random must be 16 bytes")
    key, text = decode_aes_key(keys.aes_key), message.encode()
    plain = random + len(text).to_bytes(4, "big") + text + keys.recipient.encode()
    padding = BLOCK - len(plain) % BLOCK
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()).decode()


def encrypt_reply(keys: AccountKeys, message: str, *, random: bytes, timestamp: int, nonce: str) -> str:
    """Return the signed reply document around the encrypted `message`, in the message's own format (JSON or XML)."""
    encrypted = encrypt(keys, message, random=random)
    signature = sign(keys.token, str(timestamp), nonce, encrypted)
    if message.startswith("{"):
        reply = {"Encrypt": encrypted, "MsgSignature": signature, "TimeStamp": timestamp, "Nonce": nonce}
        return json.dumps(reply, ensure_ascii=False, separators=(",", ":"))
    # The nonce may come from a URL: it must not be able to end its CDATA section.
    quoted = nonce.replace("]]>", "]]]]><![CDATA[>")
    return (
        f"<xml><Encrypt><![CDATA[{encrypted}]]></Encrypt><MsgSignature><![CDATA[{signature}]]></MsgSignature>"
        f"<TimeStamp>{timestamp}</TimeStamp><Nonce><![CDATA[{quoted}]]></Nonce></xml>"
    )
