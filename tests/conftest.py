"""The suite's fixtures live in `tests/fixtures.py`."""

from hypothesis import settings

pytest_plugins = ["tests.fixtures"]

settings.register_profile("hub", deadline=None)  # a busy machine is slow, not wrong
settings.load_profile("hub")
