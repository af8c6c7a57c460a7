"""Logins: who failed too often waits, and a wrong name costs what a wrong password costs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from hub.group.models import LoginAttempt, UserAccount
from hub.group.rules import throttle
from hub.group.service import passwords, tokens, totp
from hub.group.service.auditing import audit
from hub.group.service.users import normal
from hub.kernel import clock
from hub.kernel.access import Caller

_KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Checked:
    """Tell whether a login may go on: the user's id, or how many seconds the next attempt must wait (0: none)."""

    user_id: UUID | None
    wait: int = 0


def check_password(session: Session, *, email: str, password: str, address: str) -> Checked:
    """Return whose password this is; the transaction must be committed either way, for it counts the failure."""
    attempts = _counted(session, ("account", normal(email)), ("address", address))
    waiting = _wait(attempts)
    if waiting:
        return Checked(None, waiting)
    row = session.scalar(
        select(UserAccount).where(UserAccount.email == normal(email), UserAccount.oidc_subject.is_(None))
    )
    if not passwords.matches(row, password) or row is None or not row.active:
        _failed(session, attempts, row, "password")
        return Checked(None)
    session.delete(attempts[0])
    return Checked(row.id)


def check_code(session: Session, *, user_id: UUID, code: str, address: str) -> Checked:
    """Return the user when the one-time code is theirs; the transaction must be committed either way."""
    attempts = _counted(session, ("code", str(user_id)), ("address", address))
    waiting = _wait(attempts)
    if waiting:
        return Checked(None, waiting)
    row = session.get_one(UserAccount, user_id)
    if not totp.accepts(session, user_id, code):
        _failed(session, attempts, row, "code")
        return Checked(None)
    session.delete(attempts[0])
    return Checked(user_id)


def signed_in(session: Session, user_id: UUID, how: str) -> str:
    """Record that a user came in, and return their role; `how` is password, oidc or link."""
    row = session.get_one(UserAccount, user_id)
    by = Caller(row.role, row.id, row.name, row.bu_id)
    audit(session, by, "login", "user", row.id, bu_id=row.bu_id, how=how)
    return row.role


def _counted(session: Session, *subjects: tuple[str, str]) -> list[LoginAttempt]:
    """Return the counters of the subjects, locked in this order so that guesses at once are counted one by one."""
    now = clock.now()
    session.execute(
        delete(LoginAttempt).where(
            LoginAttempt.subject.in_(
                select(LoginAttempt.subject).where(LoginAttempt.last_at < now - _KEPT).with_for_update(skip_locked=True)
            )
        )
    )
    found = []
    for kind, value in subjects:
        subject = tokens.digest(f"login:{kind}", value)
        made = insert(LoginAttempt).values(subject=subject, failures=0, last_at=now).on_conflict_do_nothing()
        session.execute(made)
        row = select(LoginAttempt).where(LoginAttempt.subject == subject).with_for_update()
        found.append(session.scalars(row.execution_options(populate_existing=True)).one())
    return found


def _wait(attempts: list[LoginAttempt]) -> int:
    """Return the seconds that the slower of the two counters asks for, rounded up."""
    free = (throttle.FREE_BY_ACCOUNT, throttle.FREE_BY_ADDRESS)
    now = clock.now()
    waits = [throttle.wait(a.failures, n, a.last_at, now) for a, n in zip(attempts, free, strict=True)]
    return -(-max(waits) // timedelta(seconds=1))


def _failed(session: Session, attempts: list[LoginAttempt], row: UserAccount | None, what: str) -> None:
    now = clock.now()
    for attempt in attempts:
        attempt.failures = throttle.still_counted(attempt.failures, attempt.last_at, now) + 1
        attempt.last_at = now
    if row is not None:
        by = Caller(row.role, row.id, row.name, row.bu_id)
        audit(session, by, "login.failed", "user", row.id, bu_id=row.bu_id, what=what)
