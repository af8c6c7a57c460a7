"""Put the shell around the API's views, in the order in which a request passes it."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from flask import Flask, request
from flask_smorest import Api
from werkzeug.exceptions import NotFound

from hub.kernel.http import Problem
from hub.web.api import conditional, docs, idempotency, limits


def install(app: Flask, api: Api) -> None:
    """Install it all, once every view is known and the check of who calls is in place."""
    conditional.install(app)
    app.before_request(_refuse_unstorable)
    limits.install(app)
    idempotency.install(app)
    docs.install(app, api)


def _refuse_unstorable() -> None:
    """Turn away a NUL or broken UTF-8 in an address, which no database takes: it names nothing."""
    if not request.path.startswith("/api/v1/"):
        return
    if "\0" in request.path or "\ufffd" in request.path:
        raise NotFound
    query = unquote_to_bytes(request.query_string.replace(b"+", b" "))
    try:
        broken = "\0" in query.decode("utf-8")
    except UnicodeDecodeError:
        broken = True
    if broken:
        message = "The query holds characters that cannot be stored."
        raise Problem(422, message, {"query": [message]})
