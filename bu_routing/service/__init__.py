"""What other rooms may ask of routing: route people, and let BUs work their queues."""

from bu_routing.service.browsing import browse, lead_steps
from bu_routing.service.decisions import DecisionNotFound, Explained, explain, is_decision, sentences_of
from bu_routing.service.feedback import (
    HeldByAnother,
    LeaseOver,
    Progress,
    WrongState,
    accept,
    progress,
    reject,
    release,
)
from bu_routing.service.leads import LeadNotFound, Place, get, newest, waiting
from bu_routing.service.queue import claim, claim_one, expire_leases
from bu_routing.service.reading import Card, Reach, cards
from bu_routing.service.revealing import contact
from bu_routing.service.route import route, route_unrouted
from bu_routing.service.rule_sets import UnknownTarget, apply, section

__all__ = [
    "Card",
    "DecisionNotFound",
    "Explained",
    "HeldByAnother",
    "LeadNotFound",
    "LeaseOver",
    "Place",
    "Progress",
    "Reach",
    "UnknownTarget",
    "WrongState",
    "accept",
    "apply",
    "browse",
    "cards",
    "claim",
    "claim_one",
    "contact",
    "expire_leases",
    "explain",
    "get",
    "is_decision",
    "lead_steps",
    "newest",
    "progress",
    "reject",
    "release",
    "route",
    "route_unrouted",
    "section",
    "sentences_of",
    "waiting",
]
