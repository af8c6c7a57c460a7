"""The item keys of one expiry day: a small SQLite file, each key wrapped by the key of the day."""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from privacy.rules.binding import item_key_aad

ItemName = tuple[UUID, str]
"""(collection id, field)."""
_CHUNK = 400  # two parameters each, under the oldest SQLite's limit of 999
_NONCE = 12
_TABLE = (
    "CREATE TABLE IF NOT EXISTS item_key (collection TEXT NOT NULL, field TEXT NOT NULL, wrapped BLOB NOT NULL,"
    " PRIMARY KEY (collection, field)) WITHOUT ROWID"
)


def add(path: Path, day_key: bytes, day: date, names: Sequence[ItemName]) -> None:
    """Make a random key for each of `names` that has none yet; those that have one keep it."""
    wrapper = AESGCM(day_key)
    rows = [(str(c), field, _wrap(wrapper, item_key_aad(c, field, day))) for c, field in names]
    with _open(path) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(_TABLE)
        connection.executemany("INSERT OR IGNORE INTO item_key VALUES (?, ?, ?)", rows)
        connection.execute("COMMIT")


def find(path: Path, day_key: bytes, day: date, names: Sequence[ItemName]) -> dict[ItemName, bytes]:
    """Return the keys of `names` that there are; raise InvalidTag when `day_key` is not the one that wrapped them."""
    if not path.exists():
        return {}
    wrapper = AESGCM(day_key)
    found: dict[ItemName, bytes] = {}
    with _open(path) as connection:
        for start in range(0, len(names), _CHUNK):
            for collection, field, wrapped in _select(connection, names[start : start + _CHUNK]):
                aad = item_key_aad(UUID(collection), field, day)
                found[(UUID(collection), field)] = wrapper.decrypt(wrapped[:_NONCE], wrapped[_NONCE:], aad)
    return found


def _wrap(wrapper: AESGCM, aad: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE)
    return nonce + wrapper.encrypt(nonce, secrets.token_bytes(32), aad)


def _select(connection: sqlite3.Connection, names: Sequence[ItemName]) -> list[tuple[str, str, bytes]]:
    if connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'item_key'").fetchone() == (0,):
        return []  # a crash came between making the file and its table
    marks = ", ".join("(?, ?)" for _ in names)
    values = [value for collection, field in names for value in (str(collection), field)]
    query = f"SELECT collection, field, wrapped FROM item_key WHERE (collection, field) IN (VALUES {marks})"  # noqa: S608 - only question marks
    return connection.execute(query, values).fetchall()


@contextmanager
def _open(path: Path) -> Iterator[sqlite3.Connection]:
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # SQLite would make it readable by others
    with closing(sqlite3.connect(path, timeout=10, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")
        yield connection
