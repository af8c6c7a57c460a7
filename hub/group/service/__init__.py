"""What other rooms may ask of the group: its shape, its accounts, its API keys."""

from hub.group.service.accounts import (
    Account,
    Component,
    account,
    accounts,
    component,
    components,
    open_platform_of,
    run_by,
)
from hub.group.service.applying import add_account
from hub.group.service.auditing import audit
from hub.group.service.invitations import sign_in_link
from hub.group.service.keychain import (
    KeyCard,
    KeyNotFound,
    KeyNotRotatable,
    cards,
    find_key,
    list_keys,
    revoke_key,
    rotate_key,
)
from hub.group.service.keys import UnknownOwner, UnknownScope, authenticate, create_key, issue_key
from hub.group.service.shape import (
    Bu,
    Change,
    Place,
    bu_by_id,
    bu_by_slug,
    bus,
    collecting_entity,
    ensure_touchpoint,
    group_timezone,
    open_platforms,
    touchpoint_ids,
    touchpoints,
)

__all__ = [
    "Account",
    "Bu",
    "Change",
    "Component",
    "KeyCard",
    "KeyNotFound",
    "KeyNotRotatable",
    "Place",
    "UnknownOwner",
    "UnknownScope",
    "account",
    "accounts",
    "add_account",
    "audit",
    "authenticate",
    "bu_by_id",
    "bu_by_slug",
    "bus",
    "cards",
    "collecting_entity",
    "component",
    "components",
    "create_key",
    "ensure_touchpoint",
    "find_key",
    "group_timezone",
    "issue_key",
    "list_keys",
    "open_platform_of",
    "open_platforms",
    "revoke_key",
    "rotate_key",
    "run_by",
    "sign_in_link",
    "touchpoint_ids",
    "touchpoints",
]
