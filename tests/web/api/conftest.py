"""The whole application on data that is there."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from tests.web.api.seeded import Seeded, seed


@pytest.fixture
def seeded(clean: Engine) -> Seeded:
    """Return the application on the seeded sample group."""
    return seed()
