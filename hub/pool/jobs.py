"""What the pool does behind the scenes."""

from __future__ import annotations

from hub.kernel.db import transaction
from hub.pool import service

_BATCH = 500


def rescore() -> int:
    """Derive every profile that stands under an older scoring model anew; return how many."""
    total = 0
    while True:
        with transaction() as session:
            roots = service.rescore(session, _BATCH)
        total += roots
        if roots < _BATCH:
            return total
