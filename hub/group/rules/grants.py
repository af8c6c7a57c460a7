"""Who may hold which role, and which role a group of the identity provider stands for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hub.kernel.access import BU_USERS, USER_ROLES


@dataclass(frozen=True, slots=True)
class Grant:
    """Pair a role with the slug of the BU it is for; only BU roles have one."""

    role: str
    bu: str | None = None


class BadGrant(ValueError):
    """A role is unknown, or lacks its BU, or has one that it must not have."""


def grant(role: str, bu: str | None) -> Grant:
    """Return the pair, checked; raise BadGrant."""
    if role not in USER_ROLES:
        raise BadGrant(f"no role is called {role!r}: use one of {', '.join(USER_ROLES)}")
    if (role in BU_USERS) != bool(bu):
        raise BadGrant(f"{role} needs a business unit" if role in BU_USERS else f"{role} is not of one business unit")
    return Grant(role, bu or None)


def read_map(text: str) -> dict[str, Grant]:
    """Return the grants of a JSON object from group to "role" or "role:bu-slug"; raise BadGrant."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        raise BadGrant("it is not JSON") from None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise BadGrant('it must be a JSON object such as {"hub-admins": "group_admin", "sales": "bu_member:drives"}')
    return {group: grant(*_split(value)) for group, value in found.items()}


def first(grants: Mapping[str, Grant], groups: Iterable[object]) -> Grant | None:
    """Return the first grant of the map whose group is among `groups`, None when none is."""
    held = {group for group in groups if isinstance(group, str)}
    return next((found for group, found in grants.items() if group in held), None)


def _split(value: str) -> tuple[str, str | None]:
    role, _, bu = value.partition(":")
    return role, bu or None
