"""Record behaviours: the one verb through which everything that people do enters the pool."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from hub.kernel import bulk, clock, rollups
from hub.kernel.ids import new_id
from hub.pool.models import Activity, Receipt
from hub.pool.rules.folding import Act
from hub.pool.rules.following import Point
from hub.pool.service.following import note_follows
from hub.pool.service.identities import IdentityRef, Known, lock_roots, resolve
from hub.pool.service.profiles import act_of, advance

FOLLOW, UNFOLLOW = "follow", "unfollow"
_FOLLOWS = (FOLLOW, UNFOLLOW)
_LEARNT = ("sync", "reconcile")


@dataclass(frozen=True, slots=True)
class NewActivity:
    """Hold one behaviour to record. `properties` may carry `scene` (text) and `traits` (a mapping); never contact data.

    `external_id` makes it idempotent within its touchpoint.
    """

    identity: IdentityRef
    kind: str
    occurred_at: datetime
    key: str = ""
    touchpoint_id: UUID | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """Say what `record_activities` did: how many were new, and who every identity is."""

    new: int
    identities: Mapping[IdentityRef, Known]


def record_activities(session: Session, activities: Sequence[NewActivity]) -> Recorded:
    """Record `activities` in their order: find or make the people, append, score, and publish who became an MQL."""
    fresh = _not_seen(session, activities)
    if not fresh:
        return Recorded(0, {})
    known = resolve(session, [a.identity for a in fresh])
    roots = lock_roots(session, [k.person_id for k in known.values()])
    record_known(session, fresh, known, roots)
    return Recorded(len(fresh), known)


def record_known(
    session: Session,
    activities: Sequence[NewActivity],
    known: Mapping[IdentityRef, Known],
    roots: Mapping[UUID, UUID],
) -> None:
    """Record `activities`, none of which was seen before, of people who are `known` and held (person -> root)."""
    acts = _append(session, activities, known, roots)
    changed = note_follows(session, [(known[a.identity], point_of(a)) for a in activities if a.kind in _FOLLOWS])
    advance(session, acts, follows_changed={roots[person] for person in changed})
    counts = Counter(("activities", a.kind) for a in activities)
    rollups.add(session, {key: n for key, n in counts.items()})


def point_of(activity: NewActivity) -> Point:
    """Return a follow or an unfollow as the rules see it."""
    told = activity.properties
    source = told["source"] if told.get("source") in _LEARNT else "push"
    scenes = (str(told.get("scene") or ""), str(told.get("subscribe_scene") or ""))
    return Point(activity.occurred_at, activity.kind == FOLLOW, source, *scenes)


def _not_seen(session: Session, activities: Sequence[NewActivity]) -> list[NewActivity]:
    now = clock.now()
    keyed = {
        (a.touchpoint_id, a.external_id): {
            "touchpoint_id": a.touchpoint_id,
            "external_id": a.external_id,
            "received_at": now,
        }
        for a in activities
        if a.external_id is not None
    }
    rows = [keyed[key] for key in sorted(keyed, key=str)]
    made = bulk.insert_rows(session, Receipt, rows, conflict="DO NOTHING", returning="touchpoint_id, external_id")
    new = {(row.touchpoint_id, row.external_id) for row in made}
    fresh = []
    for activity in activities:
        key = (activity.touchpoint_id, activity.external_id)
        if activity.external_id is None or key in new:
            fresh.append(activity)
            new.discard(key)
    return fresh


def _append(
    session: Session,
    activities: Sequence[NewActivity],
    known: Mapping[IdentityRef, Known],
    roots: Mapping[UUID, UUID],
) -> dict[UUID, list[Act]]:
    now = clock.now()
    rows: list[dict[str, Any]] = []
    acts: dict[UUID, list[Act]] = defaultdict(list)
    for a in activities:
        who, id_ = known[a.identity], new_id()
        rows.append(
            {
                "id": id_,
                "received_at": now,
                "occurred_at": a.occurred_at,
                "person_id": who.person_id,
                "identity_id": who.identity_id,
                "touchpoint_id": a.touchpoint_id,
                "kind": a.kind,
                "key": a.key,
                "properties": dict(a.properties),
            }
        )
        acts[roots[who.person_id]].append(act_of(id_, a.kind, a.key, a.occurred_at, a.properties))
    bulk.insert_rows(session, Activity, rows)
    return acts
