"""The states of a send: one table of every arrow, by the verb that takes it; and what each channel promises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

PENDING, SENDING, SENT, FAILED, UNKNOWN = "pending", "sending", "sent", "failed", "unknown"
SKIPPED, CANCELLED, DELIVERED, UNDELIVERED = "skipped", "cancelled", "delivered", "undelivered"

TABLE: Mapping[str, Mapping[str, str]] = {
    PENDING: {"begin": SENDING, "wait": PENDING, "skip": SKIPPED, "cancel": CANCELLED},
    SENDING: {"accept": SENT, "refuse": FAILED, "doubt": UNKNOWN, "repeat": SENDING, "again": PENDING},
    SENT: {"deliver": DELIVERED, "bounce": UNDELIVERED},
    UNKNOWN: {"accept": SENT, "deliver": DELIVERED, "bounce": UNDELIVERED},
    DELIVERED: {"deliver": DELIVERED},
    UNDELIVERED: {"bounce": UNDELIVERED},
    CANCELLED: {"restore": PENDING},
    FAILED: {},
    SKIPPED: {},
}
"""State -> verb -> next state. `again`: certainly not made. `repeat`: perhaps made, and a repeat does no harm."""

STATES = tuple(TABLE)
COUNTED = (SENDING, SENT, UNKNOWN, DELIVERED)
"""States in which a person has, or may have, heard from us: what caps count."""

CUSTOM, TEMPLATE, NOTICE = "custom", "template", "notice"
ONE_TIME, MINIPROGRAM_NOTICE, MASS = "one_time", "miniprogram_notice", "mass"

SERVICE, MARKETING = "service", "marketing"
PURPOSES = (SERVICE, MARKETING)

OFFICIAL = ("service", "subscription")


@dataclass(frozen=True, slots=True)
class Channel:
    """Say what one channel is: who may use it, which API carries it, and how it takes a repeat.

    Within `window` of the first try a repeat with the same id is harmless; None: a repeat is a second message.
    `reports` says that a push tells later what became of the message.
    """

    kinds: tuple[str, ...]
    api: str
    window: timedelta | None
    reports: bool


CHANNELS: Mapping[str, Channel] = {
    CUSTOM: Channel((*OFFICIAL, "miniprogram"), "message/custom/send", None, reports=False),
    TEMPLATE: Channel(("service",), "message/template/send", timedelta(minutes=9), reports=True),
    NOTICE: Channel(OFFICIAL, "message/subscribe/bizsend", None, reports=True),
    ONE_TIME: Channel(OFFICIAL, "message/template/subscribe", None, reports=False),
    MINIPROGRAM_NOTICE: Channel(("miniprogram",), "message/subscribe/send", None, reports=True),
    MASS: Channel(OFFICIAL, "message/mass/send", timedelta(hours=23), reports=True),
}
"""Channel -> what it is. WeChat remembers ids of template messages for 10 minutes, those of mass messages for a day."""


class NotAllowed(Exception):
    """No arrow leads from this state by this verb; says which ones do."""


def step(state: str, verb: str) -> str:
    """Return where `verb` leads from `state`; raise NotAllowed when the table has no such arrow."""
    target = TABLE[state].get(verb)
    if target is None:
        allowed = ", ".join(TABLE[state]) or "nothing"
        raise NotAllowed(f"A send that is {state} cannot {verb}: from here it can {allowed}.")
    return target


def sources(verb: str) -> tuple[str, ...]:
    """Return the states from which `verb` leads somewhere, for a statement that changes many rows at once."""
    return tuple(state for state, verbs in TABLE.items() if verb in verbs)


def in_doubt(
    channel: str, purpose: str, attempts: int, first_try: datetime, now: datetime
) -> Literal["repeat", "doubt"]:
    """Return what becomes of a send that may or may not have been made: `attempts` tries were begun so far.

    A channel that knows our id is asked again with it while WeChat remembers it. Without one a marketing message is
    never repeated; a service message is, once, because missing it is worse than reading it twice.
    """
    window = CHANNELS[channel].window
    if window is not None:
        return "repeat" if now - first_try < window else "doubt"
    return "repeat" if purpose == SERVICE and attempts < 2 else "doubt"
