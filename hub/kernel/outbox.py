"""The outbox: facts written in the same transaction as their cause, delivered afterwards by the relay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from sqlalchemy import Date, Text, insert
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, Session, mapped_column

from hub.kernel import bell, clock
from hub.kernel.db import Base
from hub.kernel.ids import new_id
from hub.kernel.labels import P0, P1
from hub.kernel.partitions import Partitioned
from hub.kernel.work import WorkRow, due_indexes, shard_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Say in the past tense what happened to `person_id`; ids and plain values only, never personal data."""

    kind: ClassVar[str] = ""
    person_id: UUID


class FactRow(WorkRow, Base):
    """Keep one fact until every listener has heard it."""

    __tablename__ = "fact"
    __table_args__ = (
        *due_indexes("fact"),
        {"postgresql_partition_by": "RANGE (day)"},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, info=P0)
    day: Mapped[date] = mapped_column(Date, primary_key=True, info=P0)
    kind: Mapped[str] = mapped_column(Text, info=P0)
    body: Mapped[dict[str, Any]] = mapped_column(JSONB, info=P1)
    created_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), info=P0)


PARTITIONS = Partitioned("fact", "day", behind=14, ahead=14, drop_old=True)
F = TypeVar("F", bound=Fact)


def publish(session: Session, facts: Sequence[Fact]) -> None:
    """Write `facts` to the outbox in this transaction, in their order."""
    now = clock.now()
    rows = [
        {
            "id": new_id(),
            "day": now.date(),
            "kind": fact.kind,
            "shard": shard_of(str(fact.person_id)),
            "subject": str(fact.person_id),
            "body": {name: _plain(value) for name, value in asdict(fact).items()},
            "created_at": now,
        }
        for fact in facts
    ]
    if rows:
        session.execute(insert(FactRow), rows)
        bell.announce(session, FactRow.__tablename__, [shard_of(str(fact.person_id)) for fact in facts])


def read(kind: type[F], row: FactRow) -> F:
    """Return the fact of class `kind` that `row` holds."""
    return kind(**{f.name: _typed(str(f.type), row.body.get(f.name)) for f in fields(kind)})


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value


def _typed(declared: str, value: Any) -> Any:
    return UUID(value) if value is not None and declared.startswith("UUID") else value
