"""When registration is open, and what a check-in code looks like."""

from __future__ import annotations

from datetime import datetime, timedelta

OPEN_ENDED = timedelta(hours=24)
"""How long after its start an event without an end takes registrations."""
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without 0 and O, 1, I and L, which people mistake for one another when they read a code out."""
CODE_LENGTH = 6


def closes_at(starts_at: datetime, ends_at: datetime | None) -> datetime:
    """Return when registration ends: with the event, as people also register at the door."""
    return ends_at if ends_at is not None else starts_at + OPEN_ENDED


def is_full(registered: int, capacity: int | None) -> bool:
    """Tell whether no place is left."""
    return capacity is not None and registered >= capacity


def read_code(typed: str) -> str:
    """Return a code as it is stored, from what somebody typed or read out: case, spaces and dashes do not matter."""
    return "".join(character for character in typed.upper() if character.isalnum())
