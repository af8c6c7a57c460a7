"""Read the audit trail, and the names of those who act in it."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.group.models import ApiKey, AuditEntry, UserAccount


def acts(
    session: Session,
    *,
    bu_id: UUID | None = None,
    actor_id: UUID | None = None,
    before: UUID | None = None,
    limit: int,
) -> list[AuditEntry]:
    """Return what was done, newest first, before the entry `before`; each argument that is given narrows it."""
    query = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(limit)
    if bu_id is not None:
        query = query.where(AuditEntry.bu_id == bu_id)
    if actor_id is not None:
        query = query.where(AuditEntry.actor_id == actor_id)
    if before is not None:
        query = query.where(AuditEntry.id < before)
    return list(session.scalars(query))


def names_of(session: Session, actors: Iterable[UUID]) -> dict[UUID, str]:
    """Return the name of each user or API key among `actors`."""
    wanted = set(actors)
    users = session.execute(select(UserAccount.id, UserAccount.name).where(UserAccount.id.in_(wanted)))
    keys = session.execute(select(ApiKey.id, ApiKey.name).where(ApiKey.id.in_(wanted)))
    return {id_: name for rows in (keys, users) for id_, name in rows}


def actor_named(session: Session, name: str) -> UUID | None:
    """Return the id of the user or API key with exactly this name."""
    user = session.scalar(select(UserAccount.id).where(UserAccount.name == name).limit(1))
    return user or session.scalar(select(ApiKey.id).where(ApiKey.name == name).limit(1))
