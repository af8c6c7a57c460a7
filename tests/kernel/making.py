"""Short ways to make what kernel tests need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from hub.kernel import db, outbox, settings
from hub.kernel.ids import new_id
from hub.kernel.outbox import Fact, FactRow
from hub.kernel.work import LANES, shard_of

LANE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted(Fact):
    """Say that something was noted of a person."""

    kind: ClassVar[str] = "test_noted"
    n: int


def person(lane: int = LANE, shard: int | None = None) -> UUID:
    """Return the id of a person whose facts are handled in `lane` (or in one `shard`)."""
    while True:
        made = new_id()
        found = shard_of(str(made))
        if found == shard or (shard is None and found % LANES == lane):
            return made


def note(session: Session, *notes: tuple[UUID, int]) -> None:
    """Publish one fact for each (person, n)."""
    outbox.publish(session, [Noted(person_id=who, n=n) for who, n in notes])


def rows(session: Session) -> Sequence[FactRow]:
    """Return every fact as it stands in the database, in order."""
    return session.scalars(select(FactRow).order_by(FactRow.id).execution_options(populate_existing=True)).all()


def states(session: Session) -> dict[int, str]:
    """Return the state of each fact by its n."""
    return {row.body["n"]: row.state for row in rows(session)}


def kill(session: Session) -> None:
    """End the database connection under `session`, from another one."""
    pid = session.scalar(text("SELECT pg_backend_pid()"))
    other = db.make_engine(settings.current().database_url)
    with other.connect() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
    other.dispose()
