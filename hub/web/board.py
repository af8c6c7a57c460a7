"""The live page's content in one language: the same for the page as first sent and for every poll after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bu_routing.rules.states import STATES
from hub.web.lag import MOST, Lag
from hub.web.overview import AccountTraffic, BuLeads, Counts, Overview, Recent

_ALWAYS = ("queued", "claimed", "accepted")
"""States of leads that are shown even when nothing is in them."""
_STEPS = ("people", "fans", "registered", "mqls", "leads", "accepted")
_TILES = ("callbacks", "people", "stitched", "mqls", "leads")


def board(overview: Overview, words: Mapping[str, Any]) -> dict[str, Any]:
    """Return `overview` in `words`, as plain JSON values; widths are percent of a bar."""
    local = overview.at.astimezone(ZoneInfo(overview.timezone))
    counts = overview.counts
    return {
        "at": overview.at.isoformat(),
        "clock": f"{local:%H:%M:%S}",
        "group": overview.group or words["group"],
        "empty": not counts.callbacks and not counts.people,
        "counts": [{"key": name, "label": words["counts"][name], "n": getattr(counts, name)} for name in _TILES],
        "funnel": _funnel(counts, words),
        "bus": [_bu(bu, words) for bu in overview.bus],
        "accounts": _accounts(overview.accounts),
        "activities": [_activity(recent, overview, words) for recent in overview.recent],
        "lags": [_lag(name, state, words) for name, state in overview.lags.items()],
    }


def blank_states(words: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the states of a business unit without leads, from which the page makes the row of a new one."""
    return _states(dict.fromkeys(STATES, 0), words)


def _funnel(counts: Counts, words: Mapping[str, Any]) -> list[dict[str, Any]]:
    numbers = [int(getattr(counts, name)) for name in _STEPS]
    widest = max(numbers)
    return [
        {
            "key": name,
            "label": words["steps"][name],
            "n": n,
            "width": _percent(n, widest),
            "rate": _rate(n, before) if before is not None else "",
        }
        for name, n, before in zip(_STEPS, numbers, [None, *numbers], strict=False)
    ]


def _rate(n: int, before: int) -> str:
    """Return the step's rate; a dash where more got there without the step before, nothing where nobody did."""
    if not before or n > before:
        return "–" if n else ""
    rate = 100 * n / before
    return f"{rate:.0f}%" if rate >= 10 or not n else f"{rate:.1f}%"


def _bu(bu: BuLeads, words: Mapping[str, Any]) -> dict[str, Any]:
    total = sum(bu.states.values())
    return {"key": bu.slug, "label": bu.name, "n": total, "states": _states(bu.states, words)}


def _states(counts: Mapping[str, int], words: Mapping[str, Any]) -> list[dict[str, Any]]:
    total, start, states = sum(counts.values()), 0, []
    for state, n in counts.items():
        place = {"x": _percent(start, total), "width": _percent(n, total)}
        hidden = not n and state not in _ALWAYS
        states.append({"key": state, "label": words["states"].get(state, state), "n": n, "hidden": hidden, **place})
        start += n
    return states


def _accounts(accounts: Sequence[AccountTraffic]) -> list[dict[str, Any]]:
    widest = max((a.followers for a in accounts), default=0)
    return [
        {"key": a.appid, "label": a.name, "n": a.followers, "callbacks": a.callbacks}
        | {"width": _percent(a.followers, widest)}
        for a in accounts
    ]


def _activity(recent: Recent, overview: Overview, words: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "key": str(recent.id),
        "kind": recent.kind,
        "label": words["kinds"].get(recent.kind, recent.kind),
        "place": recent.place,
        "person": recent.person.hex[-6:],
        "root": str(recent.person),
        "at": recent.at.isoformat(),
        "ago": ago(overview.at - recent.at, words),
    }


def _lag(name: str, state: Lag, words: Mapping[str, Any]) -> dict[str, Any]:
    waits = words["waits_more" if state.waiting >= MOST else "waits"]
    oldest = waits.format(ago=span(timedelta(seconds=state.oldest_seconds), words)) if state.waiting else ""
    return {
        "key": name,
        "label": words["drains"].get(name, name),
        "n": state.waiting,
        "oldest": oldest,
        "dead": state.dead,
        "healthy": not state.dead,
    }


def ago(since: timedelta, words: Mapping[str, Any]) -> str:
    """Return how long ago something was, in one unit."""
    return words["now"] if since < timedelta(seconds=1) else str(words["ago"].format(span=span(since, words)))


def span(length: timedelta, words: Mapping[str, Any]) -> str:
    """Return a length of time in one unit, rounded down."""
    seconds = max(0, int(length.total_seconds()))
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= size:
            return f"{seconds // size:,} {words['units'][unit]}"
    return f"{seconds} {words['units']['s']}"


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 2) if whole else 0.0
