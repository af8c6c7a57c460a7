"""What happened to leads that others hear of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from hub.kernel.outbox import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadRejected(Fact):
    """Say that a BU rejected a lead, why, and what that does: reroute, recycle, disqualify or hold."""

    kind: ClassVar[str] = "lead_rejected"
    lead_id: UUID
    bu: str
    reason: str
    effect: str
