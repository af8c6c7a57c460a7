"""Sessions of the console: rows that a cookie refers to, over after half an hour of rest or eight hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from hub.group.models import UserAccount, UserSession
from hub.group.service import tokens
from hub.group.service.auditing import audit
from hub.kernel import clock
from hub.kernel.access import Caller
from hub.kernel.ids import new_id

IDLE, ABSOLUTE, PENDING = timedelta(minutes=30), timedelta(hours=8), timedelta(minutes=10)
_NOTED_EVERY = timedelta(minutes=1)
_KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Tell which session a cookie refers to, and whose it is."""

    session_id: UUID
    caller: Caller


def open_session(session: Session, user_id: UUID, *, pending: bool = False) -> str:
    """Return the reference of a new session; a pending one only lets its user give the one-time code."""
    now = clock.now()
    session.execute(delete(UserSession).where(UserSession.expires_at < now - _KEPT))
    token = tokens.fresh()
    session.add(
        UserSession(
            id=new_id(),
            digest=_digest(token),
            user_id=user_id,
            pending=pending,
            created_at=now,
            last_seen_at=now,
            expires_at=now + (PENDING if pending else ABSOLUTE),
        )
    )
    return token


def find_session(session: Session, token: str, *, pending: bool = False) -> SignedIn | None:
    """Return whose session `token` refers to, None when it is unknown, over, revoked, or its user is locked out."""
    now = clock.now()
    query = (
        select(UserSession, UserAccount)
        .join(UserAccount, UserAccount.id == UserSession.user_id)
        .where(UserSession.digest == _digest(token), *_live(now), UserSession.pending == pending, UserAccount.active)
    )
    found = session.execute(query).first()
    if found is None:
        return None
    row, user = found
    if now - row.last_seen_at >= _NOTED_EVERY:
        row.last_seen_at = now
    return SignedIn(row.id, Caller(user.role, user.id, user.name or user.email, user.bu_id))


def sessions_of(session: Session, user_id: UUID) -> list[UserSession]:
    """Return the live sessions of a user, the newest first."""
    query = select(UserSession).where(
        UserSession.user_id == user_id, *_live(clock.now()), UserSession.pending.is_(False)
    )
    return list(session.scalars(query.order_by(UserSession.created_at.desc())))


def live_counts(session: Session) -> dict[UUID, int]:
    """Return how many sessions each user has open; users without one are left out."""
    query = select(UserSession.user_id, func.count()).where(*_live(clock.now()), UserSession.pending.is_(False))
    return {user_id: n for user_id, n in session.execute(query.group_by(UserSession.user_id))}


def revoke(session: Session, token: str) -> None:
    """End the session that `token` refers to, if there is one."""
    query = update(UserSession).where(UserSession.digest == _digest(token), UserSession.revoked_at.is_(None))
    session.execute(query.values(revoked_at=clock.now()))


def revoke_one(session: Session, by: Caller, session_id: UUID) -> bool:
    """End one of the caller's own sessions; tell whether there was one."""
    mine = update(UserSession).where(UserSession.id == session_id, UserSession.user_id == by.actor_id)
    done = session.scalars(
        mine.where(UserSession.revoked_at.is_(None)).values(revoked_at=clock.now()).returning(UserSession.id)
    ).all()
    if done:
        audit(session, by, "session.revoke", "user", by.actor_id)
    return bool(done)


def revoke_all(session: Session, by: Caller | None, user_id: UUID, *, but: UUID | None = None) -> int:
    """End every session of a user, or every one but `but`; return how many were live."""
    query = update(UserSession).where(UserSession.user_id == user_id, UserSession.revoked_at.is_(None))
    if but is not None:
        query = query.where(UserSession.id != but)
    ended = session.scalars(query.values(revoked_at=clock.now()).returning(UserSession.id)).all()
    if ended:
        audit(session, by, "session.revoke", "user", user_id, count=len(ended))
    return len(ended)


def _live(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (UserSession.revoked_at.is_(None), UserSession.expires_at > now, UserSession.last_seen_at > now - IDLE)


def _digest(token: str) -> bytes:
    return tokens.digest("user_session", token)
