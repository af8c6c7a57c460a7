"""Changes of many sends in one statement, counted as they move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from hub.kernel import bulk, metrics
from wechat.models import Send
from wechat.rules import reach
from wechat.rules import sends as rules
from wechat.service.sends import count

_CHANGING = (
    "state", "person_id", "attempts", "not_before", "error", "why", "fence", "job_id", "msgid", "errcode", "detail",
    "first_try_at", "sending_at", "sent_at", "closed_at",
)  # fmt: skip
_RECORDS = bulk.recordset(Send.__table__, ("id", *_CHANGING)).replace("::", "\\:\\:")  # type: ignore[arg-type]
_UPDATE = text(
    f"UPDATE send SET {', '.join(f'{name} = r.{name}' for name in _CHANGING)} FROM {_RECORDS} WHERE send.id = r.id"
)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Hold one send that is on its way: all that the call and its outcome need, so that no row is read again."""

    row: Mapping[str, Any]
    """The row as it was committed before the call."""
    paid: str = ""

    @property
    def id(self) -> UUID:
        """Return the send's id."""
        found: UUID = self.row["id"]
        return found

    @property
    def key(self) -> tuple[str, str]:
        """Return the AppID and OpenID."""
        return self.row["appid"], self.row["openid"]

    @property
    def api(self) -> tuple[str, str]:
        """Return the AppID and the channel, which is what quotas are counted by."""
        return self.row["appid"], self.row["channel"]

    @property
    def credit(self) -> str:
        """Return the key under which this send's consent is counted."""
        return reach.credit_key(self.row["channel"], self.row["content"])


@dataclass(frozen=True, slots=True)
class Move:
    """Hold one row, the verb that it takes, and the columns that change with it."""

    row: Mapping[str, Any]
    verb: str
    changes: Mapping[str, Any]

    def moved(self) -> dict[str, Any]:
        """Return the row after the move; raise NotAllowed when the table has no such arrow."""
        return {**self.row, **self.changes, "state": rules.step(self.row["state"], self.verb)}


def plain(row: Any) -> dict[str, Any]:
    """Return a row of a query on `send` as a dictionary by column."""
    return {name: getattr(row, name) for name in Send.__table__.columns.keys()}  # noqa: SIM118 - not a dictionary


def move(session: Session, moves: Sequence[Move]) -> list[dict[str, Any]]:
    """Store `moves` in one statement and return the rows as they are now; who moves a row holds it or its lease."""
    if not moves:
        return []
    rows = [move_.moved() for move_ in moves]
    stored = [{name: row[name] for name in ("id", *_CHANGING)} for row in rows]
    session.execute(_UPDATE, {"rows": bulk.dump(stored)})
    count(session, [(row["campaign"], m.row["state"], row["state"]) for m, row in zip(moves, rows, strict=True)])
    for row in rows:
        metrics.SENDS.labels(row["channel"], row["state"]).inc()
    return rows


def skip(row: Mapping[str, Any], reason: str, now: datetime, trace: Mapping[str, Any]) -> Move:
    """Return the move of a send that will never go out."""
    return Move(row, "skip", {"error": reason, "closed_at": now, "why": {**row["why"], "verdict": dict(trace)}})


def wait(row: Mapping[str, Any], reason: str, until: datetime, trace: Mapping[str, Any]) -> Move:
    """Return the move of a send that is looked at again at `until`."""
    return Move(row, "wait", {"error": reason, "not_before": until, "why": {**row["why"], "verdict": dict(trace)}})
