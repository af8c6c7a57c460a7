"""Fold activities into what is derived of a person: points, traits, last scene."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Act:
    """Hold one activity as the rules see it."""

    id: UUID
    kind: str
    key: str
    occurred_at: datetime
    scene: str
    traits: Mapping[str, Any]


@dataclass(slots=True)
class State:
    """Hold what is derived of one root person; changed only by `fold`."""

    score: int = 0
    awarded: Counter[tuple[str, date | None]] = field(default_factory=Counter)
    """How often each rule gave points: under (rule, None) ever, under (rule, day) that day."""
    registered: bool = False
    last_scene: str | None = None
    last_scene_at: datetime | None = None
    traits: dict[str, Any] = field(default_factory=dict)
    last_activity_at: datetime | None = None
    first_scene: str | None = None
    first_scene_at: datetime | None = None
    reached: int | None = None
    """The score with which the threshold was first reached during this fold, whatever was lost again after it."""


@dataclass(frozen=True, slots=True)
class Point:
    """Name the activity and the rule that gave points, and the day they count for."""

    activity_id: UUID
    rule: str
    points: int
    day: date


@dataclass(frozen=True, slots=True)
class Moment:
    """Let a condition look at one activity and the person's state when it happened."""

    state: State
    act: Act
    now: datetime

    def value(self, name: str) -> Any:
        """Return the value of a field of the ACTIVITY registry, None when it is missing."""
        if name.startswith("traits."):
            return self.state.traits.get(name.removeprefix("traits."))
        return getattr(self.state, name)

    def activity_count(self, kind: str, key: str | None, key_starts_with: str | None, since: datetime | None) -> int:
        """Return 1 when the activity at hand is of this kind and key, else 0."""
        act = self.act
        if act.kind != kind or (key is not None and act.key != key):
            return 0
        if key_starts_with is not None and not act.key.startswith(key_starts_with):
            return 0
        return int(since is None or act.occurred_at > since)


@dataclass(frozen=True, slots=True)
class Rule:
    """Give points for activities that match; `once` ever, or at most `per_day` times a day."""

    name: str
    matches: Callable[[Moment], bool]
    points: int
    once: bool = False
    per_day: int | None = None

    def allows(self, awarded: Counter[tuple[str, date | None]], day: date) -> bool:
        """Tell whether the rule may still give points on `day`."""
        if self.once and awarded[self.name, None]:
            return False
        return self.per_day is None or awarded[self.name, day] < self.per_day


def fold(
    state: State, rules: Sequence[Rule], acts: Sequence[Act], zone: ZoneInfo, *, threshold: int | None = None
) -> list[Point]:
    """Apply `acts`, in order of arrival, to `state`; return the points they earned. Days are those of `zone`.

    Whether `threshold` was reached is judged after every activity, so it does not matter how acts come in batches.
    """
    points: list[Point] = []
    for act in acts:
        _learn(state, act)
        day = act.occurred_at.astimezone(zone).date()
        moment = Moment(state, act, act.occurred_at)
        for rule in rules:
            if rule.allows(state.awarded, day) and rule.matches(moment):
                state.awarded[rule.name, day] += 1
                state.awarded[rule.name, None] += 1
                state.score += rule.points
                points.append(Point(act.id, rule.name, rule.points, day))
        if threshold is not None and state.reached is None and state.score >= threshold:
            state.reached = state.score
    return points


def _learn(state: State, act: Act) -> None:
    if act.scene and (state.first_scene_at is None or act.occurred_at < state.first_scene_at):
        state.first_scene, state.first_scene_at = act.scene, act.occurred_at
    if act.scene and (state.last_scene_at is None or act.occurred_at >= state.last_scene_at):
        state.last_scene, state.last_scene_at = act.scene, act.occurred_at
    if act.kind == "registration":
        state.registered = True
    state.traits.update(act.traits)
    if state.last_activity_at is None or act.occurred_at > state.last_activity_at:
        state.last_activity_at = act.occurred_at


def lifecycle(*, qualified: bool, registered: bool, follows: int) -> str:
    """Return how far a person has come: anonymous, fan, registered or qualified."""
    if qualified:
        return "qualified"
    if registered:
        return "registered"
    return "fan" if follows else "anonymous"
