"""The relay: carry facts from the outbox to whoever the wiring names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from hub.kernel import outbox, work
from hub.kernel.db import transaction
from hub.kernel.outbox import Fact, FactRow

Listeners = Mapping[type[Fact], Sequence[Callable[[Session, Sequence[Any]], None]]]


def drain_facts(lane: int, listeners: Listeners) -> int:
    """Deliver one batch of a lane's facts; return how many were settled."""
    by_kind = {kind.kind: kind for kind in listeners}

    def deliver(session: Session, rows: Sequence[FactRow]) -> None:
        heard: dict[str, list[Fact]] = defaultdict(list)
        for row in rows:
            if row.kind in by_kind:
                heard[row.kind].append(outbox.read(by_kind[row.kind], row))
        for kind, facts in heard.items():
            for listener in listeners[by_kind[kind]]:
                listener(session, facts)

    with transaction() as session:
        return work.drain(session, FactRow, lane, deliver)
