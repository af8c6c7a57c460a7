"""The compiler for one subject at once: a condition becomes plain Python closures, with nothing parsed per call."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, Protocol, cast

from hub.kernel.conditions.nodes import Activity, All, Comparison, Condition, Not
from hub.kernel.conditions.registry import FieldType

Found = str | int | float | Decimal | bool | datetime | Sequence[str] | None

# The constant comes first in a partial, so each operator stands mirrored: value > constant is constant < value.
_MIRRORED: Mapping[str, Callable[[Any, Any], bool]] = {
    "equals": operator.eq,
    "not_equals": operator.ne,
    "gt": operator.lt,
    "gte": operator.le,
    "lt": operator.gt,
    "lte": operator.ge,
}


class Subject(Protocol):
    """Give the values and the activities of the one that a condition is asked about."""

    @property
    def now(self) -> datetime:
        """Return the aware time that spans are counted back from."""
        ...

    def value(self, name: str) -> Found:
        """Return the value of the field, in the type the registry gives it, or None when it is missing."""
        ...

    def activity_count(self, kind: str, key: str | None, key_starts_with: str | None, since: datetime | None) -> int:
        """Return how many activities of `kind` there are; each argument that is not None narrows them.

        `key` is the exact key, `key_starts_with` a literal prefix of it, and `since` is exclusive.
        """
        ...


class SubjectError(TypeError):
    """Names the field whose value a subject gave in another type than the registry promises; never the value."""


Test = Callable[[Subject], bool]


def compile_python(condition: Condition) -> Test:
    """Return the test that `condition` means; it raises SubjectError for a value of the wrong type."""
    if isinstance(condition, Comparison):
        return _comparison(condition)
    if isinstance(condition, Activity):
        return _activity(condition)
    if isinstance(condition, Not):
        inner = compile_python(condition.part)
        return lambda subject: not inner(subject)
    tests = tuple(compile_python(part) for part in condition.parts)
    return _every(tests) if isinstance(condition, All) else _some(tests)


def _every(tests: tuple[Test, ...]) -> Test:
    # A plain loop: all() over a generator costs twice as much for the two or three parts that rules have.
    def every(subject: Subject) -> bool:
        for test in tests:  # noqa: SIM110
            if not test(subject):
                return False
        return True

    return every


def _some(tests: tuple[Test, ...]) -> Test:
    def some(subject: Subject) -> bool:
        for test in tests:  # noqa: SIM110
            if test(subject):
                return True
        return False

    return some


def _activity(activity: Activity) -> Test:
    kind, key, prefix, least = activity.kind, activity.key, activity.key_starts_with, activity.at_least
    span = activity.within
    if span is None:
        return lambda subject: subject.activity_count(kind, key, prefix, None) >= least
    return lambda subject: subject.activity_count(kind, key, prefix, subject.now - span) >= least


def _comparison(comparison: Comparison) -> Test:
    name, missing, predicate = comparison.field, comparison.when_missing, _predicate(comparison)
    read, common = _READERS[comparison.type], _COMMON[comparison.type]

    def compare(subject: Subject) -> bool:
        value = subject.value(name)
        if type(value) is not common:
            value = read(name, value)
            if value is None:
                return missing
        return predicate(value)

    return compare


def read_value(comparison: Comparison, subject: Subject) -> Found:
    """Return the subject's value for the field, checked for its type, with NaN as missing."""
    return _READERS[comparison.type](comparison.field, subject.value(comparison.field))


def _predicate(comparison: Comparison) -> Callable[[Any], bool]:
    op, wanted = comparison.op, cast("Any", comparison.value)
    if op == "exists":
        return lambda _: bool(wanted)
    if comparison.type == "number":
        return _number_predicate(op, wanted)
    if comparison.type == "list":
        return _list_predicate(op, wanted)
    return _text_predicate(op, wanted) if comparison.type == "text" else partial(_MIRRORED[op], wanted)


def _text_predicate(op: str, wanted: Any) -> Callable[[Any], bool]:  # noqa: ANN401
    if op == "starts_with":
        return lambda value: bool(value.startswith(wanted))
    if op == "contains":
        return lambda value: wanted in value
    if op in {"in", "not_in"}:
        return _member(frozenset(wanted), op)
    return partial(_MIRRORED[op], wanted)


def _list_predicate(op: str, wanted: Any) -> Callable[[Any], bool]:  # noqa: ANN401
    if op == "contains":
        return lambda value: wanted in value
    choices = frozenset(wanted)
    return choices.isdisjoint if op == "not_in" else lambda value: not choices.isdisjoint(value)


def _number_predicate(op: str, wanted: Any) -> Callable[[Any], bool]:  # noqa: ANN401
    if op in {"in", "not_in"}:
        exact = _member(frozenset(exact_number(item) for item in wanted), op)
        double = _member(frozenset(float(item) for item in wanted), op)
    else:
        exact = partial(_MIRRORED[op], exact_number(wanted))
        double = partial(_MIRRORED[op], float(wanted))
    return lambda value: double(value) if isinstance(value, float) else exact(value)


def _member(choices: frozenset[Any], op: str) -> Callable[[Any], bool]:
    return choices.__contains__ if op == "in" else lambda value: value not in choices


def exact_number(value: float) -> int | Decimal:
    """Return the constant as it was written in decimal, so that 0.1 means one tenth."""
    return value if isinstance(value, int) else Decimal(repr(value))


def _wrong(name: str, expected: str, value: object) -> SubjectError:
    return SubjectError(f"the field {name!r} should be {expected}, the subject gave {type(value).__name__}")


def _read_text(name: str, value: Found) -> Found:
    if value is None or isinstance(value, str):
        return value
    raise _wrong(name, "a text", value)


def _read_number(name: str, value: Found) -> Found:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise _wrong(name, "a number", value)
    is_nan = value != value
    return None if is_nan else value


def _read_boolean(name: str, value: Found) -> Found:
    if value is None or isinstance(value, bool):
        return value
    raise _wrong(name, "true or false", value)


def _read_time(name: str, value: Found) -> Found:
    if value is None or (isinstance(value, datetime) and value.tzinfo is not None):
        return value
    raise _wrong(name, "a time with offset", value)


def _read_list(name: str, value: Found) -> Found:
    if value is None or (isinstance(value, Sequence) and not isinstance(value, str | bytes)):
        return value
    raise _wrong(name, "a list of texts", value)


class _NeverCommon:
    """Stand for no value at all, so that every value of a type is read with care."""


_READERS: Mapping[FieldType, Callable[[str, Found], Found]] = {
    "text": _read_text,
    "number": _read_number,
    "boolean": _read_boolean,
    "time": _read_time,
    "list": _read_list,
}
# A value of exactly this type needs no reading: the quick way through `compare`.
_COMMON: Mapping[FieldType, type] = {
    "text": str,
    "number": int,
    "boolean": bool,
    "time": _NeverCommon,
    "list": list,
}
