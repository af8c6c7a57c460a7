"""Who calls, and the declaration on every route of who may."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from flask import g

PUBLIC, OPERATOR = "public", "operator"
"""Anybody; whoever stands at the machine itself."""
BU, TOUCHPOINT, ADMIN = KEY_ROLES = ("bu", "touchpoint", "admin")
"""What an API key is bound to."""
GROUP_ADMIN, GROUP_MARKETER, BU_MANAGER, BU_MEMBER, PRIVACY_OFFICER, AUDITOR = USER_ROLES = (
    "group_admin",
    "group_marketer",
    "bu_manager",
    "bu_member",
    "privacy_officer",
    "auditor",
)
"""What a user of the console is."""
BU_USERS = (BU_MANAGER, BU_MEMBER)
SCOPES: Mapping[str, tuple[str, ...]] = {
    BU: ("leads:read", "leads:write", "contact:reveal"),
    TOUCHPOINT: (
        "activities:write",
        "registrations:write",
        "logins:write",
        "pages:sign",
        "events:read",
        "events:write",
    ),
    ADMIN: ("admin:read", "keys:write", "qr-codes:write", "people:write", "events:read", "events:write", "sends:write"),
}
"""What a key of each role may be narrowed to; a key without scopes may do all that its role may."""
ROLES = frozenset({PUBLIC, OPERATOR, *KEY_ROLES, *USER_ROLES})


@dataclass(frozen=True, slots=True)
class Caller:
    """Tell who calls: the holder of an API key, or a signed-in user; `actor_id` is the key's id or the user's."""

    role: str
    actor_id: UUID
    name: str
    bu_id: UUID | None = None
    touchpoint_id: UUID | None = None
    scopes: tuple[str, ...] = ()

    @property
    def is_user(self) -> bool:
        """Tell whether a person at the console calls, not a system with a key."""
        return self.role in USER_ROLES


V = TypeVar("V", bound=Callable[..., object])


def allow(*roles: str, scope: str | None = None) -> Callable[[V], V]:
    """Declare who may call a view, and the scope that a key needs for it; a view that declares nobody stops the app."""
    unknown = set(roles) - ROLES
    if unknown or not roles:
        raise ValueError(f"allow() takes some of {sorted(ROLES)}")
    if scope is not None and not all(scope in SCOPES[role] for role in roles if role in SCOPES):
        raise ValueError(f"allow() takes a scope that each of its roles has; {scope!r} is none")

    def declare(view: V) -> V:
        view.allowed = frozenset(roles)  # type: ignore[attr-defined]
        view.scope = scope  # type: ignore[attr-defined]
        return view

    return declare


def missing_scope(view: object, found: Caller) -> str | None:
    """Return the scope that the view asks for and the caller's key lacks; users and unnarrowed keys lack none."""
    scope: str | None = getattr(view, "scope", None)
    if scope is None and OPERATOR in getattr(view, "allowed", ()):
        scope = "admin:read"
    return scope if found.scopes and scope is not None and scope not in found.scopes else None


def caller() -> Caller:
    """Return who calls; only for views that do not allow PUBLIC."""
    found: Caller = g.caller
    return found


def touchpoint() -> UUID:
    """Return the touchpoint whose key calls; only for views that allow TOUCHPOINT alone."""
    found = caller().touchpoint_id
    if found is None:
        raise LookupError("this view is not for touchpoints alone")
    return found
