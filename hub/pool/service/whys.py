"""Why a person stands where they stand: their activities, and the points those earned under which rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from hub.pool.models import Activity, ScorePoint
from hub.pool.service.scoring import current_model


@dataclass(frozen=True, slots=True)
class Act:
    """Hold one activity as the timeline shows it."""

    id: UUID
    kind: str
    key: str
    scene: str
    touchpoint_id: UUID | None
    occurred_at: datetime
    stage: str = ""
    bu_interest: str = ""


@dataclass(frozen=True, slots=True)
class Earned:
    """Hold points: the rule, and the activity that earned them (None when it is not kept any more)."""

    rule: str
    points: int
    act: Act | None


@dataclass(frozen=True, slots=True)
class Why:
    """Hold a score's why: its model, the threshold, the sum of each rule, and the newest points."""

    version: int
    mql_at: int | None
    sums: tuple[tuple[str, int, int], ...]
    """(rule, how often, points), most points first."""
    newest: tuple[Earned, ...]


def timeline(
    session: Session, members: Sequence[UUID], *, kind: str | None, before: tuple[datetime, UUID] | None, limit: int
) -> list[Act]:
    """Return the activities of one person's cluster, newest first, those older than `before`."""
    query = select(Activity).where(Activity.person_id.in_(members))
    if kind is not None:
        query = query.where(Activity.kind == kind)
    if before is not None:
        older = tuple_(Activity.occurred_at, Activity.id) < before
        query = query.where(Activity.occurred_at <= before[0], older)  # the first half bounds the index
    rows = session.scalars(query.order_by(Activity.occurred_at.desc(), Activity.id.desc()).limit(limit))
    return [_act(row) for row in rows]


def explain_score(session: Session, root: UUID, members: Sequence[UUID], *, limit: int) -> Why:
    """Return why `root` has their score; `limit` bounds the points told one by one."""
    model = current_model(session)
    total = func.sum(ScorePoint.points)
    sums = session.execute(
        select(ScorePoint.rule, func.count(), total)
        .where(ScorePoint.person_id == root)
        .group_by(ScorePoint.rule)
        .order_by(total.desc(), ScorePoint.rule)
    )
    newest = (
        select(ScorePoint).where(ScorePoint.person_id == root).order_by(ScorePoint.day.desc(), ScorePoint.id.desc())
    )
    points = list(session.scalars(newest.limit(limit)))
    wanted = [point.activity_id for point in points]
    found = session.scalars(select(Activity).where(Activity.person_id.in_(members), Activity.id.in_(wanted)))
    acts = {row.id: _act(row) for row in found}
    return Why(
        version=model.version,
        mql_at=model.mql_at,
        sums=tuple((rule, n, int(points)) for rule, n, points in sums),
        newest=tuple(Earned(point.rule, point.points, acts.get(point.activity_id)) for point in points),
    )


def _act(row: Activity) -> Act:
    scene, stage, bu = (str(row.properties.get(name) or "") for name in ("scene", "stage", "bu_interest"))
    return Act(row.id, row.kind, row.key, scene, row.touchpoint_id, row.occurred_at, stage, bu)
