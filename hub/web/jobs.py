"""The one job that RQ runs: drain a lane until it is dry."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy.exc import DBAPIError

from hub.kernel import work
from hub.kernel.logs import log
from hub.web.wiring import DRAINS

_BUDGET = 20.0  # seconds; the clock rings again for whatever is left
_BACKLOG = 500  # rows settled at once: then there is work for two threads


def drain(name: str, lane: int) -> int:
    """Handle what is due in lane `lane` of drain `name`; return how many rows were settled."""
    until = time.monotonic() + _BUDGET
    settled = _batch(name, lane)
    if settled < _BACKLOG or not DRAINS[name].pair:
        return settled + (_until_dry(name, lane, until) if settled else 0)
    with ThreadPoolExecutor(2, "drain") as pool:
        return settled + sum(pool.map(lambda half: _until_dry(name, half, until), work.halves(lane)))


def _until_dry(name: str, lane: int, until: float) -> int:
    total = 0
    while time.monotonic() < until and (settled := _batch(name, lane)):
        total += settled
    return total


def _batch(name: str, lane: int) -> int:
    """Handle one batch; a deadlock or a lost connection settles nothing, and the clock rings again."""
    try:
        return DRAINS[name].run(lane)
    except DBAPIError as error:
        if not work.interrupted(error):
            raise
        log.warning("drain_interrupted", drain=name, lane=lane, error=type(error.orig).__name__)
        return 0
