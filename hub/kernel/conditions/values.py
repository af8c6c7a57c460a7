"""What a tree may hold as a value: each reader returns the clean value or says what it expected."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from difflib import get_close_matches

from hub.kernel.conditions.nodes import Scalar
from hub.kernel.conditions.registry import FieldType

MAX_TEXT = 1_000
MAX_NUMBER = 10**18
MIN_FRACTION = Decimal("1e-30")
MAX_COUNT = 1_000_000
YEARS = range(1900, 3000)

_SPAN = re.compile(r"([1-9][0-9]{0,4})([dhm])")
_UNITS = {"d": "days", "h": "hours", "m": "minutes"}


class ConditionError(ValueError):
    """Names the place in the tree that is wrong (``all[1].field``; empty for the root) and what was expected there."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.path = path
        self.message = message


def show(value: object) -> str:
    """Return `value` quoted and cut for a message."""
    if isinstance(value, str):
        return repr(value if len(value) <= 60 else value[:59] + "…")
    small = isinstance(value, float) or (isinstance(value, int) and abs(value) < MAX_NUMBER)
    return repr(value) if small else kind_of(value)


def suggestion(word: object, known: Iterable[str]) -> str:
    """Return ``; did you mean "X"?`` for the known word nearest to `word`, or nothing."""
    near = get_close_matches(word[:MAX_TEXT], list(known), n=1) if isinstance(word, str) else []
    return f'; did you mean "{near[0]}"?' if near else ""


def kind_of(value: object) -> str:
    """Return what a person would call the type of `value`."""
    names: tuple[tuple[type | tuple[type, ...], str], ...] = (
        (bool, "true/false"),
        ((int, float, Decimal), "a number"),
        (str, "a text"),
        (datetime, "a time"),
        (date, "a date without time and offset"),
        ((list, tuple), "a list"),
        (Mapping, "a mapping"),
        (type(None), "nothing"),
    )
    return next((name for types, name in names if isinstance(value, types)), type(value).__name__)


def text(value: object, path: str) -> str:
    """Return a text of at most 1,000 characters that PostgreSQL can hold."""
    if not isinstance(value, str):
        raise ConditionError(path, f"expected a text in quotes, found {kind_of(value)}")
    if len(value) > MAX_TEXT:
        raise ConditionError(path, f"expected a text of at most {MAX_TEXT} characters, found {len(value)}")
    if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise ConditionError(path, "expected a text without NUL and without half characters (surrogates)")
    return str(value)


def filled_text(value: object, path: str) -> str:
    """Return a text as `text` does, but not an empty one."""
    clean = text(value, path)
    if not clean:
        raise ConditionError(path, "expected a text that is not empty")
    return clean


def number(value: object, path: str) -> int | float:
    """Return a whole number as int and any other as float, so that JSON carries it back unchanged."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ConditionError(path, f"expected a number, found {kind_of(value)}")
    exact = Decimal(repr(float(value))) if isinstance(value, float) else Decimal(value)
    if not exact.is_finite() or abs(exact) >= MAX_NUMBER:
        raise ConditionError(path, "expected a number between -10^18 and 10^18")
    if exact == exact.to_integral_value():
        return int(exact)
    if abs(exact) < MIN_FRACTION:
        raise ConditionError(path, "expected zero or a number further from it than 10^-30")
    if Decimal(repr(float(exact))) != exact:
        raise ConditionError(path, "expected a number of at most 15 significant digits")
    return float(exact)


def boolean(value: object, path: str) -> bool:
    """Return true or false, and take nothing that only looks like it."""
    if not isinstance(value, bool):
        raise ConditionError(path, f"expected true or false, found {kind_of(value)}")
    return value


def time(value: object, path: str) -> datetime:
    """Return an aware time from ISO 8601 with an offset, or from what a YAML reader already made of one."""
    expected = "expected a time with offset such as 2030-01-31T08:00:00+08:00"
    parsed = value
    if isinstance(value, str):
        try:
            parsed = datetime.fromisoformat(value)
        except ValueError:
            raise ConditionError(path, f"{expected}, found {show(value)}") from None
    if not isinstance(parsed, datetime):
        raise ConditionError(path, f"{expected}, found {kind_of(value)}")
    if parsed.utcoffset() is None:
        raise ConditionError(path, f"{expected}, found a time without offset")
    if parsed.year not in YEARS:
        raise ConditionError(path, f"expected a year from {YEARS.start} to {YEARS.stop - 1}")
    return parsed


def span(value: object, path: str) -> timedelta:
    """Return the time span written as ``7d``, ``12h`` or ``30m``."""
    match = _SPAN.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ConditionError(path, f'expected a span such as "7d", "12h" or "30m", found {show(value)}')
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def count(value: object, path: str) -> int:
    """Return a whole number from 1 to a million."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_COUNT:
        raise ConditionError(path, f"expected a whole number from 1 to {MAX_COUNT:,}, found {show(value)}")
    return int(value)


SCALARS: Mapping[FieldType, Callable[[object, str], Scalar]] = {
    "text": text,
    "number": number,
    "boolean": boolean,
    "time": time,
    "list": text,
}
