"""API keys: made once, shown once, stored as a keyed hash."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.group.models import ApiKey, Touchpoint
from hub.group.rules import keys as rules
from hub.group.service.shape import bu_by_slug
from hub.kernel import clock, secretbox, settings
from hub.kernel.access import ADMIN, BU, TOUCHPOINT, Caller

LIFE = timedelta(days=180)


class UnknownOwner(Exception):
    """The business unit or touchpoint that a key should be bound to does not exist."""


def create_key(
    session: Session, *, name: str, bu: str | None = None, touchpoint: str | None = None, scopes: Sequence[str] = ()
) -> str:
    """Return a new key bound to one BU, one touchpoint, or (with neither) the group's admins; it is not kept."""
    key = ApiKey(
        public_id=_random(rules.ID_LENGTH),
        name=name,
        role=BU if bu else TOUCHPOINT if touchpoint else ADMIN,
        scopes=list(scopes),
        created_at=clock.now(),
        expires_at=clock.now() + LIFE,
    )
    if bu is not None:
        owner = bu_by_slug(session, bu)
        if owner is None:
            raise UnknownOwner(f"no business unit has the slug {bu!r}: apply a group file that names it first")
        key.bu_id = owner.id
    if touchpoint is not None:
        key.touchpoint_id = session.scalar(select(Touchpoint.id).where(Touchpoint.slug == touchpoint))
        if key.touchpoint_id is None:
            raise UnknownOwner(f"no touchpoint has the slug {touchpoint!r}: apply a group file that names it first")
    secret = _random(rules.SECRET_LENGTH)
    key.digest = _digest(secret)
    session.add(key)
    return rules.write("live" if settings.current().production else "test", key.public_id, secret)


def authenticate(session: Session, text: str) -> Caller | None:
    """Return who holds the key `text`, or None when it is malformed, unknown, expired or revoked."""
    parts = rules.read(text)
    if parts is None:
        return None
    key = session.scalar(select(ApiKey).where(ApiKey.public_id == parts.public_id))
    if not hmac.compare_digest(key.digest if key else b"\0" * 32, _digest(parts.secret)) or key is None:
        return None
    if key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= clock.now()):
        return None
    return Caller(key.role, key.id, key.name, key.bu_id, key.touchpoint_id)


def _digest(secret: str) -> bytes:
    pepper = secretbox.derive(settings.current().secret_key, "api_key")
    return hmac.new(pepper, secret.encode(), hashlib.sha256).digest()


def _random(length: int) -> str:
    return "".join(secrets.choice(rules.ALPHABET) for _ in range(length))
