"""PostgreSQL ends under load: everything is acknowledged from the spool, and in the inbox soon after its return."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from bench import load, places, pushes
from bench.pushes import Account
from hub.kernel import clock, db, settings
from hub.kernel.db import transaction
from hub.kernel.spool import local
from hub.web.engines import place, postgres, server, shared

_PEOPLE = 2_000
_WITH = 2.0  # seconds of load with the database, before and after
_QUERY = """
SELECT count(*) AS rows, count(DISTINCT dedupe_key) AS pushes,
  count(*) FILTER (WHERE later < occurred_at) AS overtaken
FROM (
  SELECT dedupe_key, occurred_at, lead(occurred_at) OVER (PARTITION BY subject ORDER BY id) AS later FROM callback
) AS c
"""


class Wrong(Exception):
    """A push was lost, doubled or overtaken."""


@dataclass(frozen=True, slots=True)
class Outage:
    """Hold what happened: pushes acknowledged, seconds without a database, seconds until the spool was empty again."""

    acknowledged: int
    away_seconds: float
    moved_seconds: float
    p50: float
    p99: float
    spool_mb: float


def measure(to: Account, *, rate: float, seconds: float) -> Outage:
    """End PostgreSQL for `seconds` under `rate` callbacks a second; raise Wrong unless all are kept in order, once."""
    with transaction() as session:
        session.execute(text("TRUNCATE callback"))
    port = places.free_port()
    data_dir = Path(settings.current().data_dir)
    own = postgres.server(place.prepare(data_dir))
    with places.hub_served(port):
        load.closed(port, itertools.islice(_live(to), 200), lines=8)
        stopping = threading.Timer(_WITH, server.stop, (own, own.endings))
        stopping.start()
        found = load.paced(port, _live(to), rate=rate, seconds=_WITH + seconds)
        db.dispose()
        size = sum(path.stat().st_size for path in (data_dir / "spool").iterdir()) / 1e6
        back = time.monotonic()
        shared.ensure(data_dir)
        with suppress(load.Refused):
            load.paced(port, _live(to), rate=rate, seconds=_WITH)
        while local().waiting():
            time.sleep(0.1)
        moved = time.monotonic() - back
    _check(200 + found.answered + int(rate * _WITH))
    p50, p99 = (load.percentile(found.latencies, percent) for percent in (50, 99))
    return Outage(found.answered, seconds, moved, p50, p99, size)


def _check(acknowledged: int) -> None:
    with transaction() as session:
        rows, distinct, overtaken = session.execute(text(_QUERY)).one()
    if (rows, distinct, overtaken) != (acknowledged, acknowledged, 0):
        raise Wrong(f"{acknowledged:,} acknowledged, {rows:,} rows, {distinct:,} pushes, {overtaken:,} overtaken")


def _live(to: Account) -> Iterator[bytes]:
    """Yield pushes without end, each signed when it is asked for: an outage may outlast a signature."""
    for n in itertools.count():
        key = f"<Event><![CDATA[CLICK]]></Event><EventKey><![CDATA[K{n}-{time.monotonic_ns()}]]></EventKey>"
        yield pushes.request(to, f"oOutage{n % _PEOPLE:021d}", int(clock.wall().timestamp()), "event", key)
