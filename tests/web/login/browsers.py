"""A browser without a screen: it reads the tokens of forms, and sends what a browser sends."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pyotp
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hub.group.service import invitations, sessions, users
from hub.kernel import clock
from hub.kernel.access import GROUP_ADMIN
from hub.kernel.db import transaction
from hub.web import access

PASSWORD = "four plain words together"
PAGE = {"Accept": "text/html", "Accept-Language": "zh-CN"}


class Browser:
    """Walk through pages as a person does."""

    def __init__(self, app: Flask) -> None:
        self.client: FlaskClient = app.test_client()

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.client.get(path, headers=PAGE, **more)

    def post(self, path: str, data: dict[str, str] | None = None, *, page: str | None = None) -> TestResponse:
        """Send a form with the token that `page` (by default the same path) shows."""
        return self.client.post(path, data={**(data or {}), "csrf_token": self.token(page or path)}, headers=PAGE)

    def token(self, page: str) -> str:
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.get(page).text)
        assert found, page
        return found[1]

    @property
    def session(self) -> str | None:
        cookie = self.client.get_cookie(access.cookie_name())
        return cookie.value if cookie else None


def make_user(email: str = "a@example.com", role: str = GROUP_ADMIN, bu: str | None = None, password: str = "") -> UUID:
    """Make a user, with a password if one is given, and return their id."""
    with transaction() as session:
        made = users.create_user(session, None, email=email, role=role, bu=bu)
        token = invitations.invite(session, None, made.id)
        if password:
            invitations.accept_invitation(session, token, password)
        return made.id


def entered(app: Flask, user_id: UUID) -> Browser:
    """Return another browser in which this user is signed in."""
    browser = Browser(app)
    with transaction() as session:
        browser.client.set_cookie(access.cookie_name(), sessions.open_session(session, user_id))
    return browser


def signed_in(app: Flask, role: str = GROUP_ADMIN, bu: str | None = None, email: str = "a@example.com") -> Browser:
    """Return the browser of a new user who is signed in."""
    return entered(app, make_user(email, role, bu))


def code(secret: str) -> str:
    """Return the one-time code of now."""
    return pyotp.TOTP(secret).at(clock.now())
