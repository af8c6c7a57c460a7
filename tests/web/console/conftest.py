"""The console on the sample group, and browsers without scripts that are signed in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from hub.kernel import settings
from hub.web.access import cookie_name
from hub.web.app import create_app
from tests.web.console import crowd

SignIn = Callable[..., FlaskClient]


class Browser(FlaskClient):
    """Send forms as a page of the hub does: with the token that every page holds."""

    def post(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Send a form."""
        page = self.get("/", follow_redirects=True).text
        token = re.search(r'<meta name="csrf-token" content="([^"]+)"', page)
        assert token is not None
        return super().post(*args, headers={"X-CSRFToken": token[1]}, **kwargs)


@pytest.fixture
def app(clean: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """Yield the application on the demo's group, without anybody in it, with a key store of its own."""
    monkeypatch.setenv("HUB_KEYSTORE", str(tmp_path / "keys"))
    settings.current.cache_clear()
    crowd.found_group()
    made = create_app()
    made.test_client_class = Browser
    yield made
    monkeypatch.undo()
    settings.current.cache_clear()


@pytest.fixture
def sign_in(app: Flask) -> SignIn:
    """Return what makes a browser that a user of some role is signed in at."""

    def enter(role: str, **details: str) -> FlaskClient:
        client = app.test_client()
        client.set_cookie(cookie_name(), crowd.sign_in(role, **details))
        return client

    return enter
