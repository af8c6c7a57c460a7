"""Passwords: kept as argon2id hashes, compared with the same work whether or not the user exists."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy.orm import Session

from hub.group.models import UserAccount
from hub.group.rules import passwords as rules

MEMORY_KIB, PASSES = 19 * 1024, 2
"""OWASP's least for argon2id."""
_hasher = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=1)


class WeakPassword(Exception):
    """The password is too easy to guess; `key` says why."""

    def __init__(self, key: str) -> None:
        super().__init__(f"the password is too weak: {key}")
        self.key = key


def set_password(session: Session, row: UserAccount, password: str) -> None:
    """Keep the hash of a user's new password; raise WeakPassword."""
    wrong = rules.weakness(password, row.email)
    if wrong:
        raise WeakPassword(wrong)
    row.password_digest = _hasher.hash(password).encode()
    session.flush()


def matches(row: UserAccount | None, password: str) -> bool:
    """Tell whether this is the user's password, after the same work for a user who is not there."""
    kept = row.password_digest.decode() if row is not None and row.password_digest else None
    try:
        _hasher.verify(kept or _nobodys(), password[: rules.LONGEST])
    except (VerifyMismatchError, InvalidHashError):
        return False
    if row is None or kept is None:
        return False
    if _hasher.check_needs_rehash(kept):
        row.password_digest = _hasher.hash(password).encode()
    return True


@cache
def _nobodys() -> str:
    return _hasher.hash("nobody has this one")
