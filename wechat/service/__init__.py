"""The gateway's verbs: receive a callback, handle a batch of them, look UnionIDs up."""

from wechat.rules.content import ContentRefused
from wechat.service.checking import Probe, keys_problem, probe, push_problem
from wechat.service.claiming import claim as claim_sends
from wechat.service.component_inbox import (
    Push,
    close_push,
    due_components,
    forget_pushes,
    read_pushes,
    receive_code,
    receive_component,
    release_check,
    settle_push,
)
from wechat.service.directory import account_keys, forget_accounts, is_release_check, knows_accounts
from wechat.service.grants import (
    TICKET_LATE,
    Authorization,
    adopt,
    authorization,
    authorizations,
    disconnect,
    keep_grant,
    keep_ticket,
    platform_state,
    redeemed,
    ticket_asked,
)
from wechat.service.handling import handle
from wechat.service.health import Health, health, quiet
from wechat.service.ledgers import look
from wechat.service.massjobs import MassCall, claim_mass, close_mass, settle_mass
from wechat.service.massjobs import repeats as mass_repeats
from wechat.service.massjobs import to_ask as mass_to_ask
from wechat.service.menuevidence import forget_menus, menu_evidence
from wechat.service.menupublishing import (
    MenuFlawed,
    due_publications,
    menu_found,
    menu_not_found,
    menu_published,
    menu_refused,
    publication,
    publish_menu,
    take_over,
    unchecked_menus,
)
from wechat.service.menus import (
    DraftMoved,
    all_menus,
    apply_menus,
    export_menus,
    live_content,
    menu_accounts,
    menu_of,
    save_draft,
    undo_draft,
    version_of,
    versions,
)
from wechat.service.oddities import Oddity, list_oddities
from wechat.service.policies import apply_outbound, outbound_section, policy
from wechat.service.quotas import QuotaShown, read_quotas
from wechat.service.reaching import Reachable, ReachShown, reach_at, reach_of, template_titles
from wechat.service.receiving import Answered, Received, greet, receive, resume
from wechat.service.replies import (
    apply_replies,
    drop_reply,
    export_replies,
    list_replies,
    move_reply,
    next_place,
    reply_rule,
    reply_section,
    save_reply,
)
from wechat.service.results import match_all
from wechat.service.sendlists import SendShown, campaign_counts, list_sends, read_sends, show_send
from wechat.service.sendrows import Outgoing
from wechat.service.sends import NewSend, cancel_sends, queue_sends, restore_sends
from wechat.service.sends import check as check_send
from wechat.service.settling import Answer, settle_sends
from wechat.service.templates import TemplateShown, list_templates, store_templates
from wechat.service.tokens import TokenState, check_token, token_states
from wechat.service.trying import try_reply
from wechat.service.unionids import due_accounts, read_due, settle, settle_failure

__all__ = [
    "TICKET_LATE",
    "try_reply",
    "save_reply",
    "reply_section",
    "reply_rule",
    "next_place",
    "move_reply",
    "list_replies",
    "drop_reply",
    "Answer",
    "Authorization",
    "forget_menus",
    "menu_evidence",
    "MenuFlawed",
    "due_publications",
    "menu_found",
    "menu_not_found",
    "menu_published",
    "menu_refused",
    "publication",
    "publish_menu",
    "take_over",
    "unchecked_menus",
    "DraftMoved",
    "all_menus",
    "apply_menus",
    "export_menus",
    "live_content",
    "menu_accounts",
    "menu_of",
    "save_draft",
    "undo_draft",
    "version_of",
    "versions",
    "Answered",
    "ContentRefused",
    "Health",
    "MassCall",
    "NewSend",
    "Oddity",
    "Outgoing",
    "Probe",
    "Push",
    "QuotaShown",
    "ReachShown",
    "Reachable",
    "Received",
    "SendShown",
    "TemplateShown",
    "TokenState",
    "account_keys",
    "adopt",
    "apply_outbound",
    "authorization",
    "authorizations",
    "apply_replies",
    "campaign_counts",
    "cancel_sends",
    "check_send",
    "check_token",
    "claim_mass",
    "claim_sends",
    "close_mass",
    "close_push",
    "disconnect",
    "due_accounts",
    "due_components",
    "export_replies",
    "forget_accounts",
    "forget_pushes",
    "greet",
    "handle",
    "health",
    "is_release_check",
    "keep_grant",
    "keep_ticket",
    "keys_problem",
    "knows_accounts",
    "list_oddities",
    "list_sends",
    "list_templates",
    "look",
    "mass_repeats",
    "mass_to_ask",
    "match_all",
    "outbound_section",
    "platform_state",
    "policy",
    "probe",
    "push_problem",
    "queue_sends",
    "quiet",
    "read_due",
    "read_pushes",
    "read_quotas",
    "reach_at",
    "reach_of",
    "read_due",
    "read_quotas",
    "read_sends",
    "receive",
    "receive_code",
    "receive_component",
    "redeemed",
    "release_check",
    "restore_sends",
    "resume",
    "settle",
    "settle_failure",
    "settle_mass",
    "settle_push",
    "settle_sends",
    "ticket_asked",
    "show_send",
    "store_templates",
    "template_titles",
    "token_states",
]
