"""What happened in the pool that others hear of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from hub.kernel.outbox import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class MqlReached(Fact):
    """Say that a person's score reached the MQL threshold, once per model version."""

    kind: ClassVar[str] = "mql_reached"
    model_version: int
    score: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleMerged(Fact):
    """Say that `merged_id` is now the same person as `person_id`, the root."""

    kind: ClassVar[str] = "people_merged"
    merged_id: UUID
