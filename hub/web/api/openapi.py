"""The API's description: what flask-smorest knows of the views, and what the shell adds to each of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from flask import Flask
from flask_smorest import Api

from hub.kernel.access import ADMIN, BU, SCOPES, TOUCHPOINT
from hub.web.api import idempotency
from hub.web.api.examples import BODIES
from hub.web.api.mending import in_query, mend, mended
from hub.web.problems import KINDS

Document = dict[str, Any]

_JSON, _PROBLEM = "application/json", "application/problem+json"
_WHAT: Mapping[str, str] = {BU: "a business unit", TOUCHPOINT: "a touchpoint", ADMIN: "the group's own systems"}
_WHEN: Mapping[int, str] = {
    400: "The body is not JSON.",
    401: "There is no valid API key.",
    403: "The key's role or scopes do not cover this.",
    404: "There is no such thing, or it is not yours.",
    409: "In conflict with its state, or the first request with this Idempotency-Key is under way.",
    413: "The body is larger than 1 MB.",
    415: "The body is not declared as JSON.",
    422: "A field, a parameter or the Idempotency-Key is wrong: see `errors`.",
    429: "Too many requests with this key: see `Retry-After`.",
    500: "Something went wrong on our side.",
    503: "The database does not answer: see `Retry-After`.",
}
_PATHS: Mapping[str, Document] = {
    "slug": {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,62}$"},
}
_UNUSED = frozenset({"Error", "PaginationMetadata"})
_TEXT = {"type": "string"}
_PROBLEM_SCHEMA: Document = {
    "type": "object",
    "description": "An RFC 9457 problem, in Chinese or English by Accept-Language.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "pattern": "^urn:hub:problem:[a-z0-9-]+$"},
        "title": _TEXT,
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": _TEXT,
        "errors": {"type": "object", "description": "Field -> what is wrong with it.", "additionalProperties": True},
    },
    "additionalProperties": False,
}
_HEADERS: Mapping[str, Document] = {
    "ETag": {"description": "Send it back as If-None-Match.", "schema": _TEXT},
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}},
    idempotency.REPLAYED: {"description": "Present on a replayed answer.", "schema": {"const": "true"}},
    "RateLimit-Limit": {"description": "Requests a minute.", "schema": {"type": "integer"}},
    "RateLimit-Remaining": {"description": "What is left of them.", "schema": {"type": "integer"}},
    "RateLimit-Reset": {"description": "Seconds until all are back.", "schema": {"type": "integer"}},
}
_LIMITS = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
_PARAMETERS: Mapping[str, Document] = {
    idempotency.HEADER: {
        "name": idempotency.HEADER,
        "in": "header",
        "description": "Sent again with the same body within 24 hours, the request is answered as before.",
        "schema": {"type": "string", "pattern": "^[\\x21-\\x7e]{1,255}$"},
    },
    "If-None-Match": {
        "name": "If-None-Match",
        "in": "header",
        "description": "The ETag of what you have: 304 when it has not changed.",
        "schema": _TEXT,
    },
}


def described(app: Flask, api: Api) -> Document:
    """Return the OpenAPI 3.1 document of every operation of the API."""
    document: Document = api.spec.to_dict()
    components = document.setdefault("components", {})
    components["securitySchemes"] = {f"{role}_key": _scheme(role) for role in SCOPES}
    theirs = {name: one for name, one in components.get("schemas", {}).items() if name not in _UNUSED}
    components["schemas"] = {"Problem": _PROBLEM_SCHEMA, **mended(theirs)}
    components["responses"] = {KINDS[status]: _problem(status, when) for status, when in _WHEN.items()}
    components["headers"], components["parameters"] = dict(_HEADERS), dict(_PARAMETERS)
    views: dict[str, dict[str, Any]] = {_path(rule.rule): {} for rule in app.url_map.iter_rules()}
    for rule in app.url_map.iter_rules():
        views[_path(rule.rule)] |= {m.lower(): app.view_functions[rule.endpoint] for m in rule.methods or ()}
    for item in document["paths"].values():
        _name_paths(item)
    for path, method, operation in operations(document):
        _complete(operation, method, path, views[path][method])
    return document


def operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    """Yield (path, method, operation) of a document."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method in ("get", "post", "put", "patch", "delete"):
                yield path, method, operation


def _path(rule: str) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule)


def _scheme(role: str) -> Document:
    scopes = ", ".join(f"`{scope}`" for scope in SCOPES[role])
    text = f"An API key of {_WHAT[role]}. Its scopes: {scopes}; a key without scopes has them all."
    return {"type": "http", "scheme": "bearer", "description": text}


def _problem(status: int, when: str) -> Document:
    found: Document = {
        "description": when,
        "content": {_PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if status in (429, 503):
        found["headers"] = {"Retry-After": {"$ref": "#/components/headers/Retry-After"}}
    return found


def _name_paths(item: Document) -> None:
    """Say what each gap in a path takes."""
    for parameter in item.get("parameters", ()):
        parameter["schema"] = _PATHS.get(parameter["name"], {"type": "string", "format": "uuid"})


def _complete(operation: Document, method: str, path: str, view: Any) -> None:
    """Add to an operation what the shell does around every view: who may call, what is said, which headers count."""
    operation["operationId"] = view.__name__
    scope = getattr(view, "scope", None)
    operation["security"] = [
        {f"{role}_key": [scope] if scope else []} for role in SCOPES if role in getattr(view, "allowed", ())
    ]
    body = operation.get("requestBody", {}).get("content", {}).get(_JSON)
    if body is not None:
        operation["requestBody"]["required"] = True
        body["examples"] = BODIES[view.__name__]
    recorded = method == "post" and not getattr(view, "unrecorded", False)
    parameters = operation.setdefault("parameters", [])
    for parameter in parameters:
        parameter["schema"] = mend(in_query(parameter["schema"]))
    if recorded:
        parameters.append({"$ref": f"#/components/parameters/{idempotency.HEADER}"})
    if method == "get":
        parameters.append({"$ref": "#/components/parameters/If-None-Match"})
    if not parameters:
        del operation["parameters"]
    _answers(operation, method, path, recorded=recorded)


def _answers(operation: Document, method: str, path: str, *, recorded: bool) -> None:
    """Write down every status that the operation may answer."""
    kept = {code: answer for code, answer in operation["responses"].items() if str(code).startswith("2")}
    for answer in kept.values():
        names = [*_LIMITS, *(["ETag"] if method == "get" else []), *([idempotency.REPLAYED] if recorded else [])]
        answer["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
    if method == "get":
        kept["304"] = {"description": "It has not changed.", "headers": {"ETag": {"$ref": "#/components/headers/ETag"}}}
    has_body, has_input = "requestBody" in operation, "requestBody" in operation or recorded or method == "get"
    statuses = {401, 403, 429, 500, 503}
    statuses |= {400, 415} if has_body else set()
    statuses |= {413} if method == "post" else set()
    statuses |= {404} if "{" in path else set()
    statuses |= {409} if method == "post" else set()
    statuses |= {422} if has_input else set()
    problems = {str(status): {"$ref": f"#/components/responses/{KINDS[status]}"} for status in sorted(statuses)}
    operation["responses"] = {str(code): answer for code, answer in kept.items()} | problems
