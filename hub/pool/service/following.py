"""Keep the intervals of following, and what is read off them: who follows now, and each account's followers."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Table, text
from sqlalchemy.orm import Session

from hub.kernel import bulk, rollups
from hub.pool.models import FollowInterval, Identity
from hub.pool.rules import following as rules
from hub.pool.rules.following import Interval, Point
from hub.pool.service.identities import Known

_KEY = ("identity_id", "at")
_KEPT = ("began_at", "ended_at", "source", "ended_source", "scene", "subscribe_scene")
_UPSERT = f"({', '.join(_KEY)}) DO UPDATE SET " + ", ".join(f"{name} = excluded.{name}" for name in _KEPT)
_STATE = ("id", "following", "follow_changed_at")


def note_follows(session: Session, told: Sequence[tuple[Known, Point]]) -> set[UUID]:
    """Fit follows and unfollows, in order of arrival, into the intervals of their identities; return their persons.

    The persons must be held (`lock_roots`), so that nobody else changes the same intervals.
    """
    new: dict[UUID, list[Point]] = defaultdict(list)
    for known, point in told:
        new[known.identity_id].append(point)
    if not new:
        return set()
    fresh = {known.identity_id for known, _ in told if known.fresh}
    before = read_intervals(session, new.keys() - fresh)
    after = {id_: rules.add(before.get(id_, ()), points) for id_, points in new.items()}
    _write(session, before, after)
    _tell_state(session, after)
    return {known.person_id for known, _ in told}


def read_intervals(session: Session, identities: Iterable[UUID]) -> dict[UUID, list[Interval]]:
    """Return the intervals of `identities`, oldest first, without those that have none."""
    wanted = list(identities)
    if not wanted:
        return {}
    columns = ", ".join(_KEPT)
    rows = session.execute(
        text(f"SELECT identity_id, {columns} FROM follow_interval WHERE identity_id = ANY(:ids) ORDER BY at"),
        {"ids": wanted},
    )
    found: dict[UUID, list[Interval]] = defaultdict(list)
    for id_, *kept in rows:
        found[id_].append(Interval(*kept))
    return found


def _write(session: Session, before: Mapping[UUID, list[Interval]], after: Mapping[UUID, list[Interval]]) -> None:
    rows: list[dict[str, Any]] = []
    gone: list[dict[str, Any]] = []
    for id_ in sorted(after, key=_number):
        old = {interval.at: interval for interval in before.get(id_, ())}
        new = {interval.at: interval for interval in after[id_]}
        rows += [_row(id_, interval) for at, interval in new.items() if old.get(at) != interval]
        gone += [{"identity_id": id_, "at": at} for at in old.keys() - new.keys()]
    if gone:
        source = bulk.recordset(_table(FollowInterval), _KEY)
        session.execute(
            text(f"DELETE FROM follow_interval f USING {source} WHERE f.identity_id = r.identity_id AND f.at = r.at"),
            {"rows": bulk.dump(gone)},
        )
    bulk.insert_rows(session, FollowInterval, rows, conflict=_UPSERT)


def _row(id_: UUID, interval: Interval) -> dict[str, Any]:
    return {"identity_id": id_, "at": interval.at, **{name: getattr(interval, name) for name in _KEPT}}


def _tell_state(session: Session, after: Mapping[UUID, Sequence[Interval]]) -> None:
    """Write who follows now onto the identities, and move the followers of their accounts by what changed."""
    rows = []
    for id_ in sorted(after, key=_number):
        follows, since = rules.state(after[id_])
        rows.append({"id": id_, "following": follows, "follow_changed_at": since})
    source = bulk.recordset(_table(Identity), _STATE)
    changed = session.execute(
        text(
            f"WITH r AS (SELECT * FROM {source}),"
            " before AS (SELECT i.id, coalesce(i.following, false) AS was FROM identity i JOIN r ON r.id = i.id)"
            " UPDATE identity i SET following = r.following, follow_changed_at = r.follow_changed_at"
            " FROM r JOIN before ON before.id = r.id WHERE i.id = r.id"
            " RETURNING i.namespace, i.following, before.was"
        ),
        {"rows": bulk.dump(rows)},
    )
    followers: Counter[tuple[str, str]] = Counter()
    for row in changed:
        followers["followers", row.namespace] += int(row.following) - int(row.was)
    rollups.add(session, followers)


def _number(id_: UUID) -> int:
    return id_.int  # comparing UUIDs themselves takes several times as long


def _table(model: Any) -> Table:
    table: Table = model.__table__
    return table
