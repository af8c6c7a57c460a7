"""The reach ledger: what one person's acts allow one account to send, until when, and why not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from wechat.rules.errors import BEIJING
from wechat.rules.sends import CHANNELS, CUSTOM, MASS, MINIPROGRAM_NOTICE, NOTICE, ONE_TIME, TEMPLATE

HOUR, MINUTE = 3_600, 60
GRANTS: Mapping[str, tuple[int, int]] = {
    "message": (5, 48 * HOUR),
    "click": (3, MINUTE),
    "follow": (3, MINUTE),
    "scan": (3, MINUTE),
    "enter": (2, MINUTE),
}
"""Trigger -> how many customer-service messages it allows, and for how many seconds. Other acts allow none."""

_LEFT = "unfollow"
"""The key under which the last unfollow stands among the grants: it allows nothing."""
MASS_A_MONTH = 4
CREDITED = (NOTICE, ONE_TIME, MINIPROGRAM_NOTICE)

OPEN = "open"
REASONS = (
    OPEN, "not_for_kind", "unfollowed", "muted", "blocked", "no_window", "window_used", "no_credit", "mass_used",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Grant:
    """Hold what one trigger still allows: messages left, the Unix second it ends, the second of the act."""

    left: int
    until: float
    at: float


@dataclass(frozen=True, slots=True)
class Ledger:
    """Hold one OpenID's ledger; `followed` is None while nothing was ever heard of following."""

    grants: Mapping[str, Grant] = field(default_factory=dict)
    credits: Mapping[str, int] = field(default_factory=dict)
    mass_month: str = ""
    mass_used: int = 0
    followed: bool | None = None
    followed_at: float = 0.0
    muted: bool = False
    blocked: bool = False


@dataclass(frozen=True, slots=True)
class Act:
    """Hold one act of a person: a trigger of GRANTS, "unfollow", "accept" or "reject" (of the template `key`)."""

    kind: str
    at: float
    key: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """Say whether one channel is open now: how many messages, until when, else why not and when it opens again.

    `left` is None without a count; `until` and `opens_at` are Unix seconds, None when no end or no time is known.
    """

    channel: str
    why: str
    left: int | None = None
    until: float | None = None
    opens_at: float | None = None
    key: str = ""

    @property
    def open(self) -> bool:
        """Tell whether a message may go out by it."""
        return self.why == OPEN


def fold(ledger: Ledger, act: Act) -> Ledger:
    """Return the ledger after one act; acts that arrive late change nothing that a newer one has settled."""
    if act.kind == "accept":
        return replace(ledger, credits={**ledger.credits, act.key: ledger.credits.get(act.key, 0) + 1})
    if act.kind == "reject":
        return replace(ledger, credits={**ledger.credits, act.key: 0})
    if act.kind == "unfollow":
        return _unfollow(ledger, act.at)
    return _trigger(ledger, act)


def _unfollow(ledger: Ledger, at: float) -> Ledger:
    """End every window that began before; the unfollow itself is kept, for pushes that arrive late."""
    kept = {trigger: grant for trigger, grant in ledger.grants.items() if grant.at > at}
    last = max(at, _left_at(ledger))
    kept = {**kept, _LEFT: Grant(0, last, last)}
    if at < ledger.followed_at:
        return replace(ledger, grants=kept)
    return replace(ledger, grants=kept, followed=False, followed_at=at)


def _left_at(ledger: Ledger) -> float:
    left = ledger.grants.get(_LEFT)
    return left.at if left is not None else 0.0


def _trigger(ledger: Ledger, act: Act) -> Ledger:
    if act.at <= _left_at(ledger):
        return ledger
    newest = act.at >= ledger.followed_at
    if ledger.followed is False and not newest:
        return ledger  # an act from before the unfollow: what it allowed ended with it
    number, seconds = GRANTS[act.kind]
    known = ledger.grants.get(act.kind)
    if known is None or act.at >= known.at:
        ledger = replace(ledger, grants={**ledger.grants, act.kind: Grant(number, act.at + seconds, act.at)})
    if newest:
        ledger = replace(ledger, followed=True, followed_at=act.at)
    return replace(ledger, muted=False, blocked=False) if act.kind in ("follow", "message") and newest else ledger


def credit_key(channel: str, content: Mapping[str, Any]) -> str:
    """Return under which key a send's consent is counted, "" where none is needed."""
    if channel not in CREDITED:
        return ""
    scene = f"|{content.get('scene', '')}" if channel == ONE_TIME else ""
    return f"{content.get('template_id', '')}{scene}"


def way(ledger: Ledger, kind: str, channel: str, now: float, key: str = "") -> Way:
    """Return whether an account of `kind` may send by `channel` at `now`; `key` is the send's credit key."""
    if kind not in CHANNELS[channel].kinds:
        return Way(channel, "not_for_kind", key=key)
    for why, holds in (("blocked", ledger.blocked), ("muted", ledger.muted)):
        if holds:
            return Way(channel, why, key=key)
    if channel == CUSTOM:
        return _custom(ledger, kind, now)
    if channel in CREDITED:
        left = ledger.credits.get(key, 0)
        return Way(channel, OPEN if left else "no_credit", left=left, key=key)
    if not ledger.followed:
        return Way(channel, "unfollowed")
    return Way(channel, OPEN) if channel == TEMPLATE else _mass(ledger, now)


def ways(ledger: Ledger, kind: str, now: float) -> tuple[Way, ...]:
    """Return every way that an account of `kind` has, one for each template with a credit where credits count."""
    found: list[Way] = []
    for channel, described in CHANNELS.items():
        if kind not in described.kinds:
            continue
        keys = _keys(ledger, channel) if channel in CREDITED else [""]
        found += [way(ledger, kind, channel, now, key) for key in keys]
    return tuple(found)


def _keys(ledger: Ledger, channel: str) -> list[str]:
    once = channel == ONE_TIME
    return sorted(key for key, n in ledger.credits.items() if n and ("|" in key) == once) or [""]


def _custom(ledger: Ledger, kind: str, now: float) -> Way:
    if kind != "miniprogram" and ledger.followed is False:
        return Way(CUSTOM, "unfollowed")
    windows = [grant for grant in ledger.grants.values() if now < grant.until]
    usable = [grant for grant in windows if grant.left]
    if usable:
        return Way(CUSTOM, OPEN, left=sum(g.left for g in usable), until=max(g.until for g in usable))
    return Way(CUSTOM, "window_used" if windows else "no_window")


def _mass(ledger: Ledger, now: float) -> Way:
    month, ends = month_of(now), _next_month(now)
    left = MASS_A_MONTH - (ledger.mass_used if ledger.mass_month == month else 0)
    if left > 0:
        return Way(MASS, OPEN, left=left, until=ends)
    return Way(MASS, "mass_used", left=0, opens_at=ends)


def spend(ledger: Ledger, channel: str, now: float, key: str = "") -> tuple[Ledger, str]:
    """Return the ledger after one message by an open way, and what paid for it (see `refund`)."""
    if channel == CUSTOM:
        usable = {t: g for t, g in ledger.grants.items() if now < g.until and g.left}
        trigger = min(usable, key=lambda t: (usable[t].until, t))
        paid = replace(usable[trigger], left=usable[trigger].left - 1)
        return replace(ledger, grants={**ledger.grants, trigger: paid}), f"{trigger}@{paid.at}"
    if channel in CREDITED:
        return replace(ledger, credits={**ledger.credits, key: ledger.credits[key] - 1}), key
    if channel == MASS:
        month = month_of(now)
        used = ledger.mass_used if ledger.mass_month == month else 0
        return replace(ledger, mass_month=month, mass_used=used + 1), month
    return ledger, ""


def refund(ledger: Ledger, channel: str, paid: str) -> Ledger:
    """Return the ledger with the message given back that was not sent after all, if what paid for it is still there."""
    if channel == CUSTOM:
        trigger, _, at = paid.partition("@")
        grant = ledger.grants.get(trigger)
        if grant is None or str(grant.at) != at:
            return ledger
        return replace(ledger, grants={**ledger.grants, trigger: replace(grant, left=grant.left + 1)})
    if channel in CREDITED and paid:
        return replace(ledger, credits={**ledger.credits, paid: ledger.credits.get(paid, 0) + 1})
    if channel == MASS and paid == ledger.mass_month:
        return replace(ledger, mass_used=max(0, ledger.mass_used - 1))
    return ledger


def month_of(now: float) -> str:
    """Return the natural month in Beijing, such as 2026-03, in which mass messages are counted."""
    return f"{datetime.fromtimestamp(now, BEIJING):%Y-%m}"


def _next_month(now: float) -> float:
    local = datetime.fromtimestamp(now, BEIJING)
    first = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    months = first.year * 12 + first.month
    return first.replace(year=months // 12, month=months % 12 + 1).timestamp()
