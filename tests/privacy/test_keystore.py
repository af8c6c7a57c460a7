"""The key store: many at once, destroyed for ever, whole after any crash."""

from __future__ import annotations

import multiprocessing
import os
import stat
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.exceptions import InvalidTag

from privacy.client import files
from privacy.client.keystore import DAY, INGEST, KeyGone, KeyStore, KeystoreError

TODAY = date(2026, 1, 10)
EXPIRY = TODAY + timedelta(days=28)
NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)
THEN = NOW + timedelta(days=28)
NAMES = [(UUID(int=n), field) for n in range(300) for field in ("name", "mobile")]


@pytest.fixture
def keys(tmp_path: Path) -> KeyStore:
    return KeyStore(tmp_path / "deep" / "keys")


def _make(directory: Path) -> tuple[bytes, list[bytes]]:
    store = KeyStore(directory)
    public = store.make_ingest_key(TODAY, today=TODAY)
    return public, list(store.make_item_keys(EXPIRY, NAMES, today=TODAY).values())


def test_processes_at_once_get_the_same_keys(keys: KeyStore) -> None:
    with ProcessPoolExecutor(4, mp_context=multiprocessing.get_context("spawn")) as pool:
        made = list(pool.map(_make, [keys.directory] * 8))
    assert all(one == made[0] for one in made)
    assert len(set(made[0][1])) == len(NAMES)


def test_threads_at_once_get_the_same_keys(keys: KeyStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(_make, [keys.directory] * 16))
    assert all(one == made[0] for one in made)


def test_a_repeated_making_keeps_the_first_keys(keys: KeyStore) -> None:
    first = keys.make_item_keys(EXPIRY, NAMES[:3], today=TODAY)
    again = keys.make_item_keys(EXPIRY, NAMES, today=TODAY)
    assert {name: again[name] for name in first} == first
    assert keys.item_keys(EXPIRY, NAMES) == again
    assert all(len(key) == 32 for key in again.values())


def test_nobody_else_can_read_the_directory_or_its_files(keys: KeyStore) -> None:
    before = os.umask(0)
    try:
        _make(keys.directory)
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in keys.directory.iterdir()}
    assert stat.S_IMODE(keys.directory.stat().st_mode) == 0o700
    assert set(modes.values()) == {0o600}


def test_a_directory_open_to_others_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with pytest.raises(KeystoreError, match="chmod 700"):
        KeyStore(tmp_path).check()


def test_a_file_in_place_of_the_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("")
    with pytest.raises(KeystoreError, match="cannot be used"):
        KeyStore(tmp_path / "keys").check()


def test_a_destroyed_day_leaves_no_file_and_is_never_made_again(keys: KeyStore) -> None:
    keys.make_item_keys(EXPIRY, NAMES, today=TODAY)
    keys.make_ingest_key(TODAY, today=TODAY)
    assert keys.destroy(DAY, EXPIRY, at=NOW)
    assert keys.destroy(INGEST, TODAY, at=NOW)
    assert keys.days(DAY) == keys.days(INGEST) == set()
    assert {path.name for path in keys.directory.iterdir()} == {"destroyed", "lock"}
    with pytest.raises(KeyGone):
        keys.item_keys(EXPIRY, NAMES)
    with pytest.raises(KeyGone):
        keys.ingest_key(TODAY)
    with pytest.raises(KeyGone):
        keys.make_item_keys(EXPIRY, NAMES, today=TODAY)
    with pytest.raises(KeyGone):
        keys.make_ingest_key(TODAY, today=TODAY)
    assert not keys.destroy(DAY, EXPIRY, at=NOW)


def test_a_key_for_a_day_that_is_over_is_refused(keys: KeyStore) -> None:
    with pytest.raises(KeyGone):
        keys.make_item_keys(TODAY, NAMES, today=TODAY)
    with pytest.raises(KeyGone):
        keys.make_ingest_key(TODAY - timedelta(days=1), today=TODAY)


def test_a_rehearsal_in_the_future_does_not_spoil_today(keys: KeyStore) -> None:
    first = _make(keys.directory)
    keys.destroy(DAY, EXPIRY, at=THEN)
    rehearsing = KeyStore(keys.directory, rehearsal=True)
    made = rehearsing.make_item_keys(EXPIRY, NAMES, today=TODAY)
    assert not set(made.values()) & set(first[1])
    with pytest.raises(KeyGone):
        rehearsing.make_item_keys(EXPIRY, NAMES, today=EXPIRY)
    rehearsing.destroy(DAY, EXPIRY, at=NOW)
    with pytest.raises(KeyGone):
        rehearsing.make_item_keys(EXPIRY, NAMES, today=TODAY)


@pytest.mark.parametrize("step", ["append", "shred", "sync_directory"])
@pytest.mark.parametrize("done", [False, True])
def test_a_crash_while_destroying_is_finished_by_the_next_call(
    keys: KeyStore, monkeypatch: pytest.MonkeyPatch, step: str, done: bool
) -> None:
    keys.make_item_keys(EXPIRY, NAMES, today=TODAY)
    real = getattr(files, step)

    def crash(*arguments: object) -> None:
        if done:
            real(*arguments)
        raise SystemError("killed here")

    monkeypatch.setattr(files, step, crash)
    with pytest.raises(SystemError):
        keys.destroy(DAY, EXPIRY, at=NOW)
    monkeypatch.undo()
    if step == "shred":  # the others are reached before the key is set aside
        with pytest.raises(KeyGone):
            keys.item_keys(EXPIRY, NAMES)
    keys.destroy(DAY, EXPIRY, at=NOW)
    assert keys.days(DAY) == set()
    with pytest.raises(KeyGone):
        keys.make_item_keys(EXPIRY, NAMES, today=TODAY)


def test_a_torn_line_does_not_hide_the_next_destruction(keys: KeyStore) -> None:
    keys.make_item_keys(EXPIRY, NAMES[:1], today=TODAY)
    (keys.directory / "destroyed").write_text("\nday 2026-0")
    keys.destroy(DAY, EXPIRY, at=NOW)
    with pytest.raises(KeyGone):
        keys.make_item_keys(EXPIRY, NAMES[:1], today=TODAY)


def test_a_draft_left_by_a_crash_is_swept(keys: KeyStore) -> None:
    keys.make_ingest_key(TODAY, today=TODAY)
    (keys.directory / f".ingest-{TODAY}.key.0123").write_bytes(b"x" * 32)
    keys.destroy(INGEST, TODAY, at=NOW)
    assert {path.name for path in keys.directory.iterdir()} == {"destroyed", "lock"}


def test_a_damaged_key_is_named(keys: KeyStore) -> None:
    keys.make_ingest_key(TODAY, today=TODAY)
    (keys.directory / f"ingest-{TODAY}.key").write_bytes(b"short")
    with pytest.raises(KeystoreError, match="damaged"):
        keys.ingest_key(TODAY)


def test_the_key_of_a_day_alone_opens_its_item_keys(keys: KeyStore) -> None:
    made = keys.make_item_keys(EXPIRY, NAMES[:1], today=TODAY)
    assert made[NAMES[0]] not in (keys.directory / f"day-{EXPIRY}.db").read_bytes()
    (keys.directory / f"day-{EXPIRY}.key").write_bytes(b"y" * 32)
    with pytest.raises(InvalidTag):
        keys.item_keys(EXPIRY, NAMES[:1])
