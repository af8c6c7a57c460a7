"""Who hears which fact, and what is drained: the one table of everything that happens behind the scenes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

import bu_routing.jobs
import privacy.jobs
import wechat.jobs
from bu_routing.facts import LeadRejected
from hub.kernel.outbox import Fact, FactRow
from hub.pool.facts import MqlReached
from hub.web import relay
from privacy.models import Collection
from wechat.models import Callback, ComponentPush, FollowerSync, Send, UnionidLookup

Listener = Callable[[Session, Sequence[Any]], None]

LISTENERS: Mapping[type[Fact], tuple[Listener, ...]] = {
    MqlReached: (bu_routing.jobs.on_mql_reached,),
    LeadRejected: (bu_routing.jobs.on_lead_rejected,),
}
"""Fact -> who hears it, in this order. A fact that nobody hears is kept and done."""


@dataclass(frozen=True, slots=True)
class Drain:
    """Name one table of work rows, and the job that handles a batch of one of its lanes.

    `pair`: two threads may share a backlog, as one computes while the database works for the other.
    """

    model: Any
    run: Callable[[int], int]
    pair: bool = False


DRAINS: Mapping[str, Drain] = {
    drain.model.__tablename__: drain
    for drain in (
        Drain(Callback, wechat.jobs.drain_callbacks, pair=True),
        Drain(FactRow, lambda lane: relay.drain_facts(lane, LISTENERS), pair=True),
        Drain(Collection, privacy.jobs.drain_collections, pair=True),
        Drain(ComponentPush, wechat.jobs.drain_component_pushes),
        Drain(UnionidLookup, wechat.jobs.drain_unionids),
        Drain(Send, wechat.jobs.drain_sends),
        Drain(FollowerSync, wechat.jobs.drain_followers),
    )
}
"""What is drained, by the name of its table."""
