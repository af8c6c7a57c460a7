"""The compiler for millions at once: a condition becomes one SQL expression of two values, with bound parameters only.

Every comparison guards its column (``c IS NOT NULL AND c = x``) instead of wrapping it, so that it is never NULL and
an index on the column still serves.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Protocol, cast

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    DateTime,
    Double,
    Float,
    Integer,
    Numeric,
    Select,
    Text,
    all_,
    and_,
    any_,
    func,
    literal,
    not_,
    or_,
    select,
)
from sqlalchemy.types import TypeEngine

from hub.kernel.conditions.closures import exact_number
from hub.kernel.conditions.nodes import Activity, All, Comparison, Condition, Not

_ORDER: Mapping[str, Callable[[Any, Any], Any]] = {
    "equals": operator.eq,
    "not_equals": operator.ne,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}
_ESCAPE = "/"

# Gives the expression for a field's name (with its namespace: "traits.size"), typed after the field: text or varchar of
# a deterministic collation, an integer, numeric or double (no real), boolean, timestamptz, or an array of text.
Fields = Callable[[str], ColumnElement[Any]]


class Activities(Protocol):
    """Give the activities asked for, as a select of one column: the id of the subject that each of them belongs to.

    It names its own tables only (no correlation) and has no GROUP BY, LIMIT or OFFSET: the compiler wraps it. Each
    argument that is not None narrows the rows: ``key = key``, ``starts_with(key_column, key_starts_with)``,
    ``occurred_at > since``.
    """

    def __call__(
        self, kind: str, key: str | None, key_starts_with: str | None, since: ColumnElement[datetime] | None, /
    ) -> Select[Any]:
        """Return the select of the owners' ids, one row for each activity."""
        ...


@dataclass(frozen=True, slots=True)
class _Query:
    """Hold what the query around the condition gives."""

    subject: ColumnElement[Any]
    fields: Fields
    activities: Activities
    now: datetime


def compile_sql(
    condition: Condition, *, subject: ColumnElement[Any], fields: Fields, activities: Activities, now: datetime
) -> ColumnElement[bool]:
    """Return the SQL expression that `condition` means, true or false and never NULL; `now` must be aware.

    `subject` is the id, in the query around, that the rows of `activities` refer to. That query must name the table of
    `subject` in its FROM by itself (by `select_from` where it selects nothing else of it).
    """
    if now.tzinfo is None:
        raise ValueError("now needs an offset")
    return _node(condition, _Query(subject, fields, activities, now.astimezone(UTC)))


def _node(condition: Condition, query: _Query) -> ColumnElement[bool]:
    if isinstance(condition, Comparison):
        return _comparison(condition, query.fields(condition.field))
    if isinstance(condition, Activity):
        return _activity(condition, query)
    if isinstance(condition, Not):
        return not_(_node(condition.part, query))
    parts = [_node(part, query) for part in condition.parts]
    return and_(*parts) if isinstance(condition, All) else or_(*parts)


def starts_with(column: ColumnElement[Any], prefix: str) -> ColumnElement[bool]:
    """Return the test that `column` begins with exactly `prefix`, no character of it a wildcard."""
    return column.like(_pattern(prefix, "", "%"), escape=_ESCAPE)


def contains(column: ColumnElement[Any], part: str) -> ColumnElement[bool]:
    """Return the test that `column` holds exactly `part` somewhere, no character of it a wildcard."""
    return column.like(_pattern(part, "%", "%"), escape=_ESCAPE)


def _pattern(text: str, before: str, after: str) -> ColumnElement[str]:
    for special in (_ESCAPE, "%", "_"):
        text = text.replace(special, _ESCAPE + special)
    return literal(before + text + after, Text())


def _activity(activity: Activity, query: _Query) -> ColumnElement[bool]:
    # EXISTS over grouped owners, not a count for each subject: a million subjects take one scan and a hash join, and
    # one subject still takes the index, as PostgreSQL pushes its id into the grouped select. Never IN: under NOT or OR
    # it would be a list that PostgreSQL reads through for each subject once it outgrows work_mem.
    since = activity.since(query.now)
    bound = None if since is None else literal(since, DateTime(timezone=True))
    rows = query.activities(activity.kind, activity.key, activity.key_starts_with, bound)
    if activity.at_least > 1:
        rows = rows.group_by(*rows.selected_columns).having(func.count() >= activity.at_least)
    owners = rows.subquery()
    (owner,) = owners.columns
    return select(owner).where(owner == query.subject).exists()


def _comparison(comparison: Comparison, column: ColumnElement[Any]) -> ColumnElement[bool]:
    absent = _absent(comparison, column)
    if comparison.op == "exists":
        return not_(absent) if comparison.value else absent
    test = _TESTS[comparison.type](comparison.op, cast("Any", comparison.value), column)
    return or_(absent, test) if comparison.when_missing else and_(not_(absent), test)


def _absent(comparison: Comparison, column: ColumnElement[Any]) -> ColumnElement[bool]:
    null = column.is_(None)
    if comparison.type == "number" and isinstance(column.type, Numeric | Float):
        return or_(null, column == literal(_double_or_exact(column)("nan"), _number_type(column)))
    return null


def _text(op: str, value: Any, column: ColumnElement[Any]) -> ColumnElement[bool]:  # noqa: ANN401
    if op == "starts_with":
        return starts_with(column, value)
    if op == "contains":
        return contains(column, value)
    if op in {"in", "not_in"}:
        return _member(op, value, column, Text())
    return _order(op, literal(value, Text()), column)


def _number(op: str, value: Any, column: ColumnElement[Any]) -> ColumnElement[bool]:  # noqa: ANN401
    convert, kind = _double_or_exact(column), _number_type(column)
    if op in {"in", "not_in"}:
        if isinstance(column.type, Integer):
            return _member(op, [item for item in value if isinstance(item, int)], column, BigInteger())
        return _member(op, [convert(exact_number(item)) for item in value], column, kind)
    if isinstance(value, int) and isinstance(column.type, Integer):
        return _order(op, literal(value, BigInteger()), column)
    return _order(op, literal(convert(exact_number(value)), kind), column)


def _double_or_exact(column: ColumnElement[Any]) -> type[float] | type[Decimal]:
    return float if isinstance(column.type, Float) else Decimal


def _number_type(column: ColumnElement[Any]) -> TypeEngine[Any]:
    return Double() if isinstance(column.type, Float) else Numeric()


def _boolean(op: str, value: Any, column: ColumnElement[Any]) -> ColumnElement[bool]:  # noqa: ANN401
    return column.is_(value) if op == "equals" else column.is_not(value)


def _time(op: str, value: Any, column: ColumnElement[Any]) -> ColumnElement[bool]:  # noqa: ANN401
    return _order(op, literal(value.astimezone(UTC), DateTime(timezone=True)), column)


def _list(op: str, value: Any, column: ColumnElement[Any]) -> ColumnElement[bool]:  # noqa: ANN401
    kind = column.type if isinstance(column.type, ARRAY) else ARRAY(Text())
    wanted = literal([value] if op == "contains" else list(value), kind)
    if op == "contains":
        return column.bool_op("@>")(wanted)
    overlaps = column.bool_op("&&")(wanted)
    return overlaps if op == "in" else not_(overlaps)


def _order(op: str, wanted: ColumnElement[Any], column: ColumnElement[Any]) -> ColumnElement[bool]:
    return cast("ColumnElement[bool]", _ORDER[op](column, wanted))


def _member(op: str, items: Sequence[Any], column: ColumnElement[Any], kind: TypeEngine[Any]) -> ColumnElement[bool]:
    # One array parameter, however many items: the statement stays the same for the caches of SQLAlchemy and PostgreSQL.
    choices = literal(list(items), ARRAY(kind))
    return column == any_(choices) if op == "in" else column != all_(choices)


_TESTS: Mapping[str, Callable[[str, Any, ColumnElement[Any]], ColumnElement[bool]]] = {
    "text": _text,
    "number": _number,
    "boolean": _boolean,
    "time": _time,
    "list": _list,
}
