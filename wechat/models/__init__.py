"""The gateway's tables, family by family."""

from wechat.models.inbox import CALLBACK_PARTITIONS, Callback, UnionidLookup
from wechat.models.reach import ApiQuota, MessageTemplate, OutboundPolicy, Reach
from wechat.models.sends import MassJob, Send, SendResult

__all__ = [
    "CALLBACK_PARTITIONS",
    "ApiQuota",
    "Callback",
    "MassJob",
    "MessageTemplate",
    "OutboundPolicy",
    "Reach",
    "Send",
    "SendResult",
    "UnionidLookup",
]
