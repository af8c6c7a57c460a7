"""Who came first, or last, by which scene."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from hub.pool.models import Profile


@dataclass(frozen=True, slots=True)
class Touches:
    """Hold how many people's first scene this was, and how many's last; and how many of each are MQLs."""

    first: int = 0
    first_mqls: int = 0
    last: int = 0
    last_mqls: int = 0


def touches(session: Session, scenes: Sequence[str]) -> Mapping[str, Touches]:
    """Return the touches of each of `scenes`; two probes of an index for each, however many people there are."""
    first, last = (_count(session, column, scenes) for column in (Profile.first_scene, Profile.last_scene))
    return {scene: Touches(*first.get(scene, (0, 0)), *last.get(scene, (0, 0))) for scene in scenes}


def _count(
    session: Session, column: InstrumentedAttribute[str | None], scenes: Sequence[str]
) -> dict[str, tuple[int, int]]:
    mqls = func.count().filter(Profile.qualified)
    query = select(column, func.count(), mqls).where(column.in_(list(scenes))).group_by(column)
    return {str(scene): (n, qualified) for scene, n, qualified in session.execute(query)}
