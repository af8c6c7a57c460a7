"""The API described: for machines as OpenAPI, for people as a page without scripts or anything from elsewhere."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from flask import Blueprint, Flask, Response, current_app, render_template, request
from flask_smorest import Api

from hub.kernel import settings
from hub.kernel.access import PUBLIC, SCOPES, allow
from hub.web.api.languages import CHINESE_TAG, ENGLISH_TAG, language
from hub.web.api.messages import SUMMARIES
from hub.web.api.openapi import Document, described, operations

blp = Blueprint("api", __name__, url_prefix="/api/v1")
_KEPT = "hub-openapi"


def install(app: Flask, api: Api) -> None:
    """Describe the API, once all its views are known."""
    app.extensions[_KEPT] = described(app, api)


def document() -> Document:
    """Return the description of this application's API."""
    found: Document = current_app.extensions[_KEPT]
    return found


@blp.get("/openapi.json")
@allow(PUBLIC)
def openapi_json() -> Response:
    """Return the OpenAPI 3.1 document."""
    return Response(json.dumps(document(), ensure_ascii=False, indent=1), mimetype="application/json")


@blp.get("/docs")
@allow(PUBLIC)
def docs() -> Response:
    """Show the API to people, in the language they read (`?lang=zh-CN` or `?lang=en`)."""
    asked = request.args.get("lang")
    tag = asked if asked in (CHINESE_TAG, ENGLISH_TAG) else language()
    page = render_template(
        "api/docs.html",
        zh=tag == CHINESE_TAG,
        tag=tag,
        document=document(),
        operations=[_shown(*found, zh=tag == CHINESE_TAG) for found in operations(document())],
        scopes=SCOPES,
        base_url=settings.current().base_url,
        write=_write,
    )
    return Response(page, mimetype="text/html", headers={"Content-Language": tag, "Vary": "Accept-Language"})


def _shown(path: str, method: str, operation: Document, *, zh: bool) -> dict[str, Any]:
    """Return one operation as the page shows it."""
    components = document()["components"]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    answers = {code: _resolved(answer, components) for code, answer in operation["responses"].items()}
    shown: Document = next(iter(body.get("examples", {}).values()), {})
    return {
        "id": operation["operationId"],
        "path": path,
        "method": method.upper(),
        "summary": SUMMARIES.get(operation["operationId"]) if zh else operation["summary"],
        "security": [
            (name.removesuffix("_key"), needed) for one in operation["security"] for name, needed in one.items()
        ],
        "parameters": [_resolved(parameter, components) for parameter in operation.get("parameters", [])],
        "schema": _flat(body.get("schema")),
        "answers": {code: (answer["description"], _flat(_schema(answer))) for code, answer in answers.items()},
        "curl": _curl(path, method, shown.get("value")),
    }


def _resolved(part: Document, components: Document) -> Document:
    reference = part.get("$ref")
    if reference is None:
        return part
    kind, name = reference.split("/")[-2:]
    found: Document = components[kind][name]
    return found


def _schema(answer: Document) -> Document | None:
    return next((content.get("schema") for content in answer.get("content", {}).values()), None)


def _flat(schema: Document | None) -> str | None:
    """Return the name of the schema that an operation refers to."""
    return None if schema is None else str(schema.get("$ref", "")).rsplit("/", 1)[-1] or None


def _curl(path: str, method: str, example: Any) -> str:
    lines = [f"curl -X {method.upper()} {settings.current().base_url}{path}", "  -H 'Authorization: Bearer $HUB_KEY'"]
    if method == "post":
        lines.append('  -H "Idempotency-Key: $(uuidgen)"')
    if example is not None:
        lines += ["  -H 'Content-Type: application/json'", f"  -d '{json.dumps(example, ensure_ascii=False)}'"]
    return " \\\n".join(lines).replace("'Authorization: Bearer $HUB_KEY'", '"Authorization: Bearer $HUB_KEY"')


@lru_cache(maxsize=256)
def _written(text: str) -> str:
    return json.dumps(json.loads(text), ensure_ascii=False, indent=2)


def _write(value: Any) -> str:
    """Return a schema as the page prints it."""
    return _written(json.dumps(value))
