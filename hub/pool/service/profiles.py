"""Keep what is derived of persons: step by step as activities come, or anew from all of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Row, func, select, text
from sqlalchemy.orm import Session

from hub.group.service import group_timezone
from hub.kernel import bulk, clock, outbox, rollups
from hub.kernel.ids import new_id
from hub.pool.facts import MqlReached
from hub.pool.models import Activity, Profile, Qualification, ScorePoint
from hub.pool.rules.folding import Act, Point, State, fold
from hub.pool.service.census import count_people, discount_people
from hub.pool.service.identities import lock_roots, members
from hub.pool.service.scoring import Model, current_model

_STATE = (
    "score",
    "registered",
    "last_scene",
    "last_scene_at",
    "traits",
    "last_activity_at",
    "first_scene",
    "first_scene_at",
)
_INT = attrgetter("int")
"""What ids are sorted by; comparing UUIDs themselves takes several times as long."""
_COLUMNS = ("person_id", "model_version", *_STATE)


def advance(session: Session, acts: Mapping[UUID, Sequence[Act]], *, follows_changed: Iterable[UUID]) -> None:
    """Fold new activities, keyed by root person, into the profiles of those roots.

    Roots whose profile stands under an older model are derived anew. The roots must be locked by the caller.
    """
    model = current_model(session)
    profiles = _open_profiles(session, acts.keys(), model)
    stale = {root for root, profile in profiles.items() if profile.model_version != model.version}
    derive(session, stale)
    fresh = {root: acts[root] for root in acts if root not in stale}
    states = _states(session, {root: profiles[root] for root in fresh})
    _apply(session, model, states, fresh)
    _count_follows(session, set(follows_changed) - stale)
    count_people(session, fresh)


def derive(session: Session, roots: Iterable[UUID]) -> None:
    """Derive the profiles of `roots` anew from every activity of their clusters."""
    wanted = sorted(set(roots))
    if not wanted:
        return
    model = current_model(session)
    cluster = members(session, wanted)
    _open_profiles(session, wanted, model)
    session.execute(text("DELETE FROM score_point WHERE person_id = ANY(:ids)"), {"ids": list(cluster)})
    discount_people(session, [person for person, root in cluster.items() if person != root])
    acts = _history(session, cluster)
    _apply(session, model, {root: State() for root in wanted}, {root: acts.get(root, []) for root in wanted})
    _count_follows(session, wanted)
    _keep_qualified(session, wanted)
    count_people(session, wanted)


def rescore(session: Session, limit: int) -> int:
    """Derive up to `limit` profiles that stand under an older scoring model anew; return how many."""
    version = current_model(session).version
    stale = select(Profile.person_id).where(Profile.model_version != version).order_by(Profile.person_id).limit(limit)
    roots = lock_roots(session, session.scalars(stale))
    derive(session, roots.values())
    return len(roots)


def _keep_qualified(session: Session, roots: Iterable[UUID]) -> None:
    """Call a root qualified when anybody in its cluster ever was: a merge loses no MQL, its undoing gives it back."""
    session.execute(
        text(
            "UPDATE profile SET qualified = EXISTS (SELECT FROM qualification q JOIN person p ON p.id = q.person_id"
            " WHERE p.root_id = profile.person_id) WHERE person_id = ANY(:roots)"
        ),
        {"roots": list(roots)},
    )


def _count_follows(session: Session, roots: Iterable[UUID]) -> None:
    session.execute(
        text(
            "UPDATE profile SET follows = c.n FROM (SELECT p.root_id, count(*) FILTER (WHERE i.following) AS n"
            " FROM person p LEFT JOIN identity i ON i.person_id = p.id WHERE p.root_id = ANY(:roots)"
            " GROUP BY p.root_id) AS c WHERE profile.person_id = c.root_id AND profile.follows <> c.n"
        ),
        {"roots": list(set(roots))},
    )


def _open_profiles(session: Session, roots: Iterable[UUID], model: Model) -> dict[UUID, Row[Any]]:
    """Return the profile of each root, held against others to the end of the transaction, made blank where missing."""
    wanted = list(set(roots))
    found = _lock_profiles(session, wanted)
    missing = sorted((root for root in wanted if root not in found), key=_INT)
    if missing:
        blank: dict[str, Any] = {"model_version": model.version, "score": 0, "follows": 0, "registered": False}
        blank |= {"qualified": False, "counted": 0, "traits": {}}
        bulk.insert_rows(session, Profile, [{"person_id": root, **blank} for root in missing], conflict="DO NOTHING")
        found |= _lock_profiles(session, missing)
    return found


def _lock_profiles(session: Session, roots: Sequence[UUID]) -> dict[UUID, Row[Any]]:
    table = Profile.__table__
    query = select(table).where(table.c.person_id == func.any(roots)).order_by(table.c.person_id).with_for_update()
    return {row.person_id: row for row in session.execute(query)}


def _states(session: Session, profiles: Mapping[UUID, Row[Any]]) -> dict[UUID, State]:
    states = {
        root: State(awarded=Counter(), **{name: getattr(p, name) for name in _STATE} | {"traits": dict(p.traits)})
        for root, p in profiles.items()
    }
    awarded = text(
        "SELECT person_id, rule, day, count(*) AS n FROM score_point WHERE person_id = ANY(:roots) GROUP BY 1, 2, 3"
    )
    for row in session.execute(awarded, {"roots": list(profiles)}):
        counts = states[row.person_id].awarded
        counts[row.rule, row.day] += row.n
        counts[row.rule, None] += row.n
    return states


def _apply(session: Session, model: Model, states: Mapping[UUID, State], acts: Mapping[UUID, Sequence[Act]]) -> None:
    zone = ZoneInfo(group_timezone(session))
    points = {root: fold(states[root], model.rules, acts[root], zone, threshold=model.mql_at) for root in states}
    _write_points(session, model, points)
    rows = [
        {"person_id": root, "model_version": model.version, **{name: getattr(state, name) for name in _STATE}}
        for root, state in states.items()
    ]
    if not rows:
        return
    assignments = ", ".join(f"{name} = r.{name}" for name in _COLUMNS[1:])
    source = bulk.recordset(Profile.__table__, _COLUMNS)  # type: ignore[arg-type]
    session.execute(
        text(f"UPDATE profile SET {assignments} FROM {source} WHERE profile.person_id = r.person_id"),
        {"rows": bulk.dump(rows)},
    )
    _qualify(session, model, {root: state.reached for root, state in states.items() if state.reached is not None})


def _write_points(session: Session, model: Model, points: Mapping[UUID, Sequence[Point]]) -> None:
    rows: list[dict[str, Any]] = [
        {
            "id": new_id(),
            "person_id": root,
            "activity_id": point.activity_id,
            "model_version": model.version,
            "rule": point.rule,
            "day": point.day,
            "points": point.points,
        }
        for root, earned in points.items()
        for point in earned
    ]
    bulk.insert_rows(session, ScorePoint, rows)


def _qualify(session: Session, model: Model, scores: Mapping[UUID, int]) -> None:
    """Tell, once per model version, who reached the threshold; `scores` holds the score they reached it with."""
    reached = sorted(scores)
    if not reached:
        return
    already = set(
        session.scalars(
            text(
                "SELECT p.root_id FROM qualification q JOIN person p ON p.id = q.person_id"
                " WHERE p.root_id = ANY(:roots) AND q.model_version = :version"
            ),
            {"roots": reached, "version": model.version},
        )
    )
    now = clock.now()
    rows = [
        {"person_id": root, "model_version": model.version, "score": scores[root], "reached_at": now}
        for root in reached
        if root not in already
    ]
    made = bulk.insert_rows(session, Qualification, rows, conflict="DO NOTHING", returning="person_id")
    fresh = sorted(row.person_id for row in made)
    session.execute(text("UPDATE profile SET qualified = true WHERE person_id = ANY(:roots)"), {"roots": reached})
    outbox.publish(
        session, [MqlReached(person_id=root, model_version=model.version, score=scores[root]) for root in fresh]
    )
    rollups.add(session, {("mqls", ""): len(fresh)})


def _history(session: Session, cluster: Mapping[UUID, UUID]) -> dict[UUID, list[Act]]:
    query = select(Activity).where(Activity.person_id.in_(list(cluster))).order_by(Activity.id)
    acts: dict[UUID, list[Act]] = defaultdict(list)
    for row in session.scalars(query):
        acts[cluster[row.person_id]].append(act_of(row.id, row.kind, row.key, row.occurred_at, row.properties))
    return acts


def act_of(id_: UUID, kind: str, key: str, occurred_at: Any, properties: Mapping[str, Any]) -> Act:
    """Return an activity as the rules see it."""
    return Act(id_, kind, key, occurred_at, properties.get("scene", ""), properties.get("traits", {}))
