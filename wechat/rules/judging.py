"""Whether one send goes out now, waits or is skipped, with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from wechat.rules import reach
from wechat.rules.reach import Ledger, Way
from wechat.rules.restraint import Policy, capped_until, quiet_until
from wechat.rules.sends import MARKETING

_PATIENCE = timedelta(seconds=2)
_MAY_COME = ("no_window", "window_used", "unfollowed", "no_credit")


@dataclass(frozen=True, slots=True)
class Ask:
    """Hold what is asked: one send, the account it goes by, and what is known of its person."""

    channel: str
    purpose: str
    appid: str
    kind: str
    """The account's kind, "" for one that the group no longer has."""
    key: str
    ledger: Ledger
    heard: Sequence[datetime] = ()
    """When the person got marketing in the last seven days, at any account."""
    expires_at: datetime | None = None
    patient_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Say what happens, why, and for a wait until when; `way` is what the ledger said."""

    kind: Literal["go", "wait", "skip"]
    reason: str
    until: datetime | None = None
    way: Way | None = None

    def trace(self) -> dict[str, Any]:
        """Return the verdict as it is kept with the send."""
        found: dict[str, Any] = {"decision": self.kind, "reason": self.reason}
        if self.until is not None:
            found["until"] = self.until.isoformat()
        if self.way is not None:
            said = {"why": self.way.why, "left": self.way.left, "open_until": self.way.until}
            found |= {name: value for name, value in said.items() if value is not None}
        return found


def judge(ask: Ask, policy: Policy, now: datetime) -> Verdict:
    """Return whether the send of `ask` goes out at `now`."""
    if ask.expires_at is not None and ask.expires_at <= now:
        return Verdict("skip", "expired")
    if not ask.kind:
        return Verdict("skip", "no_account")
    way = reach.way(ask.ledger, ask.kind, ask.channel, now.timestamp(), ask.key)
    if not way.open:
        return _closed(ask, way, now)
    held = _held(ask, policy, now)
    if held is None:
        return Verdict("go", reach.OPEN, way=way)
    reason, until = held
    if ask.expires_at is not None and until >= ask.expires_at:
        return Verdict("skip", reason, until, way)
    return Verdict("wait", reason, until, way)


def _closed(ask: Ask, way: Way, now: datetime) -> Verdict:
    if way.why in _MAY_COME and ask.patient_until is not None and now < ask.patient_until:
        return Verdict("wait", way.why, now + _PATIENCE, way)
    if way.opens_at is not None and ask.expires_at is not None and way.opens_at < ask.expires_at.timestamp():
        return Verdict("wait", way.why, datetime.fromtimestamp(way.opens_at, UTC), way)
    return Verdict("skip", way.why, way=way)


def _held(ask: Ask, policy: Policy, now: datetime) -> tuple[str, datetime] | None:
    if ask.purpose != MARKETING:
        return None
    quiet = quiet_until(policy, ask.appid, now)
    if quiet is not None:
        return "quiet", quiet
    capped = capped_until(policy, ask.heard, now)
    return None if capped is None else ("capped", capped)
