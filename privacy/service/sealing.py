"""Seal at the edge: whoever holds only the public half of a day's ingest key can write, and never read back.

HPKE (RFC 9180), base mode: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import date, timedelta

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from hub.kernel import clock, settings
from privacy.client.keystore import KeystoreError, keystore
from privacy.models import IngestKey
from privacy.rules.binding import sealing_info

_CACHE_SECONDS = 10.0  # a rehearsal may replace today's key under a running process
_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


class NoIngestKey(Exception):
    """This process knows no public key to seal with, and must not write what it cannot seal."""


class SealedUnreadable(Exception):
    """A sealed blob does not open: it was altered, or belongs to another row or another key store."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """Hold sealed bytes and the day whose ingest key opens them."""

    epoch: date
    blob: bytes = field(repr=False)


class Sealer:
    """Seal with today's public ingest key, read again every few seconds."""

    def __init__(self) -> None:
        """Start with nothing cached."""
        self._public: dict[tuple[str, str, date], tuple[float, X25519PublicKey]] = {}

    def seal(self, session: Session, clear: bytes, *, context: str) -> Sealed:
        """Return `clear` sealed and bound to `context`; make today's key when there is none yet."""
        epoch = clock.now().date()
        blob = _SUITE.encrypt(clear, self._today(session, epoch), info=sealing_info(epoch, context))
        return Sealed(epoch, blob)

    def seal_offline(self, clear: bytes, *, context: str) -> Sealed:
        """Return `clear` sealed by the newest key this process has read, whatever the database does meanwhile."""
        found = [(place[2], public) for place, (_, public) in self._public.items() if place[1] == _here()[1]]
        if not found:
            raise NoIngestKey("this process has read no public ingest key yet")
        epoch, public = found[0]
        return Sealed(epoch, _SUITE.encrypt(clear, public, info=sealing_info(epoch, context)))

    def read(self, session: Session) -> None:
        """Read today's public key, so that `seal_offline` has it."""
        self._today(session, clock.now().date())

    def _today(self, session: Session, epoch: date) -> X25519PublicKey:
        place = (*_here(), epoch)
        read_at, public = self._public.get(place, (0.0, None))
        if public is None or time.monotonic() - read_at > _CACHE_SECONDS:
            public = X25519PublicKey.from_public_bytes(_publish(session, epoch))
            self._public = {place: (time.monotonic(), public)}
        return public


def _here() -> tuple[str, str]:
    current = settings.current()
    return current.database_url, str(current.keystore)


_sealer = Sealer()


def seal_text(session: Session, clear: bytes, *, context: str) -> Sealed:
    """Return `clear` sealed for `context`, such as "callback"; only `open_sealed` with the same context opens it."""
    return _sealer.seal(session, clear, context=context)


def read_ingest_key(session: Session) -> None:
    """Read today's public ingest key, which `seal_offline` seals with from now on; make it when there is none yet."""
    _sealer.read(session)


def seal_offline(clear: bytes, *, context: str) -> Sealed:
    """Return `clear` sealed without asking the database; raise NoIngestKey where `read_ingest_key` was never called.

    Its key may be yesterday's for the first seconds of a day: private halves outlive their day by far.
    """
    return _sealer.seal_offline(clear, context=context)


def open_sealed(epoch: date, blob: bytes, context: str) -> bytes:
    """Return what was sealed; for jobs, which may read the key store.

    Raises KeyGone when the day's private key is destroyed, SealedUnreadable when the blob or its context is another.
    """
    private = keystore().ingest_key(epoch)
    try:
        return _SUITE.decrypt(blob, private, info=sealing_info(epoch, context))
    except InvalidTag as error:
        raise SealedUnreadable(f"something sealed on {epoch} does not open: altered, or of another place") from error


def ensure_keys(session: Session) -> None:
    """Publish the ingest keys of today and tomorrow, made now where missing.

    Raises KeystoreError when a published key has no private half here: what is sealed to it could never be opened.
    """
    today = clock.now().date()
    for day in (today, today + timedelta(days=1)):
        if _publish(session, day) != keystore().make_ingest_key(day, today=today):
            raise KeystoreError(
                f"HUB_KEYSTORE {keystore().directory} does not hold the ingest key published for {day}:"
                " is it the key store that belongs to this database?"
            )


def _publish(session: Session, day: date) -> bytes:
    public = _published(session, day)
    if public is not None:
        return public
    made = keystore().make_ingest_key(day, today=clock.now().date())
    session.execute(insert(IngestKey).values(day=day, public=made).on_conflict_do_nothing())
    return _published(session, day) or made


def _published(session: Session, day: date) -> bytes | None:
    return session.scalar(select(IngestKey.public).where(IngestKey.day == day))
