"""Record what happens to leads: one row and one counter for every step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from bu_routing.models import LeadTransition
from hub.group import service as group
from hub.kernel import bulk, rollups
from hub.kernel.ids import new_id

SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Move:
    """Hold one step of one lead; `at` is when it happened, which for progress is the BU's own time."""

    lead_id: UUID
    bu_id: UUID
    from_state: str | None
    to_state: str
    actor: str
    at: datetime
    reason: str | None = None
    skipped: Sequence[str] = ()


def record(session: Session, moves: Iterable[Move]) -> None:
    """Write `moves` and count them as ``leads_<state>`` by BU slug (a lead that enters the hub as ``leads_routed``)."""
    rows: list[dict[str, Any]] = [
        {
            "id": new_id(),
            "lead_id": move.lead_id,
            "bu_id": move.bu_id,
            "from_state": move.from_state,
            "to_state": move.to_state,
            "skipped": list(move.skipped),
            "actor": move.actor,
            "reason": move.reason,
            "at": move.at,
        }
        for move in moves
    ]
    if not rows:
        return
    bulk.insert_rows(session, LeadTransition, rows)
    slugs = {bu.id: bu.slug for bu in group.bus(session)}
    counts = Counter(
        (f"leads_{row['to_state'] if row['from_state'] else 'routed'}", slugs[row["bu_id"]]) for row in rows
    )
    for row in rows:  # how many leads stand in each state now
        counts["leads_now", f"{slugs[row['bu_id']]}:{row['to_state']}"] += 1
        if row["from_state"]:
            counts["leads_now", f"{slugs[row['bu_id']]}:{row['from_state']}"] -= 1
    rollups.add(session, counts)
