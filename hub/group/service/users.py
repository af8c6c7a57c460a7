"""Users of the console: made, changed and locked out by a group admin or at the machine itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, tuple_
from sqlalchemy.orm import Session

from hub.group.models import BusinessUnit, UserAccount
from hub.group.rules.grants import BadGrant, grant
from hub.group.service import sessions
from hub.group.service.auditing import audit
from hub.group.service.shape import bu_by_slug
from hub.kernel import clock
from hub.kernel.access import GROUP_ADMIN, Caller
from hub.kernel.ids import new_id

LONGEST_EMAIL = 254


class EmailTaken(Exception):
    """Another user signs in with this address."""


class UnknownUser(Exception):
    """No user has this id or address."""


class LastAdmin(Exception):
    """Without this group admin nobody could let anybody in."""


@dataclass(frozen=True, slots=True)
class User:
    """Hold what a list of users shows; `bu` is a slug."""

    id: UUID
    email: str
    name: str
    role: str
    bu_id: UUID | None
    bu: str | None
    active: bool
    ready: bool
    totp: bool
    federated: bool
    created_at: datetime


def users(session: Session, *, after: tuple[str, UUID] | None = None, limit: int | None = None) -> list[User]:
    """Return the users by address, those after the place (address in small letters, id) alone."""
    place = tuple_(func.lower(UserAccount.email), UserAccount.id)
    return _read(session, *(() if after is None else (place > after,)), limit=limit)


def user(session: Session, user_id: UUID) -> User:
    """Return one user; raise UnknownUser."""
    found = _read(session, UserAccount.id == user_id)
    if not found:
        raise UnknownUser("there is no such user")
    return found[0]


def user_by_email(session: Session, email: str) -> User:
    """Return the user who signs in here with this address; raise UnknownUser."""
    found = _read(session, UserAccount.email == normal(email), UserAccount.oidc_subject.is_(None))
    if not found:
        raise UnknownUser("no user signs in with this address")
    return found[0]


def create_user(
    session: Session, by: Caller | None, *, email: str, role: str, bu: str | None = None, name: str = ""
) -> User:
    """Return a new user without a password yet; raise EmailTaken, BadGrant (also for an unknown BU slug)."""
    bu_id = owner(session, role, bu)
    address = normal(email)
    if not 3 <= len(address) <= LONGEST_EMAIL or "@" not in address[1:-1] or any(c.isspace() for c in address):
        raise BadGrant("this is not an e-mail address")
    taken = select(UserAccount.id).where(UserAccount.email == address, UserAccount.oidc_subject.is_(None))
    if session.scalar(taken) is not None:
        raise EmailTaken("another user signs in with this address")
    made = UserAccount(id=new_id(), email=address, name=name.strip(), role=role, bu_id=bu_id, created_at=clock.now())
    session.add(made)
    session.flush()
    audit(session, by, "user.create", "user", made.id, bu_id=bu_id, role=role)
    return user(session, made.id)


def change_role(session: Session, by: Caller | None, user_id: UUID, *, role: str, bu: str | None = None) -> None:
    """Give a user another role; the sessions of the old one end. Raise UnknownUser, BadGrant, LastAdmin."""
    if role != GROUP_ADMIN:
        _keep_an_admin(session, user_id)
    assign(session, by, locked(session, user_id), owner(session, role, bu), role)


def assign(session: Session, by: Caller | None, row: UserAccount, bu_id: UUID | None, role: str) -> None:
    """Give a locked user another role, whoever else is left; the sessions of the old one end."""
    if (row.role, row.bu_id) == (role, bu_id):
        return
    audit(session, by, "user.role", "user", row.id, bu_id=bu_id, role=role, role_before=row.role)
    row.role, row.bu_id = role, bu_id
    sessions.revoke_all(session, by, row.id)


def disable(session: Session, by: Caller | None, user_id: UUID) -> None:
    """Lock a user out at once; raise UnknownUser, LastAdmin."""
    _keep_an_admin(session, user_id)
    row = locked(session, user_id)
    row.active = False
    audit(session, by, "user.disable", "user", row.id, bu_id=row.bu_id)
    sessions.revoke_all(session, by, row.id)


def enable(session: Session, by: Caller | None, user_id: UUID) -> None:
    """Let a disabled user sign in again; raise UnknownUser."""
    row = locked(session, user_id)
    row.active = True
    audit(session, by, "user.enable", "user", row.id, bu_id=row.bu_id)


def owner(session: Session, role: str, bu: str | None) -> UUID | None:
    """Return the id of the BU that `role` is for, None for a group role; raise BadGrant."""
    granted = grant(role, bu)
    if granted.bu is None:
        return None
    found = bu_by_slug(session, granted.bu)
    if found is None:
        raise BadGrant(f"no business unit has the slug {bu!r}")
    return found.id


def locked(session: Session, user_id: UUID) -> UserAccount:
    """Return the row of a user, held until the transaction ends; raise UnknownUser."""
    row = session.scalar(select(UserAccount).where(UserAccount.id == user_id).with_for_update())
    if row is None:
        raise UnknownUser("there is no such user")
    return row


def normal(email: str) -> str:
    """Return an address as it is compared: trimmed, in small letters."""
    return email.strip().lower()


def _keep_an_admin(session: Session, user_id: UUID) -> None:
    """Raise LastAdmin when nobody but this user could let others in; the admins are locked in one order."""
    admins = select(UserAccount).where(UserAccount.role == GROUP_ADMIN, UserAccount.active)
    found = list(session.scalars(admins.order_by(UserAccount.id).with_for_update()))
    left = [row for row in found if row.id != user_id and (row.password_digest or row.oidc_subject)]
    if not left and any(row.id == user_id for row in found):
        raise LastAdmin("this is the last group admin: make another one first")


def _read(session: Session, *conditions: ColumnElement[bool], limit: int | None = None) -> list[User]:
    query = (
        select(UserAccount, BusinessUnit.slug)
        .outerjoin(BusinessUnit, BusinessUnit.id == UserAccount.bu_id)
        .where(*conditions)
        .order_by(func.lower(UserAccount.email), UserAccount.id)
        .limit(limit)
    )
    return [
        User(
            id=row.id,
            email=row.email,
            name=row.name,
            role=row.role,
            bu_id=row.bu_id,
            bu=bu,
            active=row.active,
            ready=row.password_digest is not None or row.oidc_subject is not None,
            totp=row.totp_confirmed,
            federated=row.oidc_subject is not None,
            created_at=row.created_at,
        )
        for row, bu in session.execute(query)
    ]
