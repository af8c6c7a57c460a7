"""Answer every error as an RFC 9457 problem: what is wrong, where, and never a traceback."""

from __future__ import annotations

import sys
import sysconfig
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, json
from sqlalchemy.exc import OperationalError, TimeoutError
from werkzeug.exceptions import HTTPException

from hub.kernel.http import Problem
from hub.kernel.logs import log

_LIBRARY = sysconfig.get_path("stdlib")


def install(app: Flask) -> None:
    """Register the handlers."""
    app.register_error_handler(Problem, _problem)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OperationalError, _unavailable)
    app.register_error_handler(TimeoutError, _unavailable)
    app.register_error_handler(Exception, _unexpected)


def answer(status: int, detail: str, errors: Any = None) -> Response:
    """Return a problem document; `errors` maps fields to what is wrong with them."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    if errors:
        body["errors"] = errors
    response = Response(json.dumps(body), status=status, mimetype="application/problem+json")
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = "2"
    return response


def _problem(error: Problem) -> Response:
    return answer(error.status, error.detail, error.errors)


def _http(error: HTTPException) -> Response:
    """Answer werkzeug's and webargs' errors; validation messages name fields, never the values sent."""
    status = error.code or 500
    if error.response is not None and status < 400:
        return error.get_response()  # type: ignore[return-value]
    messages = getattr(error, "data", {}).get("messages") if isinstance(getattr(error, "data", None), dict) else None
    errors = None
    if isinstance(messages, dict):
        errors = messages.get("json") or messages.get("query") or messages
    detail = "Some fields are wrong: see 'errors'." if errors else str(error.description or HTTPStatus(status).phrase)
    response = answer(status, detail, errors)
    if "Allow" in error.get_response().headers:
        response.headers["Allow"] = error.get_response().headers["Allow"]
    return response


def _unavailable(error: Exception) -> Response:
    log.error("database_unavailable", error=type(error).__name__)
    return answer(503, "The database does not answer: try again in a moment.")


def _unexpected(error: Exception) -> Response:
    if isinstance(error, RecursionError) and "/json/" in _where(error):
        return answer(400, "The body is nested too deeply.")
    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    log.error("unexpected_error", error=type(error).__name__, path=_where(error), sqlstate=state)
    return answer(500, "Something went wrong on our side. It was logged; nothing was changed.")


def _where(error: Exception) -> str:
    """Return file and line of our innermost frame: enough to find it, without any value."""
    where, frame = "", error.__traceback__
    while frame is not None:
        path = frame.tb_frame.f_code.co_filename
        if not path.startswith((_LIBRARY, sys.prefix, "<")):
            where = f"{'/'.join(path.rsplit('/', 3)[1:])}:{frame.tb_lineno}"
        frame = frame.tb_next
    return where
