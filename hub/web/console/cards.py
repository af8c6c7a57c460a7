"""A lead as a card: what its business unit needs to decide, and no contact data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

import bu_routing.service as routing
from bu_routing.models import Lead
from bu_routing.rules.reasons import DISQUALIFY, HOLD, REASONS, RECYCLE, Reason
from bu_routing.rules.states import (
    ACCEPTED,
    CLAIMED,
    DISQUALIFIED,
    HELD,
    LOST,
    OPPORTUNITY,
    QUALIFIED,
    REACHABLE,
    RECYCLED,
    REJECTED,
    TABLE,
    WON,
)
from bu_routing.service import Reach
from hub.kernel import clock
from hub.kernel.access import caller
from hub.web.languages import _, language

QUEUE, WORKING, DONE = "queue", "working", "done"
TABS = {WORKING: (CLAIMED, ACCEPTED, QUALIFIED, OPPORTUNITY), DONE: (WON, LOST, REJECTED, RECYCLED, DISQUALIFIED, HELD)}
OPEN_TABS = {"queued": QUEUE, **dict.fromkeys(TABS[WORKING], WORKING)}
_BY_RULES, _LEASE_OVER = "rule set v", "lease over"
"""What routing writes as the reason of its own steps."""
_SOON = 0.25
"""Less than this part of the time left is urgent."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Hold a deadline: when, how much of the time is left (0 to 1), and how it feels: ok, soon, over."""

    until: datetime
    share: float
    mood: str


@dataclass(frozen=True, slots=True)
class Shown:
    """Hold one lead as the page shows it; `verbs` are what the caller may do to it now."""

    lead: Lead
    why: str
    company_size: str | None
    reach: Reach
    sla: Clock | None
    lease: Clock | None
    mine: bool
    verbs: frozenset[str]


@dataclass(frozen=True, slots=True)
class Choice:
    """Hold a reason to reject with what choosing it does."""

    code: str
    text: str
    effect: str
    needs_note: bool


def deck(session: Session, leads: Sequence[Lead]) -> list[Shown]:
    """Return the cards of leads of one business unit, in their order; a few statements however many."""
    sentences = routing.sentences_of(session, leads, language())
    return [_show(card, sentences[card.lead.id]) for card in routing.cards(session, leads)]


def reasons() -> list[Choice]:
    """Return every reason to reject, each with its effect in words."""
    english = language() == "en"
    return [Choice(r.code, r.en if english else r.zh, _effect(r), r.needs_note) for r in REASONS.values()]


def cause(reason: str | None) -> str:
    """Return why a step of a lead was taken, in words: a reason to reject, or what the hub itself went by."""
    if reason is None:
        return ""
    if reason in REASONS:
        return REASONS[reason].en if language() == "en" else REASONS[reason].zh
    if reason.startswith(_BY_RULES):
        return _("分配规则 v%(n)s", n=reason.removeprefix(_BY_RULES))
    return _("领取超时") if reason == _LEASE_OVER else reason


def _effect(reason: Reason) -> str:
    if reason.effect == RECYCLE:
        return _("%(n)d 天后可再分配", n=reason.days or 0)
    return {DISQUALIFY: _("淘汰"), HOLD: _("暂缓")}.get(reason.effect, _("改派其他事业部"))


def _show(card: routing.Card, why: str) -> Shown:
    lead = card.lead
    mine = lead.state == CLAIMED and lead.claimed_by == caller().actor_id
    waiting = lead.state in ("queued", CLAIMED)
    return Shown(
        lead=lead,
        why=why,
        company_size=card.company_size,
        reach=card.reach,
        sla=_clock(lead.created_at, lead.sla_due_at) if waiting else None,
        lease=_clock(lead.updated_at, lead.lease_until) if mine else None,
        mine=mine,
        verbs=_verbs(lead, mine),
    )


def _verbs(lead: Lead, mine: bool) -> frozenset[str]:
    if lead.state == CLAIMED and not mine:
        return frozenset()
    verbs = set(TABLE[lead.state]) & {"claim", "release", "reject"}
    if lead.state == CLAIMED:
        verbs.add("accept")
    if {"qualify", "win"} <= set(TABLE[lead.state]):
        verbs.add("progress")
    if lead.state in REACHABLE:
        verbs.add("contact")
    return frozenset(verbs)


def _clock(since: datetime, until: datetime | None) -> Clock | None:
    if until is None:
        return None
    rest, whole = until - clock.now(), max(until - since, timedelta(seconds=1))
    share = min(1.0, max(0.0, rest / whole))
    return Clock(until, share, "over" if rest <= timedelta(0) else "soon" if share < _SOON else "ok")
