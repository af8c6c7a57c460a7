"""The gateway's verbs: receive a callback, handle a batch of them, look UnionIDs up."""

from wechat.rules.content import ContentRefused
from wechat.service.checking import Probe, keys_problem, probe, push_problem
from wechat.service.claiming import claim as claim_sends
from wechat.service.directory import account_keys, forget_accounts, knows_accounts
from wechat.service.handling import handle
from wechat.service.health import Health, health, quiet
from wechat.service.ledgers import look
from wechat.service.massjobs import MassCall, claim_mass, close_mass, settle_mass
from wechat.service.massjobs import repeats as mass_repeats
from wechat.service.massjobs import to_ask as mass_to_ask
from wechat.service.oddities import Oddity, list_oddities
from wechat.service.policies import apply_outbound, outbound_section, policy
from wechat.service.quotas import QuotaShown, read_quotas
from wechat.service.receiving import Received, greet, receive, resume
from wechat.service.results import match_all
from wechat.service.sendrows import Outgoing
from wechat.service.sends import NewSend, cancel_sends, queue_sends, restore_sends
from wechat.service.settling import Answer, settle_sends
from wechat.service.tokens import TokenState, check_token, token_states
from wechat.service.unionids import due_accounts, read_due, settle, settle_failure

__all__ = [
    "Answer",
    "ContentRefused",
    "Health",
    "MassCall",
    "NewSend",
    "Oddity",
    "Outgoing",
    "Probe",
    "QuotaShown",
    "Received",
    "TokenState",
    "account_keys",
    "apply_outbound",
    "cancel_sends",
    "check_token",
    "claim_mass",
    "claim_sends",
    "close_mass",
    "due_accounts",
    "forget_accounts",
    "greet",
    "handle",
    "health",
    "keys_problem",
    "list_oddities",
    "knows_accounts",
    "look",
    "mass_repeats",
    "mass_to_ask",
    "match_all",
    "outbound_section",
    "policy",
    "probe",
    "push_problem",
    "queue_sends",
    "quiet",
    "read_quotas",
    "read_due",
    "receive",
    "restore_sends",
    "resume",
    "settle",
    "settle_failure",
    "settle_mass",
    "settle_sends",
    "token_states",
]
