"""What happened in the vault that others hear of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from hub.kernel.outbox import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class PiiPurged(Fact):
    """Say that one collection of a person is purged: nobody can read its contact data any more."""

    kind: ClassVar[str] = "pii_purged"
    collection_id: UUID
