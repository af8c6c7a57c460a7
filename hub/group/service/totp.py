"""One-time codes of an authenticator app (RFC 6238): each code counts once."""

from __future__ import annotations

import hmac
from uuid import UUID

import pyotp
from sqlalchemy.orm import Session

from hub.group.models import UserAccount
from hub.group.service.auditing import audit
from hub.group.service.users import locked
from hub.kernel import clock, secretbox, settings
from hub.kernel.access import Caller

STEP = 30
_DRIFT = 1
_ISSUER = "Hub"


def enrolment(session: Session, user_id: UUID) -> str | None:
    """Return the otpauth:// address of a user's secret, made on the first call; None once a code has confirmed it."""
    row = locked(session, user_id)
    if row.totp_confirmed:
        return None
    if row.totp_secret is None:
        row.totp_secret = secretbox.seal(_key(), pyotp.random_base32(), context=str(row.id))
    return pyotp.TOTP(_secret(row)).provisioning_uri(name=row.email, issuer_name=_ISSUER)


def accepts(session: Session, user_id: UUID, code: str) -> bool:
    """Tell whether `code` is a user's code of now, one step before or after, not used before; the first confirms."""
    row = locked(session, user_id)
    if row.totp_secret is None:
        return False
    now, totp = int(clock.now().timestamp()) // STEP, pyotp.TOTP(_secret(row))
    typed = "".join(code.split()).encode()
    steps = range(now - _DRIFT, now + _DRIFT + 1)
    hits = [step for step in steps if hmac.compare_digest(totp.generate_otp(step).encode(), typed)]
    fresh = [step for step in hits if row.totp_last_step is None or step > row.totp_last_step]
    if not fresh:
        return False
    row.totp_last_step, row.totp_confirmed = max(fresh), True
    return True


def reset(session: Session, by: Caller | None, user_id: UUID) -> None:
    """Forget a user's secret: the next login shows a new one."""
    row = locked(session, user_id)
    row.totp_secret, row.totp_confirmed, row.totp_last_step = None, False, None
    audit(session, by, "user.totp_reset", "user", user_id, bu_id=row.bu_id)


def _secret(row: UserAccount) -> str:
    return secretbox.unseal(_key(), row.totp_secret or b"", context=str(row.id))


def _key() -> bytes:
    return secretbox.derive(settings.current().secret_key, "totp")
