"""Vault items: one field of one collection, under a key of its own."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.kernel import bulk
from privacy.client.keystore import KeyGone, keystore
from privacy.models import Collection, VaultItem
from privacy.rules.binding import item_aad

_NONCE = 12
Contents = Mapping[UUID, Mapping[str, str]]
"""Collection id -> field -> value."""


class ItemUnreadable(Exception):
    """A vault item or its key was altered, or belongs to another place."""


def write_items(vault: Session, rows: Sequence[Collection], contents: Contents, now: datetime) -> None:
    """Write one item per field of `rows`; items that are there already stay as they are.

    Raises KeyGone when the expiry day of a row is over.
    """
    for day, group in _by_day(rows).items():
        names = [(row.id, field) for row in group for field in contents[row.id]]
        keys = keystore().make_item_keys(day, names, today=now.date())
        items = [
            {
                "expires_on": day,
                "collection_id": row.id,
                "field": field,
                "collected_at": row.collected_at,
                "expires_at": row.expires_at,
                "ciphertext": _encrypt(keys[(row.id, field)], value, item_aad(row.id, field, day)),
            }
            for row in group
            for field, value in contents[row.id].items()
        ]
        bulk.insert_rows(vault, VaultItem, items, conflict="DO NOTHING")


def read_items(vault: Session, rows: Sequence[Collection]) -> dict[UUID, dict[str, str]]:
    """Return the readable fields of `rows` by collection; fields whose key is destroyed are left out.

    Raises ItemUnreadable when an item does not open under its own key.
    """
    found: dict[UUID, dict[str, str]] = {}
    for day, group in _by_day(rows).items():
        query = select(VaultItem.collection_id, VaultItem.field, VaultItem.ciphertext).where(
            VaultItem.expires_on == day, VaultItem.collection_id.in_([row.id for row in group])
        )
        items = {(collection, field): sealed for collection, field, sealed in vault.execute(query)}
        for (collection, field), key in _keys(day, list(items)).items():
            value = _decrypt(key, items[(collection, field)], item_aad(collection, field, day))
            found.setdefault(collection, {})[field] = value
    return found


def _keys(day: date, names: Sequence[tuple[UUID, str]]) -> dict[tuple[UUID, str], bytes]:
    try:
        return keystore().item_keys(day, names)
    except KeyGone:
        return {}  # purged while we looked: there is nothing to read
    except InvalidTag as error:
        raise ItemUnreadable(f"an item key of {day} does not open: altered, or of another key store") from error


def _encrypt(key: bytes, value: str, aad: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, value.encode(), aad)


def _decrypt(key: bytes, sealed: bytes, aad: bytes) -> str:
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], aad).decode()
    except InvalidTag as error:
        raise ItemUnreadable("a vault item does not open: altered, or moved from another place") from error


def _by_day(rows: Sequence[Collection]) -> dict[date, list[Collection]]:
    ordered = sorted(rows, key=lambda row: row.expires_on)
    return {day: list(group) for day, group in groupby(ordered, key=lambda row: row.expires_on)}
