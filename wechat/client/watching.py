"""Who is told how every call to WeChat ended."""

from __future__ import annotations

from collections.abc import Callable

WATCHERS: list[Callable[[str, bool], None]] = []
"""Called with the AppID and whether WeChat did what it was asked; quick, and raising nothing."""


def saw(appid: str, *, ok: bool) -> None:
    """Tell everybody who watches."""
    for watcher in WATCHERS:
        watcher(appid, ok)
