"""The group's tables: its shape, its API keys, its users, and what they did."""

from hub.group.models.audit import AuditEntry
from hub.group.models.keys import ApiKey
from hub.group.models.saved import SavedView
from hub.group.models.shape import (
    WECHAT_KINDS,
    BusinessUnit,
    ComponentPlatform,
    Group,
    LegalEntity,
    OpenPlatform,
    Touchpoint,
    WechatAccount,
)
from hub.group.models.users import Invitation, LoginAttempt, UserAccount, UserSession

__all__ = [
    "WECHAT_KINDS",
    "ApiKey",
    "AuditEntry",
    "BusinessUnit",
    "ComponentPlatform",
    "Group",
    "Invitation",
    "LegalEntity",
    "LoginAttempt",
    "OpenPlatform",
    "SavedView",
    "Touchpoint",
    "UserAccount",
    "UserSession",
    "WechatAccount",
]
