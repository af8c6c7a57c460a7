"""Filter people by the condition language: chips to read, a form to add one clause, YAML text to copy."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from hub.kernel import conditions
from hub.kernel.conditions import All, Condition, ConditionError, saying
from hub.kernel.conditions.registry import OPERATORS
from hub.pool.rules.fields import PERSON
from hub.web.groupfile.writing import arrange
from hub.web.languages import _, language

LONGEST = 4000
ACTIVITY = "activity"
_TRUE = ("true", "yes", "是", "1")


@dataclass(frozen=True, slots=True)
class Chip:
    """Hold one clause: what it says, and the filter without it."""

    text: str
    without: str


@dataclass(frozen=True, slots=True)
class Filter:
    """Hold a filter as it was asked for: its text, what it means or why it means nothing, and its clauses."""

    text: str = ""
    condition: Condition | None = None
    error: str = ""
    chips: tuple[Chip, ...] = ()
    compact: str = ""
    """The filter on one line, for addresses."""


def read(text: str) -> Filter:
    """Return the filter that `text` (YAML or JSON) writes; an error never raises, and the text is kept."""
    if not text.strip():
        return Filter()
    if len(text) > LONGEST:
        return Filter(text[:LONGEST], error=_("条件最多 %(n)d 个字符。", n=LONGEST))
    try:
        condition = conditions.parse(yaml.safe_load(text), PERSON)
    except ConditionError as error:
        return Filter(text, error=saying.say(error, language()))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        return Filter(text, error=_("第 %(n)d 行不是合法的 YAML。", n=line))
    parts = _parts(condition)
    chips = tuple(Chip(_say(part), _compact([p for p in parts if p is not part])) for part in parts)
    return Filter(_write(condition), condition, "", chips, _compact(parts))


def add(filter_: Filter, form: Mapping[str, str]) -> str:
    """Return `filter_` with the clause that the form's field, op and value write, as text for `read`."""
    parts: list[object] = [part.to_tree() for part in _parts(filter_.condition)]
    return _dump(parts + [_clause(form)])


def _clause(form: Mapping[str, str]) -> dict[str, object]:
    name, op, value = (form.get(key, "").strip() for key in ("field", "op", "value"))
    if name == ACTIVITY:
        kind, _colon, key = value.partition(":")
        return {"activity": kind, **({"key": key} if key else {})}
    field = PERSON.find(name)
    if field is not None and op not in OPERATORS[field.type]:
        op = OPERATORS[field.type][0]  # the list of operators follows the field; without a script it cannot
    return {"field": name, op: _value(field.type if field else "text", op, value)}


def _value(kind: str, op: str, value: str) -> object:
    if op == "exists" or kind == "boolean":
        return value.lower() in _TRUE
    if op in ("in", "not_in"):
        return [_scalar(kind, item.strip()) for item in value.replace("，", ",").split(",") if item.strip()]
    return _scalar(kind, value)


def _scalar(kind: str, value: str) -> object:
    if kind != "number":
        return value
    try:
        return float(value) if "." in value else int(value)
    except ValueError:
        return value  # the parser says what is wrong with it


def _parts(condition: Condition | None) -> list[Condition]:
    if condition is None:
        return []
    return list(condition.parts) if isinstance(condition, All) else [condition]


def _say(part: Condition) -> str:
    return conditions.describe(part, PERSON, language()).rstrip("。.")


def _compact(parts: list[Condition]) -> str:
    return _dump([part.to_tree() for part in parts])


def _dump(trees: list[Any]) -> str:
    if not trees:
        return ""
    tree = trees[0] if len(trees) == 1 else {"all": trees}
    return json.dumps(tree, ensure_ascii=False)


def _write(condition: Condition) -> str:
    text: str = yaml.safe_dump(arrange(condition.to_tree()), sort_keys=False, allow_unicode=True, width=100)
    return text.strip()
