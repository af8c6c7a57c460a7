"""The scoring section of the group file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from marshmallow import ValidationError, fields, validates

from hub.kernel.http import Strict
from hub.kernel.schemas import ConditionTree, Flag, Text, Whole
from hub.pool.rules.fields import ACTIVITY

MOST_POINTS = 1_000_000
_COUNTING = ("within", "at_least")


class ScoringRule(Strict):
    """Give points for each activity that matches; `once` ever, or at most `per_day` times a day."""

    name = Text(required=True)
    when = ConditionTree(ACTIVITY, required=True)
    points = Whole(-MOST_POINTS, MOST_POINTS, required=True)
    once = Flag()
    per_day = Whole(1, MOST_POINTS)

    @validates("when")
    def _one_activity_at_a_time(self, value: dict[str, Any], **_: Any) -> None:
        places = list(_counting(value, ""))
        if places:
            message = "scoring looks at one activity at a time, so it takes no within and no at_least"
            raise ValidationError([f"{place}: {message}; use once or per_day" for place in places])


class ScoringSection(Strict):
    """Say what activities are worth, and the score at which a person is marketing-qualified."""

    mql_at = Whole(1, 1_000_000_000, required=True)
    rules = fields.List(fields.Nested(ScoringRule), required=True)


def _counting(tree: dict[str, Any], path: str) -> Iterator[str]:
    """Yield the place of every `within` and `at_least` in a tree that parses."""
    dot = f"{path}." if path else ""
    if "activity" in tree:
        yield from (f"{dot}{word}" for word in _COUNTING if word in tree)
    if "not" in tree:
        yield from _counting(tree["not"], f"{dot}not")
    for form in ("all", "any"):
        for place, part in enumerate(tree.get(form, ())):
            yield from _counting(part, f"{dot}{form}[{place}]")
