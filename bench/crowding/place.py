"""Where and when the crowd lives: its timeline, its accounts and units, ids that follow from numbers, and COPY."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice

import psycopg

from bench import bare_app

PERSON, IDENTITY, SECOND, UNION, ACTIVITY, POINT, LEAD, DECISION, STEP = range(9)
COLLECTION, CONSENT, DISCLOSURE, ACT, USER, KEY, VISIT, CALLBACK, FACT, LOOKUP, EVENT, TICKET, EDGE = range(9, 22)
"""What an id is of: the twelve bits after the version."""
EACH = 20
"""Activities for each person."""
_BATCH = 2_000


@dataclass(frozen=True, slots=True)
class Stage:
    """Hold what every part of the crowd agrees on; times in milliseconds since 1970."""

    people: int
    start: int
    end: int
    touchpoints: dict[str, str]
    """Account's AppID -> id, the most followed first and one that few follow last."""
    units: tuple[tuple[str, str], ...]
    """(id, slug) of every business unit, the busiest first."""
    sites: tuple[str, ...]
    """Ids of touchpoints that are no accounts."""

    @property
    def appids(self) -> list[str]:
        """Return the AppIDs, the most followed first."""
        return list(self.touchpoints)

    def born(self, n: int) -> int:
        """Return when the person `n` came: evenly over the time."""
        return self.start + (self.end - self.start) * n // self.people

    def person(self, n: int) -> str:
        """Return the id of the person `n`."""
        return made(self.born(n), PERSON, n)

    def identity(self, n: int) -> str:
        """Return the id of the first OpenID of the person `n`."""
        return made(self.born(n), IDENTITY, n)

    def root(self, n: int) -> int:
        """Return whose cluster the person `n` belongs to: one in 33 was merged into somebody a little older."""
        return n - 5 if n % 33 == 7 else n

    def account(self, n: int) -> str:
        """Return the account at which the person `n` was met first."""
        if n % max(100, self.people // 200) == 1:
            return self.appids[-1]
        return self.appids[(n % 100 >= 60) + (n % 100 >= 85)]


def made(at: int, kind: int, n: int) -> str:
    """Return the id (UUIDv7) that a row of some kind, made at `at`, has under the number `n`."""
    return f"{at >> 16:08x}-{at & 0xFFFF:04x}-7{kind:03x}-8000-{n:012x}"


def when(at: int) -> str:
    """Return a time in milliseconds as PostgreSQL reads it."""
    return f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%d %H:%M:%S.%f}+00"


def day(at: int) -> date:
    """Return the day of a time in milliseconds."""
    return datetime.fromtimestamp(at / 1000, UTC).date()


def copy(table: str, columns: str, rows: Iterable[tuple[object, ...]]) -> int:
    """Add rows to a table in one transaction, in which no foreign key is checked; return how many there were."""
    with bare_app.connect() as connection, connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")  # a private server lets its owner do so
        return pour(connection, table, columns, (_line(row) for row in rows))


def pour(
    connection: psycopg.Connection, table: str, columns: str, lines: Iterator[str], *, freeze: bool = False
) -> int:
    """Send lines of COPY's text format; return how many there were."""
    option = " WITH (FREEZE)" if freeze else ""
    count = 0
    with connection.cursor().copy(f"COPY {table} ({columns}) FROM STDIN{option}") as stream:
        while batch := list(islice(lines, _BATCH)):
            stream.write("".join(batch))
            count += len(batch)
    return count


def execute(*statements: str) -> None:
    """Run statements, each on its own."""
    with bare_app.connect() as connection:
        connection.execute("SET maintenance_work_mem = '512MB'")
        for statement in statements:
            connection.execute(statement)


def _line(row: tuple[object, ...]) -> str:
    return "\t".join(["\\N" if value is None else str(value) for value in row]) + "\n"


Task = Callable[[Stage], int]
