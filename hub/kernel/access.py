"""Who calls, and the declaration on every route of who may."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from flask import g

PUBLIC, OPERATOR, BU, TOUCHPOINT, ADMIN = "public", "operator", "bu", "touchpoint", "admin"
ROLES = frozenset({PUBLIC, OPERATOR, BU, TOUCHPOINT, ADMIN})


@dataclass(frozen=True, slots=True)
class Caller:
    """Tell who holds the API key of this request."""

    role: str
    key_id: UUID
    name: str
    bu_id: UUID | None = None
    touchpoint_id: UUID | None = None


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
