"""What third-party platforms know: their ticket and token, and what each account granted; sealed, in the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from hub.group import service as group
from hub.kernel import clock, secretbox, settings
from wechat.models import ComponentAuthorization, ComponentState

CONNECTED, DISCONNECTED = "connected", "disconnected"
TICKET_LATE = timedelta(minutes=30)
"""WeChat pushes a ticket about every ten minutes; three in a row that do not come are no accident."""
OVERLAP = timedelta(minutes=5)
"""For how long WeChat takes the refresh token before the newest."""


@dataclass(frozen=True, slots=True)
class KeptToken:
    """Hold a kept token, "" when there is none, and the Unix second at which it expires."""

    value: str = field(repr=False, default="")
    expires_at: float = 0.0


@dataclass(frozen=True, slots=True)
class PlatformState:
    """Hold a platform's newest ticket, "" before the first, and its token."""

    ticket: str = field(repr=False, default="")
    ticket_at: datetime | None = None
    asked_at: datetime | None = None
    token: KeptToken = KeptToken()


@dataclass(frozen=True, slots=True)
class Authorization:
    """Hold what one account granted a platform; `refresh_tokens` are those that may work, the likeliest first."""

    component_appid: str
    appid: str
    connected: bool
    reason: str | None
    changed_at: datetime
    name: str
    original_id: str
    kind: str
    permissions: tuple[str, ...]
    refresh_tokens: tuple[str, ...] = field(repr=False)
    token: KeptToken


def platform_state(session: Session, component_appid: str) -> PlatformState:
    """Return the platform's ticket and token."""
    row = session.get(ComponentState, component_appid)
    if row is None:
        return PlatformState()
    token = KeptToken(unseal(row.token, component_appid, "token"), _seconds(row.token_until))
    return PlatformState(unseal(row.ticket, component_appid, "ticket"), row.ticket_at, row.ticket_asked_at, token)


def keep_ticket(session: Session, component_appid: str, ticket: str, at: datetime) -> None:
    """Keep the ticket unless a newer one is kept already; pushes come late and out of order."""
    state = _state(session, component_appid)
    if state.ticket_at is None or at >= state.ticket_at:
        state.ticket, state.ticket_at = seal(ticket, component_appid, "ticket"), at


def ticket_asked(session: Session, component_appid: str) -> None:
    """Note that WeChat was asked to push tickets again."""
    _state(session, component_appid).ticket_asked_at = clock.now()


def keep_platform_token(session: Session, component_appid: str, value: str, expires_at: float) -> None:
    """Keep the platform's token."""
    state = _state(session, component_appid)
    state.token, state.token_until = seal(value, component_appid, "token"), datetime.fromtimestamp(expires_at, UTC)


def authorization(session: Session, component_appid: str, appid: str) -> Authorization | None:
    """Return what the account granted the platform, if it ever did."""
    row = session.get(ComponentAuthorization, (component_appid, appid))
    return None if row is None else _authorization(row)


def authorizations(session: Session) -> list[Authorization]:
    """Return what every account ever granted every platform."""
    order = (ComponentAuthorization.component_appid, ComponentAuthorization.appid)
    return [_authorization(row) for row in session.scalars(select(ComponentAuthorization).order_by(*order))]


def redeemed(session: Session, component_appid: str, code: bytes) -> str | None:
    """Return the account whose authorization code has this digest, when it has been redeemed."""
    row = ComponentAuthorization
    return session.scalar(select(row.appid).where(row.component_appid == component_appid, row.code == code))


def keep_grant(
    session: Session,
    component_appid: str,
    appid: str,
    *,
    refresh_token: str,
    token: KeptToken,
    granted: Mapping[str, Any] | None = None,
) -> None:
    """Keep an account's token and its refresh token in one step; the refresh token before lives on for a while.

    `granted` is what came with a new authorization: its `at`, `code`, `permissions`, `name`, `original_id`, `kind`.
    """
    known = granted or {}
    values: dict[str, Any] = {
        "component_appid": component_appid,
        "appid": appid,
        "state": CONNECTED,
        "changed_at": known.get("at") or clock.now(),
        "name": "",
        "original_id": "",
        "kind": "",
        "permissions": [],
    }
    session.execute(insert(ComponentAuthorization).values(values).on_conflict_do_nothing())
    row = session.get_one(ComponentAuthorization, (component_appid, appid), with_for_update=True)
    before = unseal(row.refresh_token, component_appid, f"refresh:{appid}")
    if before and before != refresh_token:
        row.previous, row.previous_until = seal(before, component_appid, f"refresh:{appid}"), clock.now() + OVERLAP
    row.refresh_token = seal(refresh_token, component_appid, f"refresh:{appid}")
    row.access_token = seal(token.value, component_appid, f"access:{appid}")
    row.access_until = datetime.fromtimestamp(token.expires_at, UTC)
    if granted is not None:
        row.state, row.reason, row.changed_at = CONNECTED, None, known["at"]
        for name in ("code", "permissions", "name", "original_id", "kind"):
            if known.get(name):
                setattr(row, name, known[name])


def disconnect(session: Session, component_appid: str, appid: str, reason: str, at: datetime) -> bool:
    """Note that the account trusts the platform no more, unless it granted it anew after `at`; tell whether it did."""
    row = session.get(ComponentAuthorization, (component_appid, appid), with_for_update=True)
    if row is None or row.state == DISCONNECTED or row.changed_at > at:
        return False
    row.state, row.reason, row.changed_at = DISCONNECTED, reason, at
    row.access_token = row.access_until = None
    return True


def adopt(session: Session, component: group.Component, appid: str) -> None:
    """Let an account be run through the platform from now on; one that the group does not have is made."""
    if group.account(session, appid) is not None:
        group.run_by(session, appid, component.slug)
        return
    found = authorization(session, component.appid, appid)
    if found is not None:
        group.add_account(
            session,
            appid=appid,
            original_id=found.original_id,
            name=found.name or appid,
            kind=found.kind or "service",
            component=component.slug,
        )


def seal(clear: str, component_appid: str, what: str) -> bytes:
    """Return a secret of a platform sealed."""
    return secretbox.seal(_key(settings.current().secret_key), clear, context=f"{component_appid}:{what}")


def unseal(sealed: bytes | None, component_appid: str, what: str) -> str:
    """Return the secret in `sealed`, "" for None; raise SecretUnreadable when the key or the place is another."""
    if sealed is None:
        return ""
    return secretbox.unseal(_key(settings.current().secret_key), sealed, context=f"{component_appid}:{what}")


@lru_cache(maxsize=4)
def _key(secret_key: str) -> bytes:
    return secretbox.derive(secret_key, "component")


def _state(session: Session, component_appid: str) -> ComponentState:
    session.execute(insert(ComponentState).values(component_appid=component_appid).on_conflict_do_nothing())
    return session.get_one(ComponentState, component_appid, with_for_update=True)


def _authorization(row: ComponentAuthorization) -> Authorization:
    def clear(sealed: bytes | None, what: str) -> str:
        return unseal(sealed, row.component_appid, f"{what}:{row.appid}")

    lives = row.previous_until is not None and clock.now() < row.previous_until
    refresh = (clear(row.refresh_token, "refresh"), clear(row.previous, "refresh") if lives else "")
    return Authorization(
        component_appid=row.component_appid,
        appid=row.appid,
        connected=row.state == CONNECTED,
        reason=row.reason,
        changed_at=row.changed_at,
        name=row.name,
        original_id=row.original_id,
        kind=row.kind,
        permissions=tuple(row.permissions),
        refresh_tokens=tuple(token for token in refresh if token),
        token=KeptToken(clear(row.access_token, "access"), _seconds(row.access_until)),
    )


def _seconds(at: datetime | None) -> float:
    return at.timestamp() if at else 0.0
