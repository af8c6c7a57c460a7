"""The states of a lead: one table of every arrow, by the verb that takes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

HELD, CONFIRMING, QUEUED, CLAIMED, ACCEPTED = "held", "confirming", "queued", "claimed", "accepted"
QUALIFIED, OPPORTUNITY, WON, LOST = "qualified", "opportunity", "won", "lost"
REJECTED, RECYCLED, DISQUALIFIED = "rejected", "recycled", "disqualified"

TABLE: Mapping[str, Mapping[str, str]] = {
    HELD: {"free": QUEUED, "disqualify": DISQUALIFIED},
    CONFIRMING: {"confirm": QUEUED, "disqualify": DISQUALIFIED},
    QUEUED: {"claim": CLAIMED},
    CLAIMED: {"accept": ACCEPTED, "release": QUEUED, "expire": QUEUED, "reject": REJECTED},
    ACCEPTED: {
        "accept": ACCEPTED,
        "qualify": QUALIFIED,
        "open": OPPORTUNITY,
        "win": WON,
        "lose": LOST,
        "reject": REJECTED,
    },
    QUALIFIED: {"qualify": QUALIFIED, "open": OPPORTUNITY, "win": WON, "lose": LOST, "reject": REJECTED},
    OPPORTUNITY: {"qualify": OPPORTUNITY, "open": OPPORTUNITY, "win": WON, "lose": LOST},
    WON: {"qualify": WON, "open": WON, "win": WON, "lose": LOST},
    LOST: {"qualify": LOST, "open": LOST, "win": WON, "lose": LOST},
    REJECTED: {"recycle": RECYCLED, "disqualify": DISQUALIFIED, "hold": HELD},
    RECYCLED: {},
    DISQUALIFIED: {},
}
"""State -> verb -> next state. An arrow back to its own state is feedback that came twice or late: nothing changes."""

STATES = tuple(TABLE)
OPEN = (HELD, CONFIRMING, QUEUED, CLAIMED, ACCEPTED, QUALIFIED, OPPORTUNITY)
"""States in which a person has a live lead in the BU, so that no second one is made."""
REFUSED = (REJECTED, DISQUALIFIED)
"""States in which the BU does not want the person: routing passes it over."""
PROGRESS: Mapping[str, str] = {QUALIFIED: "qualify", OPPORTUNITY: "open", WON: "win", LOST: "lose"}
"""The states a BU reports, with their verbs."""
REACHABLE = (CLAIMED, ACCEPTED, QUALIFIED, OPPORTUNITY, WON)
"""States in which the BU works on the lead and may ask for contact data."""

_ROAD = (ACCEPTED, QUALIFIED, OPPORTUNITY, WON)


class NotAllowed(Exception):
    """No arrow leads from this state by this verb; says which ones do."""


@dataclass(frozen=True, slots=True)
class Step:
    """Hold the new state, and the states of the road that were passed over on the way."""

    state: str
    skipped: tuple[str, ...] = ()


def step(state: str, verb: str) -> Step:
    """Return where `verb` leads from `state`; raise NotAllowed when the table has no such arrow."""
    target = TABLE[state].get(verb)
    if target is None:
        allowed = ", ".join(TABLE[state]) or "nothing"
        raise NotAllowed(f"A lead that is {state} cannot {verb}: from here it can {allowed}.")
    return Step(target, _skipped(state, target))


def _skipped(state: str, target: str) -> tuple[str, ...]:
    if state not in _ROAD or target not in _ROAD:
        return ()
    return _ROAD[_ROAD.index(state) + 1 : _ROAD.index(target)]
