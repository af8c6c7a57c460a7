"""The visitor cookie: a random id of our own making, signed, so that nobody can name another visitor's."""

from __future__ import annotations

import secrets
from datetime import timedelta

from flask import current_app, request
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.wrappers import Response

from hub.kernel import settings

LIFE = timedelta(days=365)


def read() -> str | None:
    """Return the id in the request's visitor cookie, None without one that we signed."""
    try:
        value = _signer().loads(request.cookies.get(_name(), ""))
    except BadSignature:
        return None
    return value if isinstance(value, str) else None


def fresh() -> str:
    """Return a new visitor id."""
    return secrets.token_urlsafe(16)


def write(response: Response, visitor: str) -> None:
    """Set the visitor cookie for a year."""
    response.set_cookie(
        _name(),
        _signer().dumps(visitor),
        max_age=LIFE,
        secure=settings.current().production,
        httponly=True,
        samesite="Lax",
    )


def _name() -> str:
    return "__Host-visitor" if settings.current().production else "visitor"


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.secret_key), salt="event-visitor")
