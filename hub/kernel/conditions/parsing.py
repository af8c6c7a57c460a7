"""From an untrusted tree to a condition, or to one clear error with its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from hub.kernel.conditions import values
from hub.kernel.conditions.nodes import Activity, All, AnyOf, Comparison, Condition, Not, Value
from hub.kernel.conditions.registry import OPERATORS, Field, Registry
from hub.kernel.conditions.values import ConditionError

MAX_DEPTH = 8
MAX_NODES = 200
MAX_ITEMS = 500

_FORMS = ("all", "any", "not", "field", "activity")
_ACTIVITY_KEYS = ("activity", "key", "key_starts_with", "within", "at_least")
_ALL_OPERATORS = tuple(dict.fromkeys(op for ops in OPERATORS.values() for op in ops))


def parse(tree: object, registry: Registry) -> Condition:
    """Return the condition that `tree` writes, its names checked against `registry`; raise ConditionError."""
    return _Parser(registry).node(tree, "", 1)


def _at(path: str, step: str) -> str:
    return f"{path}.{step}" if path else step


class _Parser:
    """Carry the registry and the running count of nodes through one tree."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._nodes = 0

    def node(self, tree: object, path: str, depth: int) -> Condition:
        self._nodes += 1
        if depth > MAX_DEPTH:
            raise ConditionError(path, f"expected at most {MAX_DEPTH} levels")
        if self._nodes > MAX_NODES:
            raise ConditionError(path, f"expected at most {MAX_NODES} clauses in one condition")
        if not isinstance(tree, Mapping):
            raise ConditionError(path, f"expected a mapping with {_words(_FORMS)}, found {values.kind_of(tree)}")
        form = _form(tree, path)
        if form == "field":
            return self._comparison(tree, path)
        if form == "activity":
            return self._activity(tree, path)
        _refuse_unknown(tree, (form,), path)
        if form == "not":
            return Not(self.node(tree["not"], _at(path, "not"), depth + 1))
        parts = _items(tree[form], _at(path, form))
        nodes = tuple(self.node(part, _at(path, f"{form}[{i}]"), depth + 1) for i, part in enumerate(parts))
        return All(nodes) if form == "all" else AnyOf(nodes)

    def _comparison(self, tree: Mapping[object, object], path: str) -> Comparison:
        field = self._field(tree["field"], _at(path, "field"))
        _refuse_unknown(tree, ("field", *_ALL_OPERATORS), path)
        ops = [cast("str", key) for key in tree if key != "field"]
        if len(ops) != 1:
            found = _words(tuple(ops), "and") if ops else "none"
            raise ConditionError(path, f"expected exactly one of {_words(OPERATORS[field.type])}, found {found}")
        op = ops[0]
        if op not in OPERATORS[field.type]:
            allowed = _words(OPERATORS[field.type])
            raise ConditionError(_at(path, op), f'"{field.name}" is a {field.type} field: expected {allowed}')
        return Comparison(field.name, field.type, op, _value(field, op, tree[op], _at(path, op)))

    def _field(self, name: object, path: str) -> Field:
        field = self._registry.find(values.filled_text(name, path))
        if field is None:
            near = values.suggestion(name, self._registry.names())
            raise ConditionError(path, f"expected a known field, found {values.show(name)}{near}")
        return field

    def _activity(self, tree: Mapping[object, object], path: str) -> Activity:
        _refuse_unknown(tree, _ACTIVITY_KEYS, path)
        if "key" in tree and "key_starts_with" in tree:
            raise ConditionError(path, "expected key or key_starts_with, found both")

        def optional(name: str) -> str | None:
            return values.filled_text(tree[name], _at(path, name)) if name in tree else None

        return Activity(
            kind=self._kind(tree["activity"], _at(path, "activity")),
            key=optional("key"),
            key_starts_with=optional("key_starts_with"),
            within=values.span(tree["within"], _at(path, "within")) if "within" in tree else None,
            at_least=values.count(tree["at_least"], _at(path, "at_least")) if "at_least" in tree else 1,
        )

    def _kind(self, value: object, path: str) -> str:
        kind = values.filled_text(value, path)
        known = self._registry.activities
        if known is not None and kind not in known:
            near = values.suggestion(kind, sorted(known))
            raise ConditionError(path, f"expected a known activity, found {values.show(kind)}{near}")
        return kind


def _form(tree: Mapping[object, object], path: str) -> str:
    forms = [form for form in _FORMS if form in tree]
    if len(forms) == 1:
        return forms[0]
    if forms:
        raise ConditionError(path, f"expected only one of {_words(_FORMS)}, found {_words(tuple(forms), 'and')}")
    hints = (values.suggestion(key, _FORMS) for key in tree)
    raise ConditionError(path, f"expected one of {_words(_FORMS)}{next(filter(None, hints), '')}")


def _refuse_unknown(tree: Mapping[object, object], known: tuple[str, ...], path: str) -> None:
    for key in tree:
        if not isinstance(key, str) or key not in known:
            near = values.suggestion(key, known)
            raise ConditionError(path, f"unknown key {values.show(key)}: expected {_words(known)}{near}")


def _items(value: object, path: str) -> list[object]:
    if not isinstance(value, list | tuple):
        raise ConditionError(path, f"expected a list, found {values.kind_of(value)}")
    if not value:
        raise ConditionError(path, "expected a list that is not empty")
    if len(value) > MAX_ITEMS:
        raise ConditionError(path, f"expected at most {MAX_ITEMS} items, found {len(value)}")
    return list(value)


def _value(field: Field, op: str, value: object, path: str) -> Value:
    if op == "exists":
        return values.boolean(value, path)
    read = values.SCALARS[field.type]
    if op in {"in", "not_in"}:
        return tuple(read(item, f"{path}[{i}]") for i, item in enumerate(_items(value, path)))
    return read(value, path)


def _words(words: tuple[str, ...], link: str = "or") -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {link} {words[-1]}"
