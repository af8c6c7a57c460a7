"""The gateway's verbs: receive a callback, handle a batch of them, look UnionIDs up."""

from wechat.rules.content import ContentRefused
from wechat.service.checking import Probe, keys_problem, probe, push_problem
from wechat.service.directory import account_keys, forget_accounts, knows_accounts
from wechat.service.handling import handle
from wechat.service.health import Health, health, quiet
from wechat.service.oddities import Oddity, list_oddities
from wechat.service.receiving import Received, greet, receive, resume
from wechat.service.sends import NewSend, cancel_sends, queue_sends, restore_sends
from wechat.service.tokens import TokenState, check_token, token_states
from wechat.service.unionids import due_accounts, read_due, settle, settle_failure

__all__ = [
    "ContentRefused",
    "Health",
    "NewSend",
    "Oddity",
    "Probe",
    "Received",
    "TokenState",
    "account_keys",
    "cancel_sends",
    "check_token",
    "due_accounts",
    "forget_accounts",
    "greet",
    "handle",
    "health",
    "keys_problem",
    "list_oddities",
    "knows_accounts",
    "probe",
    "push_problem",
    "queue_sends",
    "quiet",
    "read_due",
    "receive",
    "resume",
    "restore_sends",
    "settle",
    "settle_failure",
    "token_states",
]
