"""The key store: a directory of its own, in no backup, that holds every key by the day it dies.

Files: `day-D.key` wraps the item keys in `day-D.db` of everything that expires on D; `ingest-D.key` is the private half
of the key to which D's arrivals are sealed; `destroyed` remembers for ever which days were destroyed.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from hub.kernel import settings
from privacy.client import files, itemkeys
from privacy.client.itemkeys import ItemName

DAY, INGEST = "day", "ingest"
_KEY_SIZE = 32


class KeystoreError(Exception):
    """The key store cannot be used; the message says what to mend."""


class KeyGone(Exception):
    """The key of a day was destroyed, or never was: what it sealed cannot be read by anybody."""


@dataclass(frozen=True, slots=True)
class KeyStore:
    """Make, find and destroy keys; safe for any number of processes and threads on one directory."""

    directory: Path
    rehearsal: bool = False
    """Whether the clock may go back: then a destruction dated after today counts for nothing but what it destroyed."""

    def check(self) -> None:
        """Raise KeystoreError when the directory cannot be used at all."""
        os.close(self._open_lock())

    def make_item_keys(self, day: date, names: Sequence[ItemName], *, today: date) -> dict[ItemName, bytes]:
        """Return a 32-byte key for each of `names`, made now unless there is one; raise KeyGone for a day that is over.

        A repeated call returns the keys of the first.
        """
        with self._locked(fcntl.LOCK_SH):
            key = self._make(DAY, day, today, may=day > today)
            itemkeys.add(self._database(day), key, day, names)
            return itemkeys.find(self._database(day), key, day, names)

    def item_keys(self, day: date, names: Sequence[ItemName]) -> dict[ItemName, bytes]:
        """Return the keys of `names` that there are; raise KeyGone when the day's key is destroyed."""
        with self._locked(fcntl.LOCK_SH):
            return itemkeys.find(self._database(day), self._read(DAY, day), day, names)

    def make_ingest_key(self, day: date, *, today: date) -> bytes:
        """Return the public half of the ingest key of `day`, made now unless there is one.

        Raises KeyGone for a past day and for one whose key was destroyed.
        """
        with self._locked(fcntl.LOCK_SH):
            private = X25519PrivateKey.from_private_bytes(self._make(INGEST, day, today, may=day >= today))
            return private.public_key().public_bytes_raw()

    def ingest_key(self, day: date) -> X25519PrivateKey:
        """Return the private half of the ingest key of `day`; raise KeyGone when it is destroyed."""
        with self._locked(fcntl.LOCK_SH):
            return X25519PrivateKey.from_private_bytes(self._read(INGEST, day))

    def destroy(self, kind: str, day: date, *, at: datetime) -> bool:
        """Destroy the key of `day` (`DAY` or `INGEST`) for good; return False when nothing was left of it.

        A crash at any point leaves the key unusable or the call to be repeated, never a key that may be made again.
        """
        with self._locked(fcntl.LOCK_EX):
            if (kind, day) not in self._destroyed(at.date()):
                files.append(self.directory / "destroyed", f"{kind} {day} {at.isoformat()}")
            path, doomed = self._key(kind, day), self.directory / f"doomed-{kind}-{day}.key"
            if path.exists():
                os.replace(path, doomed)  # from here on nobody reads it, whatever happens next
            gone = [files.shred(doomed), *(_unlink(rest) for rest in self._rest(kind, day))]
            files.sync_directory(self.directory)
            return any(gone)

    def days(self, kind: str) -> set[date]:
        """Return the days of `kind` of which any file is left."""
        prefixes = (f"{kind}-", f"doomed-{kind}-")
        names = [path.name for path in self.directory.glob(f"*{kind}-*")] if self.directory.exists() else []
        found = [n.removeprefix(p)[:10] for n in names for p in prefixes if n.startswith(p)]
        return {date.fromisoformat(day) for day in found}

    def _make(self, kind: str, day: date, today: date, *, may: bool) -> bytes:
        if not may or (kind, day) in self._destroyed(today):
            raise KeyGone(f"the {kind} key of {day} is over and is never made again")
        if not self._key(kind, day).exists():
            files.write_once(self._key(kind, day), secrets.token_bytes(_KEY_SIZE))
        return self._read(kind, day)

    def _read(self, kind: str, day: date) -> bytes:
        try:
            key = self._key(kind, day).read_bytes()
        except FileNotFoundError:
            raise KeyGone(f"there is no {kind} key of {day}: it was destroyed, or this is another key store") from None
        if len(key) != _KEY_SIZE:
            raise KeystoreError(f"{self._key(kind, day)} is damaged: restore the key store from its replica")
        return key

    def _key(self, kind: str, day: date) -> Path:
        return self.directory / f"{kind}-{day}.key"

    def _database(self, day: date) -> Path:
        return self.directory / f"{DAY}-{day}.db"

    def _rest(self, kind: str, day: date) -> list[Path]:
        """Return what else a day leaves: item keys (worthless without the day's key) and drafts of a crashed write."""
        return [*self.directory.glob(f"{kind}-{day}.db*"), *self.directory.glob(f".{kind}-{day}.key.*")]

    def _destroyed(self, today: date) -> set[tuple[str, date]]:
        path = self.directory / "destroyed"
        lines = path.read_text("ascii").splitlines() if path.exists() else []
        entries = [words for words in map(str.split, lines) if len(words) == 3]
        if self.rehearsal:
            entries = [words for words in entries if date.fromisoformat(words[2][:10]) <= today]
        return {(kind, date.fromisoformat(day)) for kind, day, _ in entries}

    @contextmanager
    def _locked(self, how: int) -> Iterator[None]:
        """Let keys be made and read together, and destroyed alone."""
        handle = self._open_lock()
        try:
            fcntl.flock(handle, how)
            yield
        finally:
            os.close(handle)

    def _open_lock(self) -> int:
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            mode = self.directory.stat().st_mode
            if mode & 0o077:
                raise KeystoreError(f"HUB_KEYSTORE {self.directory} is open to other users: chmod 700 {self.directory}")
            return os.open(self.directory / "lock", os.O_CREAT | os.O_RDWR, 0o600)
        except OSError as error:
            raise KeystoreError(f"HUB_KEYSTORE {self.directory} cannot be used: {error.strerror}") from error


def keystore() -> KeyStore:
    """Return the key store that the settings name."""
    return KeyStore(settings.current().keystore, rehearsal=not settings.current().production)


def _unlink(path: Path) -> bool:
    path.unlink(missing_ok=True)
    return True
