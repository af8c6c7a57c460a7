"""Expiry arithmetic: every term is rounded down, so that nothing outlives the promise."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

PROMISE = timedelta(days=30)
"""Contact data is unreadable everywhere this long after its collection, at the latest."""
KEY_COPIES = timedelta(days=1)
"""The greatest age of any copy of a key: a replica or a snapshot of the key store may lag this far."""
OUTAGE = timedelta(days=1)
"""The longest outage of the purge after which the promise still holds."""
_INGEST_LIFE = timedelta(days=3)


def planned_expiry(collected_at: datetime) -> datetime:
    """Return midnight UTC of the day on which what was collected at `collected_at` expires: 27 to 28 days later.

    Raises ValueError for a time without a zone.
    """
    if collected_at.tzinfo is None:
        raise ValueError("a time of collection needs its time zone")
    latest = collected_at.astimezone(UTC) + PROMISE - KEY_COPIES - OUTAGE
    return datetime.combine(latest.date(), time(0), UTC)


def destroy_ingest_after(day: date) -> date:
    """Return the first day on which the private ingest key of `day` must be gone."""
    return day + _INGEST_LIFE


def is_live(expires_at: datetime, now: datetime) -> bool:
    """Tell whether something that expires at `expires_at` may still be read at `now`."""
    return now < expires_at
