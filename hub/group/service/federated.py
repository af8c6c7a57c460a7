"""Users whom an identity provider vouches for: known by its subject alone, with the role its groups stand for."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.group.models import UserAccount
from hub.group.rules.grants import Grant
from hub.group.service import sessions, users
from hub.group.service.auditing import audit
from hub.kernel import clock
from hub.kernel.ids import new_id


def sign_in_federated(
    session: Session, *, issuer: str, subject: str, email: str, name: str, granted: Grant | None
) -> UUID | None:
    """Return the user with this subject, made at the first login, with the role granted now.

    None when they may not come in; the sessions of somebody who lost their groups end with the commit.
    """
    query = select(UserAccount).where(UserAccount.oidc_issuer == issuer, UserAccount.oidc_subject == subject)
    row = session.scalar(query.with_for_update())
    if granted is None:
        if row is not None:
            sessions.revoke_all(session, None, row.id)
        return None
    if row is None:
        return _make(session, issuer, subject, email, name, granted)
    if not row.active:
        return None
    row.email, row.name = users.normal(email) or row.email, name or row.name
    users.assign(session, None, row, users.owner(session, granted.role, granted.bu), granted.role)
    return row.id


def _make(session: Session, issuer: str, subject: str, email: str, name: str, granted: Grant) -> UUID:
    bu_id = users.owner(session, granted.role, granted.bu)
    row = UserAccount(
        id=new_id(),
        email=users.normal(email) or subject,
        name=name,
        role=granted.role,
        bu_id=bu_id,
        oidc_issuer=issuer,
        oidc_subject=subject,
        created_at=clock.now(),
    )
    session.add(row)
    session.flush()
    audit(session, None, "user.create", "user", row.id, bu_id=bu_id, role=granted.role, how="oidc")
    return row.id
