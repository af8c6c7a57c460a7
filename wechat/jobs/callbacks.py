"""Drain the inbox."""

from __future__ import annotations

from hub.kernel import work
from hub.kernel.db import transaction
from wechat import service
from wechat.models import Callback


def drain_callbacks(lane: int) -> int:
    """Handle one batch of a lane's callbacks."""
    with transaction() as session:
        return work.drain(session, Callback, lane, service.handle)
