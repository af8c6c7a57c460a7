"""Count what WeChat sends that the hub does not know, by account and name, so that new things are seen and not lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.kernel import clock, rollups
from hub.kernel.rollups import Rollup
from wechat.models import Callback

METRIC = "callbacks_odd"
MAX_NAMES = 50
"""Names kept apart for an account; whatever comes on top is counted together."""
OTHER = "other *"
_SHOWN = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Oddity:
    """Say how often an account was sent something unknown of late: `what` is message, event, field or other."""

    what: str
    name: str
    n: int
    last_day: date


def note(session: Session, callbacks: Sequence[Callback]) -> None:
    """Count the unknown kinds and fields among `callbacks`; a batch without any costs nothing."""
    found = Counter((c.appid, name) for c in callbacks for name in _names(c))
    if not found:
        return
    known = _known(session, {appid for appid, _ in found})
    counts: Counter[tuple[str, str]] = Counter()
    for (appid, name), n in found.items():
        names = known.setdefault(appid, set())
        if name not in names and len(names) >= MAX_NAMES:
            name = OTHER
        names.add(name)
        counts[METRIC, f"{appid} {name}"] += n
    rollups.add(session, counts)


def list_oddities(session: Session, appid: str) -> list[Oddity]:
    """Return what an account was sent of late that the hub does not know, the most frequent first."""
    series = rollups.series(session, [METRIC], clock.now().date() - _SHOWN)
    found = []
    for (_, dimension), days in series.items():
        account, what, name = dimension.split(" ", 2)
        if account == appid:
            found.append(Oddity(what, name, sum(days.values()), max(days)))
    return sorted(found, key=lambda oddity: (-oddity.n, oddity.what, oddity.name))


def _names(callback: Callback) -> Iterator[str]:
    """Yield what is unknown about a push: its kind, or fields of a kind that is known."""
    if not callback.known:
        is_event = callback.msg_type == "event"
        yield f"event {callback.event}" if is_event else f"message {callback.msg_type}"
    for name in callback.details.get("unknown_fields", ()):
        yield f"field {callback.event or callback.msg_type}.{name}"


def _known(session: Session, appids: set[str]) -> dict[str, set[str]]:
    """Return the names counted before, by account."""
    starts = [Rollup.dimension.startswith(f"{appid} ", autoescape=True) for appid in sorted(appids)]
    names: dict[str, set[str]] = {}
    for start in starts:
        for dimension in session.scalars(select(Rollup.dimension).where(Rollup.metric == METRIC, start).distinct()):
            appid, _, name = dimension.partition(" ")
            names.setdefault(appid, set()).add(name)
    return names
