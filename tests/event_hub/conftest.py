"""The application on a group with one event."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import Engine

from tests.event_hub.making import make_app, make_event, make_group


@pytest.fixture
def app(clean: Engine) -> Flask:
    """Return the application; the event "day" is there and open."""
    make_group()
    make_event()
    return make_app()
