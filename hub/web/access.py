"""Enforce on every request what its view declares: who may call."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Flask, Response, current_app, g, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from hub.group import service as group
from hub.group.service import sessions
from hub.kernel import access, settings
from hub.kernel.db import transaction
from hub.kernel.http import Problem
from hub.web import security

_DOCUMENTED = "api-docs.openapi_json"
_USERS = frozenset(access.USER_ROLES)


class UndeclaredRoute(Exception):
    """A view says nothing about who may call it."""


def install(app: Flask) -> None:
    """Check that every route declares its callers, and enforce it from the first request on."""
    for rule in app.url_map.iter_rules():
        if not _undeclared(rule.endpoint) and not allowed(app, rule.endpoint):
            raise UndeclaredRoute(f"{rule.rule} ({rule.endpoint}) needs @allow(...)")
    app.before_request(_check)
    app.after_request(_headers)


def cookie_name() -> str:
    """Return the name of the cookie that refers to a session; browsers keep a __Host- cookie to this host alone."""
    return "__Host-hub-session" if settings.current().production else "hub_session"


def allowed(app: Flask, endpoint: str) -> frozenset[str]:
    """Return the roles that the view of an endpoint declares, none for one that is not there."""
    found: frozenset[str] = getattr(app.view_functions.get(endpoint), "allowed", frozenset())
    return found


def wants_page() -> bool:
    """Tell whether a person at a browser asks, who should see a page rather than a problem document."""
    return "text/html" in request.headers.get("Accept", "") and not request.path.startswith("/api/")


def _static(endpoint: str) -> bool:
    """Tell whether an endpoint serves the files of the app or of a blueprint."""
    return endpoint == "static" or endpoint.endswith(".static")


def _undeclared(endpoint: str) -> bool:
    """Tell whether Flask or its extensions made an endpoint, which anybody may call."""
    return _static(endpoint) or endpoint == _DOCUMENTED


def _check() -> AnyResponse | None:
    may = allowed(current_app, request.endpoint or "")
    security.check_host(exempt=access.OPERATOR in may)
    if request.endpoint is None or _undeclared(request.endpoint):
        return None
    if access.PUBLIC in may or (access.OPERATOR in may and _operator()):
        return None
    by_key = "Authorization" in request.headers
    found = _by_key() if by_key else _by_cookie() if may & _USERS else None
    if found is None:
        return _stranger(may)
    if found.role not in may and not (access.OPERATOR in may and found.role == access.ADMIN):
        return _refused(found, may)
    lacking = access.missing_scope(current_app.view_functions[request.endpoint], found)
    if lacking is not None:
        raise Problem(403, f"This key lacks the scope '{lacking}'.", kind="scope-missing")
    g.caller = found
    if not by_key:
        security.protect()
    return None


def _stranger(may: frozenset[str]) -> AnyResponse:
    """Lead a person to the login and back; tell a program what to send."""
    if may & _USERS and wants_page() and request.method in security.SAFE:
        target = request.full_path if request.query_string else request.path
        return redirect(f"/login?{urlencode({'next': target})}", 303)
    if may <= _USERS:
        raise Problem(401, "Sign in first.")
    raise Problem(401, "Send a valid API key as 'Authorization: Bearer <key>'.")


def _refused(found: access.Caller, may: frozenset[str]) -> AnyResponse:
    if not found.is_user:
        raise Problem(403, f"This key may not call this: it takes a key for {' or '.join(sorted(may))}.")
    if not wants_page():
        raise Problem(403, "Your role may not do this.")
    g.caller = found  # for the page around the message
    return Response(render_template("console/refused.html"), 403)


def _operator() -> bool:
    """Tell whether the request comes from this machine itself, not through a proxy; outside production anybody may."""
    if not settings.current().production:
        return True
    proxied = any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"))
    return not proxied and request.remote_addr in ("127.0.0.1", "::1")


def _by_key() -> access.Caller | None:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key:
        return None
    with transaction() as session:
        return group.authenticate(session, key.strip())


def _by_cookie() -> access.Caller | None:
    token = request.cookies.get(cookie_name())
    if not token:
        return None
    with transaction() as session:
        found = sessions.find_session(session, token)
    if found is None:
        return None
    g.session_id = found.session_id
    return found.caller


def _headers(response: Response) -> Response:
    if _static(request.endpoint or "") and response.status_code == 200:
        response.headers["Cache-Control"] = "public, max-age=3600"
    return response
