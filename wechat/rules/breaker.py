"""A breaker per account: closed, open for a while, then half open for one probe at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

State = Literal["closed", "open", "half_open"]
Verdict = Literal["pass", "probe", "refused"]

THRESHOLD = 5
WINDOW_SECONDS = 60.0
PROBE_SECONDS = 30.0
SHORT, LONG = 10.0, 600.0


@dataclass(frozen=True, slots=True)
class Breaker:
    """Hold what is known of an account's calls; times are Unix seconds.

    `failures` is counted since `since`, while it is closed; after it opened, `since` is when, `until` is when a probe
    may be sent, `opened` is how often in a row, `probing` is until when one is under way. `mark` tells the credentials
    that were refused from those that an admin has entered since.
    """

    failures: int = 0
    errcode: int = 0
    since: float = 0.0
    until: float = 0.0
    opened: int = 0
    probing: float = 0.0
    mark: str = ""


def state(breaker: Breaker, now: float) -> State:
    """Return the state that `breaker` is in."""
    if not breaker.opened:
        return "closed"
    return "open" if now < breaker.until else "half_open"


def enter(breaker: Breaker, now: float, mark: str) -> tuple[Verdict, Breaker]:
    """Return whether a call may go out, and the breaker after it; the first call after a pause is the probe.

    New credentials close it: what was refused was not they.
    """
    if breaker.opened and breaker.mark != mark:
        return "pass", Breaker()
    now_is = state(breaker, now)
    if now_is == "closed":
        return "pass", breaker
    if now_is == "open" or now < breaker.probing:
        return "refused", breaker
    return "probe", replace(breaker, probing=now + PROBE_SECONDS)


def fail(
    breaker: Breaker, now: float, mark: str, errcode: int, *, at_once: bool, lot: float, pause: float = 0.0
) -> Breaker:
    """Return the breaker after a failure; `at_once` opens it, otherwise a few in a row do.

    Each time in a row it stays open twice as long, up to ten minutes or `pause`; `lot` from 0 to 1 spreads the probes.
    """
    if state(breaker, now) == "open":
        return breaker  # a call that began before it opened
    if not breaker.opened:
        fresh = not breaker.failures or now - breaker.since > WINDOW_SECONDS
        counted = replace(
            breaker,
            failures=1 if fresh else breaker.failures + 1,
            since=now if fresh else breaker.since,
            errcode=errcode,
            mark=mark,
        )
        if not at_once and counted.failures < THRESHOLD:
            return counted
        breaker = replace(counted, since=now)
    opened = breaker.opened + 1
    seconds = pause or min(LONG, SHORT * 2 ** min(opened - 1, 10))
    return replace(breaker, errcode=errcode, mark=mark, opened=opened, probing=0.0, until=now + seconds * (1 + lot / 4))


def succeed(_breaker: Breaker) -> Breaker:
    """Return the breaker after an answer that shows the account well: closed, with nothing counted."""
    return Breaker()
