"""The vault's work behind the scenes: vault what is sealed, purge what is over."""

from __future__ import annotations

from datetime import date, datetime

from psycopg.errors import LockNotAvailable
from sqlalchemy.exc import OperationalError

from hub.kernel import clock, outbox, partitions, work
from hub.kernel.db import transaction, vault_transaction
from hub.kernel.logs import log
from privacy.client.keystore import keystore
from privacy.models import Collection
from privacy.service import purging
from privacy.service.purging import PurgeReport
from privacy.service.sealing import ensure_keys
from privacy.service.vaulting import vault_collections

_TRIES = 3


def drain_collections(lane: int) -> int:
    """Vault one batch of a lane's sealed collections; return how many rows were settled.

    Raises KeystoreError before any row is touched when the key store is away, so that no row is blamed for it.
    """
    keystore().check()
    with transaction() as session:
        return work.drain(session, Collection, lane, vault_collections)


def purge_due() -> PurgeReport:
    """Purge everything that is over now, and make the ingest keys of today and tomorrow; for every hour."""
    report = purge(clock.now())
    with transaction() as session:
        ensure_keys(session)
    return report


def purge(now: datetime) -> PurgeReport:
    """Destroy the keys of every expiry day up to `now`, drop its rows, mark its collections; then old ingest keys.

    May be killed at any point and run again, also twice at once.
    """
    today = now.date()
    with vault_transaction() as vault:
        over = purging.days_over(vault, today)
    destroyed = purging.destroy_keys(over, now)
    with transaction() as session:
        purging.record_destroyed(session, "vault", over, now)
    waiting = [day for day in over if not _drop(day)]
    collections, items = _mark(now)
    with transaction() as session:
        purging.record_dropped(session, waiting, now)
    ingest_days = _destroy_ingest(now)
    days = sum(day in destroyed or day not in waiting for day in over)
    report = PurgeReport(days, items, collections, ingest_days, len(waiting))
    _tell(report)
    return report


def _drop(day: date) -> bool:
    for _ in range(_TRIES):
        try:
            with vault_transaction() as vault:
                purging.drop_partition(vault, day)
        except OperationalError as error:
            if not isinstance(error.orig, LockNotAvailable):
                raise
            continue  # somebody reads the table; its key is gone already, so dropping may wait
        return True
    return False


def _mark(now: datetime) -> tuple[int, int]:
    with transaction() as session:
        partitions.ensure(session, outbox.PARTITIONS, now.date())
    collections, items = 0, 0
    while True:
        with transaction() as session:
            n, fields = purging.mark_purged(session, now)
        if n == 0:
            return collections, items
        collections, items = collections + n, items + fields


def _destroy_ingest(now: datetime) -> int:
    with transaction() as session:
        days = purging.ingest_days_over(session, now.date())
    for day in days:
        with transaction() as session:
            purging.destroy_ingest(session, day, now)
    return len(days)


def _tell(report: PurgeReport) -> None:
    if report.days or report.collections or report.ingest_days:
        log.info("purged", count=report.collections, rows=report.items)
    if report.unusual:
        log.warning("purged_many_days", count=report.days)
    if report.waiting:
        log.warning("purge_waits", count=report.waiting)
