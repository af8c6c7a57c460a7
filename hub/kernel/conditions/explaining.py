"""Why a condition held or did not, as a trace that can be stored and shown."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from hub.kernel.conditions.closures import Found, Subject, compile_python, read_value
from hub.kernel.conditions.nodes import Activity, All, Comparison, Condition, Not, Tree, shorten


@dataclass(frozen=True, slots=True)
class Outcome:
    """Hold the answer, the canonical text of the first clause that failed (None on a match), and the whole trace.

    `trace` is the canonical tree with `matched` on every node and, on every leaf, what was `found` (the value, cut to
    200 characters, or the number of activities). It can be written as JSON.
    """

    matched: bool
    failing: str | None
    trace: Tree


def explain(condition: Condition, subject: Subject) -> Outcome:
    """Return the outcome of `condition` for `subject`, every clause looked at, even where the answer was plain before.

    Inside `all` the first failing part is named; an `any` or a `not` that fails is named whole.
    """
    outcome = _node(condition, subject)
    return Outcome(outcome.matched, None if outcome.failing is None else shorten(outcome.failing), outcome.trace)


def _node(condition: Condition, subject: Subject) -> Outcome:
    if isinstance(condition, Comparison | Activity):
        return _leaf(condition, subject)
    if isinstance(condition, Not):
        inner = _node(condition.part, subject)
        return _outcome(not inner.matched, condition.text(), {"not": inner.trace})
    parts = [_node(part, subject) for part in condition.parts]
    traces = [part.trace for part in parts]
    if isinstance(condition, All):
        failing = next((part.failing for part in parts if not part.matched), None)
        return _outcome(failing is None, failing, {"all": traces})
    return _outcome(any(part.matched for part in parts), condition.text(), {"any": traces})


def _leaf(condition: Comparison | Activity, subject: Subject) -> Outcome:
    matched = compile_python(condition)(subject)
    if isinstance(condition, Comparison):
        found = _show(read_value(condition, subject))
    else:
        since = condition.since(subject.now)
        found = subject.activity_count(condition.kind, condition.key, condition.key_starts_with, since)
    return _outcome(matched, condition.text(), {**condition.to_tree(), "found": found})


def _outcome(matched: bool, failing: str | None, trace: Tree) -> Outcome:
    return Outcome(matched, None if matched else failing, {**trace, "matched": matched})


def _show(value: Found) -> object:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return shorten(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, float | Decimal):
        number = float(value)
        return number if math.isfinite(number) else str(value)
    return [shorten(item) for item in value]
