"""What web pages need of the gateway: the signature of WeChat's script, and files that prove a domain."""

from __future__ import annotations

import hashlib

FILE_FORM, FILE_EXPECTED = r"MP_verify_[A-Za-z0-9]{4,64}\.txt", '"MP_verify_", letters and digits, ".txt"'
CONTENT_FORM, CONTENT_EXPECTED = r"[A-Za-z0-9_-]{4,200}", "the one word in the file: letters and digits"
DOMAIN_FORM = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+"
DOMAIN_EXPECTED = "a domain such as m.example.com, in small letters, without https:// and without a path"


def sign(ticket: str, nonce: str, timestamp: int, url: str) -> str:
    """Return the signature of the page at `url` (SHA-1 is WeChat's own choice); what follows "#" is no part of it."""
    text = f"jsapi_ticket={ticket}&noncestr={nonce}&timestamp={timestamp}&url={url.partition('#')[0]}"
    return hashlib.sha1(text.encode()).hexdigest()  # noqa: S324
