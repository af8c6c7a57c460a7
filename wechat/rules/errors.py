"""From an error code to what to do: try again and when, give up, mark the person, shut the account off, alert."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import Literal

from wechat.rules.errortable import PAUSES, Kind, known

Outcome = Literal["done", "retry", "failed", "unknown"]
Mark = Literal["", "unfollowed", "muted", "no_credit", "check_follow", "disconnected"]

BEIJING = timezone(timedelta(hours=8))


@dataclass(frozen=True, slots=True)
class Policy:
    """Say what to do about one error.

    `outcome` is what becomes of the work; `retry` goes with `tries` in all, `first` seconds before the second one and
    twice as long each time up to `longest`. A `blameless` work waits without using up its tries, because the account is
    at fault. `mark` is what is learnt about the person or the account. `opens` shuts the account off at once (for
    `pause` seconds, 0 for the usual), `counts` after a few in a row. `alert` tells an admin.
    """

    kind: Kind
    outcome: Outcome
    tries: int = 1
    first: float = 0.0
    longest: float = 0.0
    tomorrow: bool = False
    blameless: bool = False
    mark: Mark = ""
    opens: bool = False
    counts: bool = False
    pause: float = 0.0
    alert: bool = False


_BACKOFF = Policy(Kind.BACKOFF, "retry", tries=8, first=1, longest=3600, counts=True)
_HELD = {"outcome": "retry", "tries": 8, "first": 30, "longest": 600, "blameless": True}
_POLICIES: dict[Kind, Policy] = {
    Kind.SUCCESS: Policy(Kind.SUCCESS, "done"),
    Kind.IGNORE: Policy(Kind.IGNORE, "done"),
    # Whoever meets these has renewed and tried again already: the account is shut off, the work waits.
    Kind.RENEW: Policy(Kind.RENEW, **_HELD, opens=True, alert=True),  # type: ignore[arg-type]
    Kind.RENEW_COMPONENT: Policy(Kind.RENEW_COMPONENT, **_HELD, opens=True, alert=True),  # type: ignore[arg-type]
    Kind.TICKET: Policy(Kind.TICKET, **_HELD, alert=True),  # type: ignore[arg-type]
    Kind.CIRCUIT: Policy(Kind.CIRCUIT, **_HELD, opens=True, alert=True),  # type: ignore[arg-type]
    Kind.WAIT: Policy(Kind.WAIT, **_HELD),  # type: ignore[arg-type]
    Kind.DISCONNECTED: Policy(Kind.DISCONNECTED, **_HELD, mark="disconnected", opens=True, alert=True),  # type: ignore[arg-type]
    Kind.BACKOFF: _BACKOFF,
    Kind.MINUTE: Policy(Kind.MINUTE, "retry", tries=8, first=60, longest=600),
    Kind.CONFIRM: Policy(Kind.CONFIRM, "unknown", tries=1, first=60, longest=60),
    Kind.NEXT_DAY: Policy(Kind.NEXT_DAY, "retry", tries=8, tomorrow=True, blameless=True, alert=True),
    Kind.REUPLOAD: Policy(Kind.REUPLOAD, "retry", tries=2),
    Kind.SPLIT: Policy(Kind.SPLIT, "failed"),
    Kind.DROP: Policy(Kind.DROP, "failed"),
    Kind.REVIEW: Policy(Kind.REVIEW, "failed", alert=True),
    Kind.RESYNC: Policy(Kind.RESYNC, "failed", alert=True),
    Kind.CHECK_FOLLOW: Policy(Kind.CHECK_FOLLOW, "failed", mark="check_follow"),
    Kind.UNFOLLOWED: Policy(Kind.UNFOLLOWED, "failed", mark="unfollowed"),
    Kind.MUTED: Policy(Kind.MUTED, "failed", mark="muted"),
    Kind.NO_CREDIT: Policy(Kind.NO_CREDIT, "failed", mark="no_credit"),
    Kind.RELOGIN: Policy(Kind.RELOGIN, "failed"),
    Kind.REAUTHORIZE: Policy(Kind.REAUTHORIZE, "failed", alert=True),
    Kind.ADMIN: Policy(Kind.ADMIN, "failed", alert=True),
    Kind.CONFIG: Policy(Kind.CONFIG, "failed", alert=True),
    Kind.UNKNOWN: Policy(Kind.UNKNOWN, "failed"),
}


def policy(errcode: int | str, *, idempotent: bool = True) -> Policy:
    """Return what to do about `errcode`; work that is not `idempotent` is never repeated when it may have been done."""
    code = int(errcode)
    found = _POLICIES[known(code).kind]
    if found.kind is Kind.BACKOFF and not idempotent:
        return replace(found, outcome="unknown", tries=1)
    return replace(found, pause=PAUSES[code]) if code in PAUSES else found


def delay(policy: Policy, attempt: int, now: datetime, lot: float) -> timedelta:
    """Return how long to wait after the `attempt`-th failure (1-based); `lot` is drawn from 0 to 1 and spreads callers.

    A quota of the day comes back at 00:00 in Beijing.
    """
    if policy.tomorrow:
        local = now.astimezone(BEIJING)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        return midnight - local + timedelta(seconds=1 + 60 * lot)
    seconds = min(policy.longest, policy.first * 2 ** min(attempt - 1, 30))
    return timedelta(seconds=seconds * (1 + lot / 2))
