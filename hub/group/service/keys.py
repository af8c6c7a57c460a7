"""API keys: made once, shown once, stored as a keyed hash."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from hub.group.models import ApiKey, Touchpoint
from hub.group.rules import keys as rules
from hub.group.service.shape import bu_by_slug
from hub.kernel import clock, secretbox, settings
from hub.kernel.access import ADMIN, BU, SCOPES, TOUCHPOINT, Caller
from hub.kernel.ids import new_id

LIFE = timedelta(days=180)
_SEEN_EVERY = timedelta(minutes=1)


class UnknownOwner(Exception):
    """The business unit or touchpoint that a key should be bound to does not exist."""


class UnknownScope(Exception):
    """A key of this role has no such scope."""


def create_key(
    session: Session,
    *,
    name: str,
    bu: str | None = None,
    touchpoint: str | None = None,
    scopes: Sequence[str] = (),
    life: timedelta = LIFE,
) -> str:
    """Return a new key bound to one BU, one touchpoint, or (with neither) the group's admins; it is not kept."""
    return issue_key(session, name=name, bu=bu, touchpoint=touchpoint, scopes=scopes, life=life)[1]


def issue_key(
    session: Session,
    *,
    name: str,
    bu: str | None = None,
    touchpoint: str | None = None,
    scopes: Sequence[str] = (),
    life: timedelta = LIFE,
) -> tuple[ApiKey, str]:
    """Return a new key's row and its text, which is not kept; without scopes it may do all that its role may.

    Raises UnknownOwner, UnknownScope.
    """
    key = ApiKey(name=name, role=BU if bu else TOUCHPOINT if touchpoint else ADMIN, scopes=sorted(set(scopes)))
    _refuse_unknown(key)
    if bu is not None:
        owner = bu_by_slug(session, bu)
        if owner is None:
            raise UnknownOwner(f"no business unit has the slug {bu!r}: apply a group file that names it first")
        key.bu_id = owner.id
    if touchpoint is not None:
        key.touchpoint_id = session.scalar(select(Touchpoint.id).where(Touchpoint.slug == touchpoint))
        if key.touchpoint_id is None:
            raise UnknownOwner(f"no touchpoint has the slug {touchpoint!r}: apply a group file that names it first")
    return key, add_key(session, key, clock.now() + life)


def add_key(session: Session, key: ApiKey, expires_at: datetime) -> str:
    """Give a described key its id and secret, and return its text; for this room alone."""
    secret = _random(rules.SECRET_LENGTH)
    key.id, key.public_id, key.digest = new_id(), _random(rules.ID_LENGTH), _digest(secret)
    key.created_at, key.expires_at = clock.now(), expires_at
    session.add(key)
    session.flush()
    return rules.write("live" if settings.current().production else "test", key.public_id, secret)


def authenticate(session: Session, text: str) -> Caller | None:
    """Return who holds the key `text`, or None when it is malformed, unknown, expired or revoked."""
    parts = rules.read(text)
    if parts is None:
        return None
    key = session.scalar(select(ApiKey).where(ApiKey.public_id == parts.public_id))
    if not hmac.compare_digest(key.digest if key else b"\0" * 32, _digest(parts.secret)) or key is None:
        return None
    now = clock.now()
    if key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= now):
        return None
    if key.last_used_at is None or key.last_used_at < now - _SEEN_EVERY:
        _note_use(session, key, now)
    return Caller(key.role, key.id, key.name, key.bu_id, key.touchpoint_id, tuple(key.scopes))


def _note_use(session: Session, key: ApiKey, now: datetime) -> None:
    """Note that a key is in use: once a minute, by whoever is first, and without waiting for the disk."""
    free = select(ApiKey.id).where(ApiKey.id == key.id).with_for_update(skip_locked=True)
    stale = ApiKey.last_used_at.is_(None) | (ApiKey.last_used_at < now - _SEEN_EVERY)
    session.execute(text("SET LOCAL synchronous_commit = off"))
    session.execute(
        update(ApiKey).where(ApiKey.id == free.scalar_subquery(), stale).values(last_used_at=now),
        execution_options={"synchronize_session": False},
    )


def _refuse_unknown(key: ApiKey) -> None:
    for scope in key.scopes:
        if scope not in SCOPES[key.role]:
            raise UnknownScope(f"a key for {key.role} has no scope {scope!r}: use {', '.join(SCOPES[key.role])}")


def _digest(secret: str) -> bytes:
    pepper = secretbox.derive(settings.current().secret_key, "api_key")
    return hmac.new(pepper, secret.encode(), hashlib.sha256).digest()


def _random(length: int) -> str:
    return "".join(secrets.choice(rules.ALPHABET) for _ in range(length))
