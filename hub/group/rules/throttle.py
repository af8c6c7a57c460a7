"""How long a login must wait after failures: a few are free, then each one doubles the wait."""

from __future__ import annotations

from datetime import datetime, timedelta

FREE_BY_ACCOUNT = 5
FREE_BY_ADDRESS = 20
"""An office comes from one address: more mistakes are made there."""
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=1)


def still_counted(failures: int, last_at: datetime, now: datetime) -> int:
    """Return how many failures count at `now`: none after an hour of quiet."""
    return 0 if now - last_at >= FORGOTTEN_AFTER else failures


def wait(failures: int, free: int, last_at: datetime, now: datetime) -> timedelta:
    """Return how long the next attempt must still wait, zero when it may be made at `now`."""
    counted = still_counted(failures, last_at, now)
    if counted < free:
        return timedelta(0)
    doubled: int = 1 << min(counted - free, 8)  # beyond, the cap rules anyway
    return max(last_at + min(FIRST_WAIT * doubled, LONGEST_WAIT) - now, timedelta(0))
