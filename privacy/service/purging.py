"""The steps of the purge: keys first, rows second, so that a crash leaves unreadable rows and never readable ones.

Every step may be repeated; none needs the one before it to have run in the same process.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import case, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from hub.kernel import outbox, partitions
from hub.kernel.logs import log
from privacy.client.keystore import DAY, INGEST, keystore
from privacy.facts import PiiPurged
from privacy.models import Collection, IngestKey, PurgeRun, VaultItem
from privacy.rules.expiry import destroy_ingest_after

_TABLE = VaultItem.__tablename__
_USUAL_DAYS = 2


@dataclass(frozen=True, slots=True)
class PurgeReport:
    """Say what one run of the purge did."""

    days: int
    """Expiry days of which a key was destroyed or a partition dropped."""
    items: int
    collections: int
    ingest_days: int
    waiting: int = 0
    """Days whose key is destroyed but whose partition somebody was reading: the next run drops it."""

    @property
    def unusual(self) -> bool:
        """Tell whether this run destroyed more days than an hourly purge ever should."""
        return self.days > _USUAL_DAYS


def days_over(vault: Session, today: date) -> list[date]:
    """Return the expiry days up to `today` of which a key or a partition is left."""
    left = keystore().days(DAY) | _partition_days(vault)
    return sorted(day for day in left if day <= today)


def destroy_keys(days: Sequence[date], now: datetime) -> list[date]:
    """Destroy the keys of expiry `days`, past recovery; return those of which there was one."""
    return [day for day in days if keystore().destroy(DAY, day, at=now)]


def drop_partition(vault: Session, day: date) -> None:
    """Drop the vault's partition of `day`; raise OperationalError when a reader holds it for half a second."""
    vault.execute(text("SET LOCAL lock_timeout = '500ms'"))
    vault.execute(text(f"DROP TABLE IF EXISTS {_TABLE}_{day:%Y%m%d}"))


def record_destroyed(session: Session, kind: str, days: Sequence[date], now: datetime) -> None:
    """Write into the purge ledger that the keys of `days` are gone."""
    for day in days:
        session.execute(insert(PurgeRun).values(day=day, kind=kind, destroyed_at=now).on_conflict_do_nothing())


def record_dropped(session: Session, waiting: Sequence[date], now: datetime) -> None:
    """Write into the purge ledger that every partition up to today is gone, but those of the days `waiting`."""
    over = (PurgeRun.kind == "vault") & (PurgeRun.day <= now.date()) & PurgeRun.day.not_in(list(waiting))
    session.execute(update(PurgeRun).where(over, PurgeRun.dropped_at.is_(None)).values(dropped_at=now))


def mark_purged(session: Session, now: datetime, *, batch: int = 1000) -> tuple[int, int]:
    """Mark a batch of expired collections as purged and publish it; return how many collections and items they were.

    Whatever was still sealed in them is emptied. (0, 0) says that none is left.
    """
    expired = (
        select(Collection.id)
        .where(Collection.expires_on <= now.date(), Collection.purged_at.is_(None))
        .order_by(Collection.expires_on, Collection.id)
        .limit(batch)
        .with_for_update(skip_locked=True)
        .cte("expired")
    )
    state = case((Collection.state == "new", "done"), else_=Collection.state)
    marked = session.execute(
        update(Collection)
        .where(Collection.id.in_(select(expired.c.id)))
        .values(purged_at=now, sealed=None, sealed_epoch=None, state=state)
        .returning(Collection.id, Collection.person_id, Collection.expires_on, func.cardinality(Collection.fields)),
        execution_options={"synchronize_session": False},
    ).all()
    outbox.publish(session, [PiiPurged(person_id=row.person_id, collection_id=row.id) for row in marked])
    items: Counter[date] = Counter()
    for row in marked:
        items[row.expires_on] += row[3]
    for day, collections in Counter(row.expires_on for row in marked).items():
        _add(session, day, collections, items[day], now)
    return len(marked), items.total()


def ingest_days_over(session: Session, today: date) -> list[date]:
    """Return the days whose private ingest key must be gone by `today` and of which either half is left."""
    left = keystore().days(INGEST) | set(session.scalars(select(IngestKey.day)))
    return sorted(day for day in left if destroy_ingest_after(day) <= today)


def destroy_ingest(session: Session, day: date, now: datetime) -> None:
    """Destroy both halves of the ingest key of `day`; what nobody opened by now is lost, counted and logged."""
    keystore().destroy(INGEST, day, at=now)
    query = select(func.count()).select_from(Collection)
    lost = session.scalar(query.where(Collection.sealed_epoch == day, Collection.purged_at.is_(None))) or 0
    if lost:
        log.error("collections_lost", day=str(day), count=lost)
    session.execute(delete(IngestKey).where(IngestKey.day == day))
    session.execute(
        insert(PurgeRun)
        .values(day=day, kind="ingest", collections=lost, destroyed_at=now, dropped_at=now)
        .on_conflict_do_nothing()
    )


def _add(session: Session, day: date, collections: int, items: int, now: datetime) -> None:
    new = insert(PurgeRun).values(day=day, kind="vault", items=items, collections=collections, destroyed_at=now)
    session.execute(
        new.on_conflict_do_update(
            index_elements=["day", "kind"],
            set_={
                "items": PurgeRun.items + new.excluded["items"],
                "collections": PurgeRun.collections + new.excluded.collections,
            },
        )
    )


def _partition_days(vault: Session) -> set[date]:
    names = partitions.partitions_of(vault, _TABLE)
    return {date(int(name[-8:-4]), int(name[-4:-2]), int(name[-2:])) for name in names}
