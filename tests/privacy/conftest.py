"""A key store of the test's own, and the vault's daily business in a few words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from hub.kernel import clock, settings
from hub.web.tables import ensure_partitions
from privacy.client.keystore import KeyStore, keystore


@pytest.fixture
def store(clean: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[KeyStore]:
    """Yield the key store that the hub uses during this test; clock, partitions and settings are put back after it."""
    monkeypatch.setenv("HUB_KEYSTORE", str(tmp_path / "keys"))
    settings.current.cache_clear()
    settings.current()
    yield keystore()
    monkeypatch.undo()
    settings.current.cache_clear()
    settings.current()
    clock.set_offset(timedelta(0))
    ensure_partitions()
