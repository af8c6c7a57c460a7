"""The world of the walls, with both walls up, or one alone."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from hub.kernel import scoped, walls
from hub.web import access
from tests.walls.world import World, build


@pytest.fixture
def world(clean: Engine, monkeypatch: pytest.MonkeyPatch) -> World:
    """Return two business units with leads; nobody stands at the machine itself, as in production."""
    monkeypatch.setattr(access, "_operator", lambda: False)
    return build()


@pytest.fixture
def standing(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, world: World) -> str:
    """Let only the walls stand that the test is parametrized with: "both", "rows" (RLS), "queries", or "none"."""
    which: str = request.param
    if which in ("rows", "none"):
        monkeypatch.setattr(scoped, "_conditions", lambda _bound, _bu_id: [])
    if which in ("queries", "none"):
        monkeypatch.setattr(walls, "enter", lambda _session, _bu_id=None: None)
    return which
