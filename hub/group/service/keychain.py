"""The API keys there are: listed, revoked, and rotated without a gap."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from hub.group.models import ApiKey, BusinessUnit, Touchpoint
from hub.group.rules import keys as rules
from hub.group.service.keys import LIFE, add_key
from hub.kernel import clock

OVERLAP = timedelta(days=7)
MOST_LIVE = 2
"""Keys of one name and owner that may live at once: the one in use, and its successor."""


class KeyNotFound(Exception):
    """There is no such key."""


class KeyNotRotatable(Exception):
    """The key is over already, or is being rotated."""


@dataclass(frozen=True, slots=True)
class KeyCard:
    """Show a key without its secret; `owner` is the slug of its BU or touchpoint, None for the group's admins."""

    id: UUID
    public_id: str
    name: str
    role: str
    owner: str | None
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None

    @property
    def state(self) -> str:
        """Return "live", "expired" or "revoked", as of now."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= clock.now() else "live"


def list_keys(session: Session, *, before: UUID | None = None, limit: int = 1000) -> list[KeyCard]:
    """Return the keys there are, the newest first, from the one after `before` on."""
    chosen = select(ApiKey).order_by(ApiKey.id.desc()).limit(limit)
    if before is not None:
        chosen = chosen.where(ApiKey.id < before)
    return cards(session, session.scalars(chosen).all())


def cards(session: Session, keys: Sequence[ApiKey]) -> list[KeyCard]:
    """Return the cards of `keys`, in their order."""
    slugs: dict[UUID | None, str] = {}
    for model, ids in (
        (BusinessUnit, {k.bu_id for k in keys if k.bu_id}),
        (Touchpoint, {k.touchpoint_id for k in keys if k.touchpoint_id}),
    ):
        slugs |= {id_: slug for id_, slug in session.execute(select(model.id, model.slug).where(model.id.in_(ids)))}
    return [
        KeyCard(
            key.id,
            key.public_id,
            key.name,
            key.role,
            slugs.get(key.bu_id or key.touchpoint_id),
            tuple(key.scopes),
            key.created_at,
            key.expires_at,
            key.revoked_at,
            key.last_used_at,
        )
        for key in keys
    ]


def find_key(session: Session, text: str) -> ApiKey:
    """Return the key that `text` names by its id, its public id, or itself, locked; raise KeyNotFound."""
    parts = rules.read(text)
    named: ColumnElement[bool] = ApiKey.public_id == (parts.public_id if parts else text)
    with contextlib.suppress(ValueError):  # no id: then it is a public id, or nothing
        named = or_(named, ApiKey.id == UUID(text))
    key = session.scalar(select(ApiKey).where(named).with_for_update())
    if key is None:
        raise KeyNotFound(f"there is no key {text[:8]!r}: see `hub key list`")
    return key


def revoke_key(session: Session, key: ApiKey) -> None:
    """End a key now; one that was revoked before keeps its time."""
    if key.revoked_at is None:
        key.revoked_at = clock.now()
    session.flush()


def rotate_key(
    session: Session, key: ApiKey, *, overlap: timedelta = OVERLAP, life: timedelta = LIFE
) -> tuple[ApiKey, str]:
    """Return the successor of `key` and its text; `key` itself ends after `overlap`, or when it would have anyway.

    Raises KeyNotRotatable when the key is over, or when two keys of its name and owner live already.
    """
    now = clock.now()
    live = session.scalars(select(ApiKey.id).where(_twins(key), _live(now)).with_for_update()).all()
    if key.id not in live:
        raise KeyNotRotatable("This key is over: make a new one.")
    if len(live) >= MOST_LIVE:
        raise KeyNotRotatable("Two keys of this name and owner live already: revoke one of them first.")
    end = now + overlap
    key.expires_at = end if key.expires_at is None else min(end, key.expires_at)
    next_one = ApiKey(
        name=key.name, role=key.role, bu_id=key.bu_id, touchpoint_id=key.touchpoint_id, scopes=list(key.scopes)
    )
    return next_one, add_key(session, next_one, now + life)


def _twins(key: ApiKey) -> ColumnElement[bool]:
    return and_(
        ApiKey.name == key.name,
        ApiKey.role == key.role,
        ApiKey.bu_id.is_not_distinct_from(key.bu_id),
        ApiKey.touchpoint_id.is_not_distinct_from(key.touchpoint_id),
    )


def _live(now: datetime) -> ColumnElement[bool]:
    return and_(ApiKey.revoked_at.is_(None), or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > now))
