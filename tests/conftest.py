"""The suite's fixtures live in `tests/fixtures.py`."""

from pathlib import Path

import pytest
from hypothesis import settings

pytest_plugins = ["tests.fixtures"]

settings.register_profile("hub", deadline=None)  # a busy machine is slow, not wrong
settings.load_profile("hub")

HERE = Path(__file__).parent
LONG = ("walls/test_matrix.py", "faults", "residue", "browser")
"""Where the long tests are: they come first, so that no process is left alone with one at the end."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Bring the long tests forward, after the order was drawn by lot, which is kept otherwise."""
    items.sort(key=lambda item: not _long(item.path))


def _long(path: Path) -> bool:
    return any((HERE / place == path) or (HERE / place in path.parents) for place in LONG)
