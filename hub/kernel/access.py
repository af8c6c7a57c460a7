"""Who calls, and the declaration on every route of who may."""

from __future__ import annotations

from collections.abc import Callable
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
ROLES = frozenset({PUBLIC, OPERATOR, *KEY_ROLES, *USER_ROLES})


@dataclass(frozen=True, slots=True)
class Caller:
    """Tell who calls: the holder of an API key, or a signed-in user; `actor_id` is the key's id or the user's."""

    role: str
    actor_id: UUID
    name: str
    bu_id: UUID | None = None
    touchpoint_id: UUID | None = None

    @property
    def is_user(self) -> bool:
        """Tell whether a person at the console calls, not a system with a key."""
        return self.role in USER_ROLES


V = TypeVar("V", bound=Callable[..., object])


def allow(*roles: str) -> Callable[[V], V]:
    """Declare who may call a view; the app refuses to start with a view that declares nobody."""
    unknown = set(roles) - ROLES
    if unknown or not roles:
        raise ValueError(f"allow() takes some of {sorted(ROLES)}")

    def declare(view: V) -> V:
        view.allowed = frozenset(roles)  # type: ignore[attr-defined]
        return view

    return declare


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
