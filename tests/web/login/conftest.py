"""A console with users to sign in as."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import Engine

from hub.web.app import create_app
from tests.sample import apply_sample


@pytest.fixture
def app(clean: Engine) -> Flask:
    """Return the whole application on the sample group."""
    apply_sample()
    return create_app()
