"""How a whole cluster of ids can be reached, from what is known of each."""

from __future__ import annotations

from collections.abc import Iterable

_BEST_FIRST = ("available", "withheld", "purged", "never_collected")


def contact_of(states: Iterable[str]) -> str:
    """Return the best of the members' contact states: available, withheld, purged, never_collected."""
    return min(states, key=_BEST_FIRST.index, default=_BEST_FIRST[-1])
