"""The gateway's tables, family by family."""

from wechat.models.component import ComponentAuthorization, ComponentPush, ComponentState
from wechat.models.followers import FollowerSeen, FollowerSync
from wechat.models.hours import AccountHour
from wechat.models.inbox import CALLBACK_PARTITIONS, Callback, UnionidLookup
from wechat.models.logins import CodeExchange, DomainFile, LoginTicket
from wechat.models.menus import AccountMenu, MenuVersion
from wechat.models.qr import QrCode
from wechat.models.reach import ApiQuota, MessageTemplate, OutboundPolicy, Reach
from wechat.models.replies import ReplyRule
from wechat.models.sends import MassJob, Send, SendResult

__all__ = [
    "FollowerSeen",
    "FollowerSync",
    "AccountMenu",
    "CALLBACK_PARTITIONS",
    "AccountHour",
    "ApiQuota",
    "Callback",
    "CodeExchange",
    "ComponentAuthorization",
    "ComponentPush",
    "ComponentState",
    "DomainFile",
    "LoginTicket",
    "MassJob",
    "MenuVersion",
    "MessageTemplate",
    "OutboundPolicy",
    "QrCode",
    "Reach",
    "ReplyRule",
    "Send",
    "SendResult",
    "UnionidLookup",
]
