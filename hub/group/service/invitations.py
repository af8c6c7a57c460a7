"""Links that work once: to choose a password, or, never in production, to be signed in."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from hub.group.models import Invitation, UserAccount
from hub.group.service import passwords, sessions, tokens, totp
from hub.group.service.auditing import audit
from hub.group.service.users import User, locked, user
from hub.kernel import clock, settings
from hub.kernel.access import Caller

PASSWORD, SIGN_IN = "password", "sign_in"
_LIFE = {PASSWORD: timedelta(days=7), SIGN_IN: timedelta(days=1)}


class InvalidLink(Exception):
    """The link was used, is over, was replaced by a newer one, or never was."""


class RefusedInProduction(Exception):
    """Nobody is signed in by a link in production."""


def invite(session: Session, by: Caller | None, user_id: UUID) -> str:
    """Return the token of a link by which a user chooses a password; links made before for them end."""
    row = locked(session, user_id)
    audit(session, by, "user.invite", "user", user_id, bu_id=row.bu_id)
    return _make(session, PASSWORD, user_id)


def invited(session: Session, token: str) -> User:
    """Return who was invited by `token`; raise InvalidLink."""
    return user(session, _find(session, PASSWORD, token).user_id)


def accept_invitation(session: Session, token: str, password: str) -> UUID:
    """Set the password of the user invited by `token`, once, and return their id.

    Their sessions end and their one-time codes start anew. Raise InvalidLink, WeakPassword.
    """
    link = _find(session, PASSWORD, token)
    row = locked(session, link.user_id)
    passwords.set_password(session, row, password)
    link.used_at = clock.now()
    by = Caller(row.role, row.id, row.name, row.bu_id)
    audit(session, by, "user.password", "user", row.id, bu_id=row.bu_id)
    totp.reset(session, by, row.id)
    sessions.revoke_all(session, by, row.id)
    return row.id


def change_password(session: Session, by: Caller, password: str) -> None:
    """Set the caller's own password; all their sessions end. Raise WeakPassword."""
    row = locked(session, by.actor_id)
    passwords.set_password(session, row, password)
    audit(session, by, "user.password", "user", row.id, bu_id=row.bu_id)
    sessions.revoke_all(session, by, row.id)


def sign_in_link(session: Session, user_id: UUID) -> str:
    """Return a token that signs a user in once, at /login/link/<token>; raise RefusedInProduction."""
    if settings.current().production:
        raise RefusedInProduction("nobody is signed in by a link in production: use `hub user create`")
    return _make(session, SIGN_IN, user_id)


def follow_sign_in_link(session: Session, token: str) -> UUID:
    """Return who is signed in by `token`, once; raise RefusedInProduction, InvalidLink."""
    if settings.current().production:
        raise RefusedInProduction("nobody is signed in by a link in production")
    link = _find(session, SIGN_IN, token)
    link.used_at = clock.now()
    return link.user_id


def _make(session: Session, purpose: str, user_id: UUID) -> str:
    now, token = clock.now(), tokens.fresh()
    earlier = update(Invitation).where(Invitation.user_id == user_id, Invitation.purpose == purpose)
    session.execute(earlier.where(Invitation.used_at.is_(None), Invitation.expires_at > now).values(expires_at=now))
    session.add(
        Invitation(
            digest=tokens.digest(purpose, token),
            purpose=purpose,
            user_id=user_id,
            created_at=now,
            expires_at=now + _LIFE[purpose],
        )
    )
    session.flush()
    return token


def _find(session: Session, purpose: str, token: str) -> Invitation:
    """Return the live link, held until the transaction ends."""
    query = (
        select(Invitation)
        .join(UserAccount, UserAccount.id == Invitation.user_id)
        .where(
            Invitation.digest == tokens.digest(purpose, token),
            Invitation.purpose == purpose,
            Invitation.used_at.is_(None),
            Invitation.expires_at > clock.now(),
            UserAccount.active,
        )
    )
    link = session.scalar(query.with_for_update(of=Invitation))
    if link is None:
        raise InvalidLink("this link was used or is over: ask for a new one")
    return link
