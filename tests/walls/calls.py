"""Every call that the routes and their OpenAPI description make possible, with other people's ids in each place."""

from __future__ import annotations

import base64
import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

MALFORMED = ("nonsense", "0", "00000000-0000-0000-0000-00000000000g", "%27%20OR%201=1", "null", "1e9")
_NOT_OURS = ("static", "api-docs.openapi_json")
_METHODS_ASIDE = {"HEAD", "OPTIONS"}
_OF_THE_MOMENT = ("Date", "Content-Length", "RateLimit", "RateLimit-Policy", "Content-Security-Policy", "Set-Cookie")
_LAST = ("logout", "account", "session", "login")
"""What ends or changes the caller's own session comes last."""
_FORM = {"reason": "no_need", "note": "x", "purpose": "first call", "state": "won", "limit": "1", "lang": "zh"}
_FORM_IDS = ("id", "ids", "lead", "lead_id", "leads", "person", "person_id", "bu", "bu_id")
_PAGE_QUERY = ("cursor", "before", "after", "lead", "person", "bu", "actor", "q")


@dataclass(frozen=True, slots=True)
class Call:
    """Hold one request; `sent` is the foreign value in its `place`, "" when there is none."""

    rule: str
    method: str
    path: str
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    sent: str = ""
    place: str = "path"

    def make(self, app: Flask, headers: Mapping[str, str]) -> TestResponse:
        """Make the request."""
        body = {} if self.body is None else {"json" if self.rule.startswith("/api/") else "data": self.body}
        return app.test_client(use_cookies=False).open(
            self.path, method=self.method, query_string=self.query, headers=headers, **body
        )


class Spec:
    """Read the OpenAPI description of an app."""

    def __init__(self, app: Flask) -> None:
        """Ask the app for its description."""
        self.document: dict[str, Any] = app.test_client().get("/api/v1/openapi.json").get_json()

    def operation(self, rule: Rule, method: str) -> dict[str, Any]:
        """Return the description of one operation, {} for a route that is not of the API."""
        path = rule.rule
        for name in rule.arguments:
            path = path.replace(f"<{name}>", f"{{{name}}}")
        found: dict[str, Any] = self.document["paths"].get(path, {}).get(method.lower(), {})
        return found

    def parameters(self, operation: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        """Return the schemas of an operation's query parameters by name."""
        described = [self._resolve(p) for p in operation.get("parameters", ())]
        return {p["name"]: self._resolve(p.get("schema", {})) for p in described if p["in"] == "query"}

    def body(self, operation: Mapping[str, Any], method: str, foreign: str | None) -> Any:
        """Return a valid body of an operation, `foreign` wherever an id may stand; None when it takes none.

        A page's form says nothing of what it takes, so it gets a bit of everything.
        """
        if not operation and method != "GET":
            return _FORM | ({} if foreign is None else dict.fromkeys(_FORM_IDS, foreign))
        content = self._resolve(operation.get("requestBody", {})).get("content", {})
        schema = content.get("application/json", {}).get("schema")
        return None if schema is None else self.sample(schema, "", foreign)

    def sample(self, schema: Mapping[str, Any], name: str, foreign: str | None) -> Any:
        """Return a value that `schema` allows."""
        schema = self._resolve(schema)
        kind = schema.get("type", "object" if "properties" in schema else "string")
        kind = next((k for k in kind if k != "null"), "string") if isinstance(kind, list) else kind
        if foreign is not None and is_id(name, schema) and kind == "string":
            return foreign
        if schema.get("enum"):
            return next(value for value in schema["enum"] if value is not None)
        if kind == "object":
            wanted = set(schema.get("required", ()))
            return {
                key: self.sample(part, key, foreign)
                for key, part in schema.get("properties", {}).items()
                if key in wanted or is_id(key, self._resolve(part))
            }
        if kind == "array":
            return [self.sample(schema.get("items", {}), name, foreign)] * max(1, schema.get("minItems", 1))
        if kind in ("integer", "number"):
            return int(schema.get("maximum", max(1, schema.get("minimum", 1))))
        return True if kind == "boolean" else _text(schema)

    def _resolve(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        found: Any = dict(schema)
        while "$ref" in found:
            place: Any = self.document
            for step in found["$ref"].removeprefix("#/").split("/"):
                place = place[step]
            found = dict(place)
        return found


def is_id(name: str, schema: Mapping[str, Any]) -> bool:
    """Tell whether a field may hold the id of something."""
    return schema.get("format") == "uuid" or name in ("id", "ids") or name.endswith(("_id", "_ids"))


def _text(schema: Mapping[str, Any]) -> str:
    if schema.get("format") == "date-time":
        return "2026-01-01T00:00:00+00:00"
    return "x" * max(2, schema.get("minLength", 2))


def routes(app: Flask) -> list[tuple[Rule, str]]:
    """Return every route with each of its methods; files and the API's description aside."""
    return [
        (rule, method)
        for rule in sorted(app.url_map.iter_rules(), key=_in_order)
        if rule.endpoint not in _NOT_OURS and not rule.endpoint.endswith(".static")
        for method in sorted((rule.methods or set()) - _METHODS_ASIDE)
    ]


def _in_order(rule: Rule) -> tuple[bool, str, str]:
    return any(word in rule.rule for word in _LAST), rule.rule, rule.endpoint


def calls(app: Flask, foreign: Sequence[str], cursors: Sequence[str]) -> Iterator[Call]:
    """Yield every route with foreign values in its path, its query, its body; lists with every filter and cursor."""
    spec = Spec(app)
    for rule, method in routes(app):
        operation = spec.operation(rule, method)
        body = spec.body(operation, method, None)
        for sent in foreign if rule.arguments else [""]:
            yield Call(rule.rule, method, fill(rule, sent), body=body, sent=sent)
        first = fill(rule, foreign[0])
        for query in queries(spec.parameters(operation), foreign, cursors):
            yield Call(rule.rule, method, first, query, body, foreign[0], "query")
        if not operation and method == "GET":
            for sent in [*foreign[:20:4], *cursors]:
                yield Call(rule.rule, method, first, dict.fromkeys(_PAGE_QUERY, sent), None, sent, "query")
        seen = [json.dumps(body)]
        for sent in foreign:
            changed = spec.body(operation, method, sent)
            if json.dumps(changed) not in seen:
                seen.append(json.dumps(changed))
                yield Call(rule.rule, method, first, {}, changed, sent, "body")


def queries(
    parameters: Mapping[str, Mapping[str, Any]], foreign: Sequence[str], cursors: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """Yield every combination of choices and cursors, then each foreign id in each place for one."""
    choices = {name: [None, *schema["enum"]] for name, schema in parameters.items() if schema.get("enum")}
    if "cursor" in parameters:
        choices["cursor"] = [None, *cursors]
    for values in itertools.product(*choices.values()):
        query = {name: value for name, value in zip(choices, values, strict=True) if value is not None}
        if query:
            yield query
    for name, schema in parameters.items():
        if name not in choices and (is_id(name, schema) or schema.get("type") == "string"):
            yield from ({name: sent} for sent in foreign)


def fill(rule: Rule, value: str) -> str:
    """Return the path of a route with `value` in each of its gaps."""
    path = rule.rule
    for name in rule.arguments:
        for form in (f"<{name}>", f"<string:{name}>", f"<uuid:{name}>", f"<path:{name}>", f"<int:{name}>"):
            path = path.replace(form, value)
    return path


def cursors_of(app: Flask, headers: Mapping[str, str]) -> list[str]:
    """Return a cursor of each list that this caller may page through."""
    spec, found = Spec(app), []
    for rule, method in routes(app):
        parameters = spec.parameters(spec.operation(rule, method))
        if method != "GET" or "cursor" not in parameters or rule.arguments:
            continue
        for query in [{}, *queries({n: p for n, p in parameters.items() if p.get("enum")}, (), ())]:
            page = Call(rule.rule, method, rule.rule, {**query, "limit": 1}).make(app, headers).get_json()
            found.append(page.get("next_cursor") if isinstance(page, dict) else None)
    return list(dict.fromkeys(cursor for cursor in found if cursor))


def told(answer: TestResponse, sent: str = "") -> str:
    """Return all that an answer tells, its headers too; a long value that the caller sent is blotted out."""
    headers = (value for name, value in answer.headers if name not in _OF_THE_MOMENT)
    text = opened("\n".join([answer.get_data(as_text=True), str(answer.status_code), *headers]))
    return text.replace(sent, "…") if len(sent) > len("nonsense") else text


def opened(text: str) -> str:
    """Return `text` and what its cursors hold."""
    words = [text]
    for word in re.findall(r"[\w-]{12,}", text):
        try:
            words.append(base64.urlsafe_b64decode(word + "=" * (-len(word) % 4)).decode())
        except ValueError:
            continue
    return "\n".join(words)
