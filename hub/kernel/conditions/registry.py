"""The fields that conditions may name, with their types and their labels in Chinese and English."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar, get_args

FieldType = Literal["text", "number", "boolean", "time", "list"]
Language = Literal["zh", "en"]

OPERATORS: Mapping[FieldType, tuple[str, ...]] = {
    "text": ("equals", "not_equals", "in", "not_in", "starts_with", "contains", "exists"),
    "number": ("equals", "not_equals", "in", "not_in", "gt", "gte", "lt", "lte", "exists"),
    "boolean": ("equals", "not_equals", "exists"),
    "time": ("equals", "not_equals", "gt", "gte", "lt", "lte", "exists"),
    "list": ("contains", "in", "not_in", "exists"),
}


@dataclass(frozen=True, slots=True)
class Field:
    """Hold one field: its name in trees, its type and its labels."""

    name: str
    type: FieldType
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Namespace:
    """Hold an open family of fields of one type: prefix ``traits`` (or ``traits.``) covers ``traits.<anything>``."""

    prefix: str
    type: FieldType
    zh: str
    en: str


class Registry:
    """Answer which fields and activities a tree may name; raise ValueError for a registration that contradicts itself.

    `activities` None allows any kind. A field registered by its whole name wins over the namespace around it.
    """

    def __init__(
        self,
        fields: Iterable[Field],
        namespaces: Iterable[Namespace] = (),
        activities: frozenset[str] | None = None,
    ) -> None:
        self.fields: dict[str, Field] = {}
        self.namespaces: dict[str, Namespace] = {}
        self.activities = activities
        for field in fields:
            _register(self.fields, field.name, field)
        for namespace in namespaces:
            _register(self.namespaces, namespace.prefix.rstrip(".") + ".", namespace)

    def find(self, name: str) -> Field | None:
        """Return the field called `name`, made up from its namespace where it is not registered itself, or None."""
        if name in self.fields:
            return self.fields[name]
        covering = [prefix for prefix in self.namespaces if name.startswith(prefix) and len(name) > len(prefix)]
        if not covering:
            return None
        prefix = max(covering, key=len)
        namespace, rest = self.namespaces[prefix], name.removeprefix(prefix)
        return Field(name, namespace.type, f"{namespace.zh} {rest}".strip(), f"{namespace.en} {rest}".strip())

    def label(self, name: str, lang: Language) -> str:
        """Return the label of the field called `name`, or the name itself when nothing is registered for it."""
        field = self.find(name)
        if field is None:
            return name
        return (field.zh if lang == "zh" else field.en) or name

    def names(self) -> list[str]:
        """Return every name a message may suggest: the fields, and the namespaces as ``traits.``."""
        return [*self.fields, *self.namespaces]


_Entry = TypeVar("_Entry", Field, Namespace)


def _register(table: dict[str, _Entry], name: str, entry: _Entry) -> None:
    if not name.strip("."):
        raise ValueError("a field or namespace needs a name")
    if name in table:
        raise ValueError(f"{name!r} is registered twice")
    if entry.type not in get_args(FieldType):
        raise ValueError(f"{name!r} has type {entry.type!r}: use one of {', '.join(get_args(FieldType))}")
    table[name] = entry
