"""Record behaviours: the one verb through which everything that people do enters the pool."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from hub.kernel import bulk, clock, rollups
from hub.kernel.ids import new_id
from hub.pool.models import Activity, Identity, Receipt
from hub.pool.rules.folding import Act
from hub.pool.service.identities import IdentityRef, Known, lock_roots, resolve
from hub.pool.service.profiles import act_of, advance

FOLLOW, UNFOLLOW = "follow", "unfollow"


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
    acts = _append(session, fresh, known, roots)
    changed = _follow_states(session, fresh, known)
    advance(session, acts, follows_changed={roots[known[ref].person_id] for ref in changed})
    counts = Counter(("activities", a.kind) for a in fresh)
    rollups.add(session, {key: n for key, n in counts.items()})
    return Recorded(len(fresh), known)


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


def _follow_states(
    session: Session, activities: Sequence[NewActivity], known: Mapping[IdentityRef, Known]
) -> set[IdentityRef]:
    """Let the newest follow or unfollow of each identity win, by their time and then ours."""
    latest: dict[IdentityRef, NewActivity] = {}
    for a in activities:
        newest = latest.get(a.identity)
        if a.kind in (FOLLOW, UNFOLLOW) and (newest is None or a.occurred_at >= newest.occurred_at):
            latest[a.identity] = a
    if not latest:
        return set()
    rows = [
        {"id": known[ref].identity_id, "following": a.kind == FOLLOW, "follow_changed_at": a.occurred_at}
        for ref, a in sorted(latest.items())
    ]
    source = bulk.recordset(Identity.__table__, ("id", "following", "follow_changed_at"))  # type: ignore[arg-type]
    changed = session.execute(
        text(
            f"WITH r AS (SELECT * FROM {source}),"
            " before AS (SELECT i.id, coalesce(i.following, false) AS was FROM identity i JOIN r ON r.id = i.id)"
            " UPDATE identity i SET following = r.following, follow_changed_at = r.follow_changed_at"
            " FROM r JOIN before ON before.id = r.id"
            " WHERE i.id = r.id AND (i.follow_changed_at IS NULL OR i.follow_changed_at <= r.follow_changed_at)"
            " RETURNING i.namespace, i.following, before.was"
        ),
        {"rows": bulk.dump(rows)},
    )
    followers: Counter[tuple[str, str]] = Counter()
    for row in changed:
        followers["followers", row.namespace] += int(row.following) - int(row.was)
    rollups.add(session, followers)
    return set(latest)
