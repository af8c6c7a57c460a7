"""The gateway's verbs: receive a callback, handle a batch of them, look UnionIDs up."""

from wechat.service.directory import account_keys, forget_accounts
from wechat.service.handling import handle
from wechat.service.receiving import Received, greet, receive
from wechat.service.unionids import due_accounts, read_due, settle, settle_failure

__all__ = [
    "Received",
    "account_keys",
    "due_accounts",
    "forget_accounts",
    "greet",
    "handle",
    "read_due",
    "receive",
    "settle",
    "settle_failure",
]
