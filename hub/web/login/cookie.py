"""The cookie that refers to a session, and the page that a person lands on."""

from __future__ import annotations

from uuid import UUID

from flask import redirect, request, session
from werkzeug.wrappers import Response

from hub.group.service import logins, sessions
from hub.kernel import settings
from hub.kernel.db import transaction
from hub.web.access import cookie_name
from hub.web.login.landing import safe
from hub.web.nav import first_page


def token() -> str | None:
    """Return the reference in the request's cookie."""
    return request.cookies.get(cookie_name())


def put(response: Response, reference: str) -> Response:
    """Let the browser keep a session's reference until it is closed."""
    response.set_cookie(
        cookie_name(), reference, secure=settings.current().production, httponly=True, samesite="Lax", path="/"
    )
    return response


def drop(response: Response) -> Response:
    """Let the browser forget the session."""
    response.delete_cookie(cookie_name(), secure=settings.current().production, httponly=True, samesite="Lax", path="/")
    return response


def enter(user_id: UUID, how: str, *, target: str | None = None) -> Response:
    """Sign a user in under a new reference, end the one the browser had, and lead on to `target`."""
    had = token()
    with transaction() as database:
        if had:
            sessions.revoke(database, had)
        reference = sessions.open_session(database, user_id)
        role = logins.signed_in(database, user_id, how)
    session.clear()  # the proof of forms made before the login is worth nothing after it
    return put(redirect(safe(target) or first_page(role), 303), reference)
