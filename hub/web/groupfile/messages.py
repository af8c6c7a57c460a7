"""From a schema's errors to mistakes with their lines, in words a person can act on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from marshmallow import Schema, fields

from hub.kernel.conditions.values import kind_of, suggestion
from hub.web.groupfile.loading import Document
from hub.web.groupfile.mistakes import Mistake, Place, at

# A condition's error begins with its own place in the tree: `all[1].field: expected ...`.
_INNER = re.compile(r"([a-z_]+(?:\[\d+\])?(?:\.[a-z_]+(?:\[\d+\])?)*): (.*)", re.DOTALL)
_STEP = re.compile(r"([a-z_]+)|\[(\d+)\]")
_PLAIN = {
    "Missing data for required field.": "is missing: it is required",
    "Field may not be null.": "is empty: give it a value or leave the key out",
}
_SHAPES = {
    "Not a valid string.": "must be a text in quotes",
    "Not a valid list.": "must be a list",
    "Invalid type.": "must hold keys and values",
    "Invalid input type.": "must hold keys and values",
}


def read(errors: Any, document: Document, schema: Schema) -> Iterator[Mistake]:
    """Yield a mistake for each message in `errors`, as marshmallow nests them."""
    for place, message in _flat(errors, ()):
        inner, rest = _inner(place, message, document)
        yield at(document.lines, inner, _words(rest, inner, document, schema))


def _flat(errors: Any, place: Place) -> Iterator[tuple[Place, str]]:
    if isinstance(errors, dict):
        for step, inner in errors.items():
            yield from _flat(inner, place if step == "_schema" else (*place, step))
    elif isinstance(errors, list):
        for inner in errors:
            yield from _flat(inner, place)
    else:
        yield place, str(errors)


def _inner(place: Place, message: str, document: Document) -> tuple[Place, str]:
    match = _INNER.fullmatch(message)
    if match is None:
        return place, message
    steps = (word or int(number) for word, number in _STEP.findall(match[1]))
    inner = (*place, *steps)
    return (inner, match[2]) if inner in document.lines else (place, message)


def _words(message: str, place: Place, document: Document, schema: Schema) -> str:
    if message == "Unknown field.":
        known = _keys(schema, place[:-1])
        return f"unknown key: expected {', '.join(known)}{suggestion(place[-1], known)}"
    if message in _SHAPES:
        return f"{_SHAPES[message]}, this is {kind_of(_value(document.data, place))}"
    return _PLAIN.get(message, message)


def _keys(schema: Schema, place: Place) -> list[str]:
    """Return the keys that `schema` knows at `place`."""
    for step in place:
        if isinstance(step, int):
            continue
        field = schema.fields[step]
        nested: Any = field.inner if isinstance(field, fields.List) else field
        schema = nested.schema
    return list(schema.fields)


def _value(data: Any, place: Place) -> Any:
    for step in place:
        data = data[step]
    return data
