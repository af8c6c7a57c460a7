"""Enforce on every request what its view declares: who may call, and what headers go with the answer."""

from __future__ import annotations

from flask import Flask, Response, current_app, g, request

from hub.group import service as group
from hub.kernel import access, settings
from hub.kernel.db import transaction
from hub.kernel.http import Problem

_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
HEADERS = {
    "Content-Security-Policy": _POLICY + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_DOCUMENTED = "api-docs.openapi_json"


class UndeclaredRoute(Exception):
    """A view says nothing about who may call it."""


def install(app: Flask) -> None:
    """Check that every route declares its callers, and enforce it from the first request on."""
    for rule in app.url_map.iter_rules():
        if not _undeclared(rule.endpoint) and not _allowed(app, rule.endpoint):
            raise UndeclaredRoute(f"{rule.rule} ({rule.endpoint}) needs @allow(...)")
    app.before_request(_check)
    app.after_request(_headers)


def _static(endpoint: str) -> bool:
    """Tell whether an endpoint serves the files of the app or of a blueprint."""
    return endpoint == "static" or endpoint.endswith(".static")


def _undeclared(endpoint: str) -> bool:
    """Tell whether Flask or its extensions made an endpoint, which anybody may call."""
    return _static(endpoint) or endpoint == _DOCUMENTED


def _allowed(app: Flask, endpoint: str) -> frozenset[str]:
    found: frozenset[str] = getattr(app.view_functions[endpoint], "allowed", frozenset())
    return found


def _check() -> None:
    if request.endpoint is None or _undeclared(request.endpoint):
        return
    allowed = _allowed(current_app, request.endpoint)
    if access.PUBLIC in allowed or (access.OPERATOR in allowed and _operator()):
        return
    found = _caller()
    if found is None:
        raise Problem(401, "Send a valid API key as 'Authorization: Bearer <key>'.")
    if found.role not in allowed and not (access.OPERATOR in allowed and found.role == access.ADMIN):
        raise Problem(403, f"This key may not call this: it takes a key for {' or '.join(sorted(allowed))}.")
    lacking = access.missing_scope(current_app.view_functions[request.endpoint], found)
    if lacking is not None:
        raise Problem(403, f"This key lacks the scope '{lacking}'.", kind="scope-missing")
    g.caller = found


def _operator() -> bool:
    """Tell whether the request comes from this machine itself, not through a proxy; outside production anybody may."""
    if not settings.current().production:
        return True
    proxied = any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"))
    return not proxied and request.remote_addr in ("127.0.0.1", "::1")


def _caller() -> access.Caller | None:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key:
        return None
    with transaction() as session:
        return group.authenticate(session, key.strip())


def _headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if _static(request.endpoint or "") and response.status_code == 200:
        response.headers["Cache-Control"] = "public, max-age=3600"
    return response
