"""What other rooms may ask of the group: its shape, its accounts, its API keys."""

from hub.group.service.accounts import Account, account, accounts, open_platform_of
from hub.group.service.keys import UnknownOwner, authenticate, create_key
from hub.group.service.shape import (
    Bu,
    Change,
    bu_by_id,
    bu_by_slug,
    bus,
    collecting_entity,
    ensure_touchpoint,
    group_timezone,
    open_platforms,
    touchpoint_ids,
)

__all__ = [
    "Account",
    "Bu",
    "Change",
    "UnknownOwner",
    "account",
    "accounts",
    "authenticate",
    "bu_by_id",
    "bu_by_slug",
    "bus",
    "collecting_entity",
    "create_key",
    "ensure_touchpoint",
    "group_timezone",
    "open_platform_of",
    "open_platforms",
    "touchpoint_ids",
]
