"""Change an account's keys without losing what WeChat still sends under the ones before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from hub.group.models import WechatAccount
from hub.kernel import clock, secretbox, settings

ROTATED = ("token", "aes_key")
"""Secrets under which WeChat pushes; the AppSecret is only ever ours to show."""


def remember(row: WechatAccount, wanted: Mapping[str, Any], clear: Mapping[str, str]) -> None:
    """Keep on `row` the sealed keys that `wanted` replaces; `clear` holds what they are now."""
    changed = [name for name in ROTATED if wanted[name] != clear[name]]
    if not changed:
        return
    if holds_until(row) is None:  # what an older change left must not come back to life
        row.previous_token = row.previous_aes_key = None
    for name in changed:
        setattr(row, f"previous_{name}", getattr(row, name))
    row.keys_changed_at = clock.now()


def holds_until(row: WechatAccount) -> datetime | None:
    """Return until when the keys before the last change are accepted, None when that is over or never began."""
    if row.keys_changed_at is None:
        return None
    until = row.keys_changed_at + timedelta(hours=settings.current().key_overlap_hours)
    return until if clock.now() < until else None


def earlier(row: WechatAccount, box_key: bytes) -> tuple[tuple[str, str], ...]:
    """Return the pairs of token and key that are still accepted beside the present one, the likeliest first."""
    if holds_until(row) is None:
        return ()

    def known(name: str) -> list[str]:
        before, now = getattr(row, f"previous_{name}"), getattr(row, name)
        sealed = [now] if before is None else [before, now]
        return [secretbox.unseal(box_key, one, context=f"{row.appid}:{name}") for one in sealed]

    tokens, keys = known("token"), known("aes_key")
    present = tokens[-1], keys[-1]
    return tuple((token, key) for token in tokens for key in keys if token and (token, key) != present)
