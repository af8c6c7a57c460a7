"""See persons as conditions see them: fields and counted activities."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from hub.kernel import clock
from hub.pool.models import Person, Profile
from hub.pool.rules.folding import lifecycle


@dataclass(frozen=True, slots=True)
class Done:
    """Hold the key and the time of one activity."""

    key: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Hold one root person as conditions see it at `now`; fulfils the condition language's Subject."""

    person_id: UUID
    members: tuple[UUID, ...]
    now: datetime
    fields: Mapping[str, Any]
    traits: Mapping[str, Any]
    done: Mapping[str, Sequence[Done]] = field(repr=False, default_factory=dict)
    """Activities by kind."""

    def value(self, name: str) -> Any:
        """Return the value of a field of the PERSON registry, None when it is missing."""
        if name.startswith("traits."):
            return self.traits.get(name.removeprefix("traits."))
        return self.fields.get(name)

    def activity_count(self, kind: str, key: str | None, key_starts_with: str | None, since: datetime | None) -> int:
        """Return how many of the person's activities match."""
        return sum(
            (key is None or act.key == key)
            and (key_starts_with is None or act.key.startswith(key_starts_with))
            and (since is None or act.occurred_at > since)
            for act in self.done.get(kind, ())
        )


def snapshot(session: Session, people: Iterable[UUID], *, activities: bool = True) -> dict[UUID, Snapshot]:
    """Return a snapshot per root of `people` (any id a person ever had is understood), keyed by root id.

    Without `activities` none is read, and every count is 0: for lists, which show fields only.
    """
    roots = set(session.scalars(select(Person.root_id).where(Person.id.in_(list(people)))))
    cluster: dict[UUID, list[UUID]] = defaultdict(list)
    root_of: dict[UUID, UUID] = {}
    for person, root in session.execute(select(Person.id, Person.root_id).where(Person.root_id.in_(roots))):
        cluster[root].append(person)
        root_of[person] = root
    profiles = {p.person_id: p for p in session.scalars(select(Profile).where(Profile.person_id.in_(roots)))}
    done, accounts = _done(session, root_of if activities else {}), _accounts(session, root_of)
    now = clock.now()
    return {
        root: Snapshot(
            root,
            tuple(sorted(cluster[root])),
            now,
            {**_fields(profiles.get(root)), "accounts": sorted(accounts[root])},
            profiles[root].traits if root in profiles else {},
            done[root],
        )
        for root in sorted(roots)
    }


def stranger() -> Snapshot:
    """Return somebody of whom nothing is known, as conditions see them."""
    return Snapshot(UUID(int=0), (), clock.now(), {**_fields(None), "accounts": []}, {})


def _fields(profile: Profile | None) -> dict[str, Any]:
    if profile is None:
        return {"score": 0, "lifecycle": "anonymous", "follows": 0, "registered": False}
    return {
        "score": profile.score,
        "lifecycle": lifecycle(qualified=profile.qualified, registered=profile.registered, follows=profile.follows),
        "last_scene": profile.last_scene,
        "follows": profile.follows,
        "registered": profile.registered,
        "last_activity_at": profile.last_activity_at,
    }


def _done(session: Session, root_of: Mapping[UUID, UUID]) -> dict[UUID, dict[str, list[Done]]]:
    rows = session.execute(
        text("SELECT person_id, kind, key, occurred_at FROM activity WHERE person_id = ANY(:people) ORDER BY id"),
        {"people": list(root_of)},
    )
    found: dict[UUID, dict[str, list[Done]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        found[root_of[row.person_id]][row.kind].append(Done(row.key, row.occurred_at))
    return found


def _accounts(session: Session, root_of: Mapping[UUID, UUID]) -> dict[UUID, set[str]]:
    rows = session.execute(
        text("SELECT person_id, namespace FROM identity WHERE kind = 'openid' AND person_id = ANY(:people)"),
        {"people": list(root_of)},
    )
    found: dict[UUID, set[str]] = defaultdict(set)
    for person_id, namespace in rows:
        found[root_of[person_id]].add(namespace)
    return found
