"""What sealed bytes are bound to, so that bytes moved to another row or day do not open."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

_VERSION = "1"


def item_aad(collection_id: UUID, field: str, expires_on: date) -> bytes:
    """Return what the ciphertext of one vault item is bound to: version|collection|field|expires_on."""
    return _join("item", str(collection_id), field, expires_on.isoformat())


def item_key_aad(collection_id: UUID, field: str, expires_on: date) -> bytes:
    """Return what a wrapped item key is bound to."""
    return _join("key", str(collection_id), field, expires_on.isoformat())


def collection_context(
    collection_id: UUID, person_id: UUID, collected_at: datetime, expires_on: date, legal_entity: str | None
) -> str:
    """Return what a sealed collection is bound to: whose it is, who collected it, and its clock."""
    at = collected_at.astimezone(UTC).isoformat(timespec="microseconds")
    return "|".join(("collection", str(collection_id), str(person_id), at, expires_on.isoformat(), legal_entity or ""))


def sealing_info(epoch: date, context: str) -> bytes:
    """Return the HPKE info of a blob sealed on `epoch` for `context`."""
    return _join("seal", epoch.isoformat(), context)


def _join(*parts: str) -> bytes:
    return "|".join((_VERSION, *parts)).encode()
