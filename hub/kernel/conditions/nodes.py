"""The parsed condition: frozen nodes that give back their canonical tree and their canonical short text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.kernel.conditions.registry import FieldType

Scalar = str | int | float | bool | datetime
Value = Scalar | tuple[Scalar, ...]
Tree = dict[str, object]

_TEXT_LIMIT = 200
_UNITS = (("d", timedelta(days=1)), ("h", timedelta(hours=1)), ("m", timedelta(minutes=1)))


def write_value(value: Value) -> object:
    """Return `value` as it stands in a JSON tree: times as ISO 8601 with their offset, several values as a list."""
    if isinstance(value, tuple):
        return [write_value(item) for item in value]
    return value.isoformat() if isinstance(value, datetime) else value


def write_span(span: timedelta) -> str:
    """Return `span` in its largest whole unit: ``7d``, ``36h``, ``90m``."""
    unit, size = next(pair for pair in _UNITS if span % pair[1] == timedelta(0))
    return f"{span // size}{unit}"


def shorten(text: str) -> str:
    """Return `text` cut to 200 characters, with an ellipsis where it was cut."""
    return text if len(text) <= _TEXT_LIMIT else text[: _TEXT_LIMIT - 1] + "…"


def _quote(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class All:
    """Hold when every part holds."""

    parts: tuple[Condition, ...]

    def to_tree(self) -> Tree:
        """Return the canonical tree."""
        return {"all": [part.to_tree() for part in self.parts]}

    def text(self) -> str:
        """Return the canonical text, such as ``all(a equals 1, b exists true)``."""
        return f"all({_join(self.parts)})"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Hold when one part holds."""

    parts: tuple[Condition, ...]

    def to_tree(self) -> Tree:
        """Return the canonical tree."""
        return {"any": [part.to_tree() for part in self.parts]}

    def text(self) -> str:
        """Return the canonical text, such as ``any(a equals 1, b exists true)``."""
        return f"any({_join(self.parts)})"


@dataclass(frozen=True, slots=True)
class Not:
    """Hold when its part does not."""

    part: Condition

    def to_tree(self) -> Tree:
        """Return the canonical tree."""
        return {"not": self.part.to_tree()}

    def text(self) -> str:
        """Return the canonical text, such as ``not(a equals 1)``."""
        return f"not({self.part.text()})"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Compare one field with a constant; a whole number is kept as int, any other as float, a time as aware."""

    field: str
    type: FieldType
    op: str
    value: Value

    def to_tree(self) -> Tree:
        """Return the canonical tree."""
        return {"field": self.field, self.op: write_value(self.value)}

    def text(self) -> str:
        """Return the canonical text, such as ``last_scene starts_with "auto."``."""
        return f"{self.field} {self.op} {_quote(write_value(self.value))}"

    @property
    def when_missing(self) -> bool:
        """Tell what the comparison gives for a subject without the field."""
        return self.op in {"not_equals", "not_in"} or (self.op == "exists" and self.value is False)


@dataclass(frozen=True, slots=True)
class Activity:
    """Count activities of one kind, perhaps of one key, perhaps within a span before now."""

    kind: str
    key: str | None = None
    key_starts_with: str | None = None
    within: timedelta | None = None
    at_least: int = 1

    def _details(self) -> Tree:
        details = {
            "key": self.key,
            "key_starts_with": self.key_starts_with,
            "within": None if self.within is None else write_span(self.within),
            "at_least": None if self.at_least == 1 else self.at_least,
        }
        return {name: value for name, value in details.items() if value is not None}

    def to_tree(self) -> Tree:
        """Return the canonical tree."""
        return {"activity": self.kind, **self._details()}

    def text(self) -> str:
        """Return the canonical text, such as ``activity "menu_click" key "PRICE" within "7d"``."""
        return " ".join(f"{name} {_quote(value)}" for name, value in self.to_tree().items())

    def since(self, now: datetime) -> datetime | None:
        """Return the time strictly after which an activity counts, or None for ever."""
        return None if self.within is None else now - self.within


Condition = All | AnyOf | Not | Comparison | Activity


def _join(parts: Sequence[Condition]) -> str:
    return ", ".join(part.text() for part in parts)
