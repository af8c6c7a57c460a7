"""What the description generated from marshmallow schemas leaves out or writes in Python's manner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Document = dict[str, Any]

_PLAIN_VALUE: Document = {"type": ["string", "number", "boolean"], "maxLength": 200}
_RESERVED = ["follow", "unfollow", "registration", "attendance"]


def _form(*required: str, optional: str = "") -> Document:
    """Return the subschema of an object with just these members."""
    members = [*required, *([optional] if optional else [])]
    return {
        "required": list(required),
        "properties": dict.fromkeys(members, True),
        "additionalProperties": False,
    }


MORE: Mapping[str, Document] = {
    "IdentityBody": {
        "oneOf": [
            _form("appid", "openid", optional="unionid"),
            _form("open_platform", "unionid"),
            _form("visitor_id"),
        ]
    },
    "ActivityBody": {"properties": {"kind": {"not": {"enum": _RESERVED}}, "properties": _PLAIN_VALUE}},
    "RegistrationBody": {"properties": {"traits": _PLAIN_VALUE}},
    "ConsentBody": {"properties": {"scopes": {"contains": {"const": "collection"}}}},
    "PhoneBody": {"oneOf": [{"required": [one]} for one in ("openid", "visitor_id")]},
    "KeyBody": {"oneOf": [{"required": [one]} for one in ("bu", "touchpoint", "admin")]},
}
"""Schema -> what its validators refuse beyond its fields."""


def mended(schemas: Mapping[str, Document]) -> Document:
    """Return the schemas with what their validators refuse, in JSON Schema's own words."""
    made: Document = {name: mend(schema) for name, schema in schemas.items()}
    for name, more in MORE.items():
        for member, extra in more.get("properties", {}).items():
            target = made[name]["properties"][member]
            if target.get("type") == "object":
                target["additionalProperties"] = extra
            else:
                target |= extra
        made[name] |= {word: rule for word, rule in more.items() if word != "properties"}
    return made


def mend(part: Any) -> Any:
    """Return a schema, and every schema in it, in JSON Schema's own words."""
    if isinstance(part, list | tuple):
        return [mend(one) for one in part]
    if not isinstance(part, dict):
        return part
    made = {word: mend(value) for word, value in part.items()}
    if isinstance(made.get("pattern"), str):
        bare = made["pattern"].removeprefix("^").removesuffix("$").removesuffix(r"\Z")
        made["pattern"] = f"^(?:{bare})$"
    if isinstance(made.get("type"), list):
        made["type"] = list(dict.fromkeys(made["type"]))
    if made.get("type") == "object":
        for before, after in (("minLength", "minProperties"), ("maxLength", "maxProperties")):
            if isinstance(made.get(before), int):
                made[after] = made.pop(before)
    return made


def in_query(schema: Document) -> Document:
    """Return the schema of a query parameter, which can be left out but cannot be null."""
    kinds = schema.get("type")
    if not isinstance(kinds, list):
        return schema
    made = {**schema, "type": next(kind for kind in kinds if kind != "null")}
    if "enum" in made:
        made["enum"] = [value for value in made["enum"] if value is not None]
    if made.get("default") is None:
        made.pop("default", None)
    return made
