"""The one job that RQ runs: drain a lane until it is dry."""

from __future__ import annotations

import time

from sqlalchemy.exc import DBAPIError

from hub.kernel import work
from hub.kernel.logs import log
from hub.web.wiring import DRAINS

_BUDGET = 20.0  # seconds; the clock rings again for whatever is left


def drain(name: str, lane: int) -> int:
    """Handle what is due in lane `lane` of drain `name`; return how many rows were settled."""
    until = time.monotonic() + _BUDGET
    total = 0
    try:
        while time.monotonic() < until:
            settled = DRAINS[name].run(lane)
            total += settled
            if not settled:
                break
    except DBAPIError as error:
        if not work.interrupted(error):
            raise
        log.warning(
            "drain_interrupted", drain=name, lane=lane, error=type(error.orig).__name__
        )  # the clock rings again
    return total
