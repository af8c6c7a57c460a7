"""What WeChat's answer to a send means: for the send, for the person's ledger, for the account's quota."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from wechat.rules.errors import delay, policy
from wechat.rules.errortable import CIRCUIT_OPEN, Kind
from wechat.rules.reach import Ledger
from wechat.rules.sends import in_doubt

EXISTS, TOO_FAST = 45065, 45066
_OUT_OF_WINDOW, _WINDOW_USED, _LIMITED = 45015, 45047, 50002
_PAUSE = timedelta(seconds=60)
_GOOD = ("success", "send success", "send_success", "0")


@dataclass(frozen=True, slots=True)
class Tried:
    """Hold one try of a send: how it came to it, and what came back (`errcode` 0 for success)."""

    channel: str
    purpose: str
    attempts: int
    first_try: datetime
    errcode: int
    at_token: bool = False
    wait: float = 0.0
    """Seconds for which the breaker keeps the account's calls back."""


@dataclass(frozen=True, slots=True)
class Settled:
    """Say what becomes of a send: the verb of its state, when it goes on, and what else was learnt.

    `unused`: the try did not reach anybody, so it counts for nothing and what paid for it is given back.
    `blocks`: until when no call of the account's API is worth making.
    """

    verb: Literal["accept", "refuse", "doubt", "repeat", "again"]
    not_before: datetime | None = None
    unused: bool = False
    blocks: datetime | None = None


def settle(tried: Tried, now: datetime, lot: float) -> Settled:
    """Return what becomes of a send after one try; `lot` is drawn from 0 to 1 and spreads those that wait."""
    known = policy(tried.errcode)
    if tried.errcode == TOO_FAST:
        return _doubtful(tried, now, _PAUSE)
    if known.outcome == "done":
        return Settled("accept")
    if tried.errcode == CIRCUIT_OPEN:
        return Settled("again", now + timedelta(seconds=max(1.0, tried.wait)), unused=True)
    if tried.at_token or known.blameless or known.kind is Kind.MINUTE:
        until = now + max(delay(known, tried.attempts, now, lot), timedelta(seconds=1))
        return Settled(
            "again", until, unused=True, blocks=until if known.kind in (Kind.NEXT_DAY, Kind.MINUTE) else None
        )
    if known.kind is Kind.BACKOFF:
        return _doubtful(tried, now, delay(known, tried.attempts, now, lot))
    return Settled("refuse", unused=True)


def _doubtful(tried: Tried, now: datetime, pause: timedelta) -> Settled:
    verb = in_doubt(tried.channel, tried.purpose, tried.attempts, tried.first_try, now + pause)
    return Settled(verb, now + pause if verb == "repeat" else None)


def learnt(ledger: Ledger, channel: str, errcode: int, key: str, now: float) -> Ledger:
    """Return the ledger corrected by a refusal: WeChat knows better than we do."""
    kind = policy(errcode).kind
    if errcode in (_OUT_OF_WINDOW, _WINDOW_USED) and channel == "custom":
        return replace(ledger, grants={t: replace(g, left=0) for t, g in ledger.grants.items()})
    if errcode == _LIMITED:
        return replace(ledger, blocked=True)
    if kind is Kind.UNFOLLOWED:
        return replace(ledger, followed=False, followed_at=max(now, ledger.followed_at))
    if kind is Kind.MUTED:
        return replace(ledger, muted=True)
    if kind is Kind.NO_CREDIT and key:
        return replace(ledger, credits={**ledger.credits, key: 0})
    return ledger


def verdict(status: str) -> Literal["deliver", "bounce"]:
    """Return the verb for what a result says: "success", "failed:user block", "err(10001)", an error code, ..."""
    return "deliver" if status.strip().lower() in _GOOD else "bounce"


def heard(ledger: Ledger, status: str) -> Ledger:
    """Return the ledger after a result push: who refuses the account's messages is left alone."""
    return replace(ledger, blocked=True) if "user block" in status.lower() else ledger
