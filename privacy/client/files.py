"""Small files that hold a key: written whole or not at all, and overwritten before they are removed."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def write_once(path: Path, content: bytes) -> bool:
    """Make `path` (mode 0600) with all of `content` on disk; return False when it was there already."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        os.unlink(draft)
    sync_directory(path.parent)
    return True


def append(path: Path, line: str) -> None:
    """Add `line` to the end of `path` and wait until it is on disk."""
    handle = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "wb") as file:
        # The leading line break keeps a line that a crash cut short from swallowing this one.
        file.write(f"\n{line}\n".encode())
        file.flush()
        os.fsync(file.fileno())
    sync_directory(path.parent)


def shred(path: Path) -> bool:
    """Overwrite `path` and remove it; return False when it was not there.

    Overwriting is best effort (a journaling or copying disk may keep an old block); the caller's promise rests on the
    key store being in no backup and on its disk being encrypted.
    """
    try:
        with path.open("r+b") as file:
            file.write(secrets.token_bytes(max(path.stat().st_size, 1)))
            file.flush()
            os.fsync(file.fileno())
    except FileNotFoundError:
        return False
    path.unlink(missing_ok=True)
    return True


def sync_directory(path: Path) -> None:
    """Wait until the entries of the directory `path` are on disk."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
