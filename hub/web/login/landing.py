"""Where a person is led after the login: to a page of ours, never anywhere else."""

from __future__ import annotations

from urllib.parse import urlsplit


def safe(target: str | None) -> str | None:
    """Return `target` when it is a plain path of this site, else None."""
    if not target or len(target) > 2000 or not target.startswith("/") or target.startswith("//"):
        return None
    if "\\" in target or any(ord(character) <= 32 or ord(character) == 127 for character in target):
        return None  # browsers read a backslash as a slash, and pass over tabs and line ends
    parts = urlsplit(target)
    if parts.scheme or parts.netloc or parts.path.startswith(("/login", "/logout", "/api/")):
        return None
    return target
