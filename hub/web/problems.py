"""Answer every error as an RFC 9457 problem: what is wrong, where, and never a traceback."""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, json
from sqlalchemy.exc import OperationalError, TimeoutError
from werkzeug.exceptions import HTTPException

from hub.kernel.http import Problem
from hub.kernel.logs import log
from hub.web.api.languages import CHINESE_TAG, language, say, say_all
from hub.web.api.messages import DETAILS, TITLES

FIELDS_WRONG = "Some fields are wrong: see 'errors'."

_LIBRARY = sysconfig.get_path("stdlib")


KINDS: Mapping[int, str] = {
    400: "malformed",
    401: "unauthenticated",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    409: "conflict",
    413: "too-large",
    415: "not-json",
    422: "invalid",
    429: "too-many-requests",
    500: "internal",
    503: "unavailable",
}
"""Status -> how its type URI ends, unless a problem says more."""
_RETRY_AFTER = {503: 2}


def install(app: Flask) -> None:
    """Register the handlers."""
    app.register_error_handler(Problem, _problem)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OperationalError, _unavailable)
    app.register_error_handler(TimeoutError, _unavailable)
    app.register_error_handler(Exception, _unexpected)


def answer(status: int, detail: str, errors: Any = None, *, kind: str = "", retry_after: int | None = None) -> Response:
    """Return a problem document in the caller's language; `errors` maps fields to what is wrong with them."""
    title = TITLES.get(status, (HTTPStatus(status).phrase,) * 2)
    body: dict[str, Any] = {
        "type": f"urn:hub:problem:{kind or KINDS.get(status, status)}",
        "title": title[language() == CHINESE_TAG],
        "status": status,
        "detail": say(detail),
    }
    if errors:
        body["errors"] = say_all(errors)
    response = Response(json.dumps(body), status=status, mimetype="application/problem+json")
    response.headers["Content-Language"] = language()
    response.vary.add("Accept-Language")
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    wait = retry_after or _RETRY_AFTER.get(status)
    if wait is not None:
        response.headers["Retry-After"] = str(wait)
    return response


def _problem(error: Problem) -> Response:
    return answer(error.status, error.detail, error.errors, kind=error.kind, retry_after=error.retry_after)


def _http(error: HTTPException) -> Response:
    """Answer werkzeug's and webargs' errors; validation messages name fields, never the values sent."""
    status = error.code or 500
    if status < 400:
        return error.get_response()  # type: ignore[return-value]
    messages = getattr(error, "data", {}).get("messages") if isinstance(getattr(error, "data", None), dict) else None
    errors = None
    if isinstance(messages, dict):
        errors = messages.get("json") or messages.get("query") or messages
    detail = FIELDS_WRONG if errors else DETAILS.get(status) or str(error.description or HTTPStatus(status).phrase)
    response = answer(status, detail, errors)
    if "Allow" in error.get_response().headers:
        response.headers["Allow"] = error.get_response().headers["Allow"]
    return response


def _unavailable(error: Exception) -> Response:
    log.error("database_unavailable", error=type(error).__name__)
    return answer(503, "The database does not answer: try again in a moment.")


def _unexpected(error: Exception) -> Response:
    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    log.error("unexpected_error", error=type(error).__name__, path=_where(error), sqlstate=state)
    return answer(500, DETAILS[500])


def _where(error: Exception) -> str:
    """Return file and line of our innermost frame: enough to find it, without any value."""
    where, frame = "", error.__traceback__
    while frame is not None:
        path = frame.tb_frame.f_code.co_filename
        if not path.startswith((_LIBRARY, sys.prefix, "<")):
            where = f"{'/'.join(path.rsplit('/', 3)[1:])}:{frame.tb_lineno}"
        frame = frame.tb_next
    return where
