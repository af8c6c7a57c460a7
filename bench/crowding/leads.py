"""Leads of several business units in every state, with their decisions, steps and disclosures."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate

from bench.crowding.people import OFTEN
from bench.crowding.place import COLLECTION, DECISION, DISCLOSURE, KEY, LEAD, STEP, USER, Stage, copy, made, when

RARE_STATE = "opportunity"
_HOUR = 3_600_000
_STATES = {
    "queued": 400,
    "claimed": 5,
    "accepted": 60,
    "qualified": 40,
    RARE_STATE: 2,
    "won": 50,
    "lost": 180,
    "rejected": 10,
    "recycled": 120,
    "disqualified": 100,
    "held": 33,
}
"""How many of a thousand leads are in each state."""
_ENDS = list(accumulate(_STATES.values()))
_ROADS = {
    "queued": ("queued",),
    "claimed": ("queued", "claimed"),
    "accepted": ("queued", "claimed", "accepted"),
    "qualified": ("queued", "claimed", "accepted", "qualified"),
    RARE_STATE: ("queued", "claimed", "accepted", "qualified", RARE_STATE),
    "won": ("queued", "claimed", "accepted", "qualified", "won"),
    "lost": ("queued", "claimed", "accepted", "lost"),
    "rejected": ("queued", "claimed", "rejected"),
    "recycled": ("queued", "claimed", "rejected", "recycled"),
    "disqualified": ("queued", "claimed", "rejected", "disqualified"),
    "held": ("held",),
}
_OUTCOMES = '[{"rule": "自动化询价", "matched": true, "failing": null}]'
USERS, KEYS = 200, 300


def numbers(stage: Stage) -> Iterator[tuple[int, int, int]]:
    """Yield (number, person, unit) of every lead: one for each MQL, a second one for one in five."""
    k = 0
    for n in range(0, stage.people, OFTEN):
        unit = _unit(stage, n // OFTEN)
        yield k, n, unit
        k += 1
        if n // OFTEN % 5 == 0:
            yield k, n, (unit + 1) % len(stage.units)
            k += 1


def _unit(stage: Stage, n: int) -> int:
    """Return the unit of a lead: half go to the busiest, a fifth to the next."""
    share = n % 10
    return 0 if share < 5 else 1 if share < 7 else 2 + n % (len(stage.units) - 2)


def lead_id(stage: Stage, k: int, n: int) -> str:
    """Return the id of the lead `k`, which is of the person `n`."""
    return made(_routed(stage, n), LEAD, k)


def state_of(k: int) -> str:
    """Return the state of the lead `k`; neighbours differ."""
    place = k * 389 % 1000
    return next(state for state, end in zip(_STATES, _ENDS, strict=True) if place < end)


def actor(k: int) -> str:
    """Return the id of a user or, one time in three, of an API key."""
    return made(0, KEY, k % KEYS) if k % 3 == 0 else made(0, USER, k % USERS)


def _routed(stage: Stage, n: int) -> int:
    return min(stage.born(n) + _HOUR, stage.end - 1)


def leads(stage: Stage) -> int:
    """Fill `lead`."""
    columns = (
        "id, person_id, bu_id, decision_id, need, state, score, stage, why, claimed_by, assignee, lease_until, reason,"
        " sla_due_at, created_at, updated_at"
    )
    return copy("lead", columns, _leads(stage))


def _leads(stage: Stage) -> Iterator[tuple[object, ...]]:
    for k, n, unit in numbers(stage):
        at, state = _routed(stage, n), state_of(k)
        held = state not in {"queued", "held"}
        yield (
            made(at, LEAD, k),
            stage.person(n),
            stage.units[unit][0],
            made(at, DECISION, k),
            "自动化询价" if unit == 0 else None,
            state,
            60 + k * 7919 % 240,
            "consideration",
            "命中规则“自动化询价”：点击菜单 PRICE。",
            actor(k) if held else None,
            "示例用户" if held else None,
            when(stage.end + _HOUR) if state == "claimed" else None,
            "no_need" if state in {"rejected", "recycled", "disqualified"} else None,
            when(at + 48 * _HOUR),
            when(at),
            when(min(stage.end, at + 5 * _HOUR)),
        )


def decisions(stage: Stage) -> int:
    """Fill `decision`."""
    columns = "id, person_id, rule_set_version, inputs_hash, outcomes, chosen, bu_id, lead_id, created_at"
    rows = (
        (
            made(at := _routed(stage, n), DECISION, k),
            stage.person(n),
            1,
            f"{k:016x}",
            _OUTCOMES,
            "自动化询价",
            stage.units[unit][0],
            made(at, LEAD, k),
            when(at),
        )
        for k, n, unit in numbers(stage)
    )
    return copy("decision", columns, rows)


def steps(stage: Stage) -> int:
    """Fill `lead_transition`."""
    columns = "id, lead_id, bu_id, from_state, to_state, skipped, actor, reason, at"
    return copy("lead_transition", columns, _steps(stage))


def _steps(stage: Stage) -> Iterator[tuple[object, ...]]:
    for k, n, unit in numbers(stage):
        at, before = _routed(stage, n), None
        for j, state in enumerate(_ROADS[state_of(k)]):
            then = min(stage.end, at + j * _HOUR)
            who, why = ("system", "rule set v1") if j == 0 else (actor(k), None)
            bu = stage.units[unit][0]
            yield made(then, STEP, k * 8 + j), lead_id(stage, k, n), bu, before, state, "{}", who, why, when(then)
            before = state


def disclosures(stage: Stage) -> int:
    """Fill `disclosure`: one for every fourth lead."""
    columns = "id, lead_id, person_id, collection_id, bu_id, actor_id, purpose, fields, at"
    rows = (
        (
            made(at := _routed(stage, n), DISCLOSURE, k),
            lead_id(stage, k, n),
            stage.person(n),
            made(stage.born(n), COLLECTION, n),
            stage.units[unit][0],
            actor(k),
            "首次联系",
            "{name,mobile}",
            when(at),
        )
        for k, n, unit in numbers(stage)
        if k % 4 == 0
    )
    return copy("disclosure", columns, rows)
