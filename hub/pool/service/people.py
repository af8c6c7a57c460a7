"""Read people for lists and for the page of one: identities masked, no contact data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, not_, or_, select, tuple_
from sqlalchemy.orm import Session

from hub.pool.models import (
    FollowInterval,
    Identity,
    IdentityConflict,
    MergeEdge,
    Person,
    Profile,
    Qualification,
)
from hub.pool.rules.folding import lifecycle
from hub.pool.rules.masking import mask
from hub.pool.service.identities import OPENID


@dataclass(frozen=True, slots=True)
class PersonRow:
    """Hold one person as lists show them."""

    id: UUID
    score: int
    lifecycle: str
    follows: int
    registered: bool
    last_scene: str | None
    last_activity_at: datetime | None
    traits: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class IdentityShown:
    """Hold one identity, its value masked."""

    kind: str
    namespace: str
    value: str
    first_seen_at: datetime
    following: bool | None
    changed_at: datetime | None


@dataclass(frozen=True, slots=True)
class MergeShown:
    """Hold one merge that stands or was undone."""

    id: UUID
    person_a: UUID
    person_b: UUID
    by: str
    merged_at: datetime
    undone_at: datetime | None


@dataclass(frozen=True, slots=True)
class PersonShown:
    """Hold one root person whole: who they are, where they followed first and next, what was merged."""

    row: PersonRow
    members: tuple[UUID, ...]
    created_at: datetime
    identities: tuple[IdentityShown, ...]
    followed: tuple[tuple[str, datetime], ...]
    """AppIDs in the order of their first follow."""
    merges: tuple[MergeShown, ...]
    conflicts: tuple[UUID, ...]
    """Those that wait for a human."""
    qualified_at: datetime | None


def find_person(session: Session, text: str, namespaces: Mapping[str, Sequence[str]]) -> UUID | None:
    """Return the root of a person whose id, or one of whose identities, is exactly `text`."""
    return next(iter(find_people(session, text, namespaces)), None)


def find_people(session: Session, text: str, namespaces: Mapping[str, Sequence[str]]) -> list[UUID]:
    """Return the roots of everybody whose id, or one of whose identities, is exactly `text`.

    `namespaces` names for each kind of identity where to look, so that the look-up is a few index probes.
    """
    places = [(kind, namespace, text) for kind, inside in namespaces.items() for namespace in inside]
    named = select(Identity.person_id).where(tuple_(Identity.kind, Identity.namespace, Identity.value).in_(places))
    people = list(session.scalars(named)) if places else []
    people += [id_] if (id_ := _uuid(text)) else []
    return list(session.scalars(select(Person.root_id).where(Person.id.in_(people)).distinct())) if people else []


def show_person(session: Session, person_id: UUID) -> PersonShown | None:
    """Return everything about the person, by any id they ever had; None when there is none."""
    root = session.scalar(select(Person.root_id).where(Person.id == person_id))
    if root is None:
        return None
    people = session.execute(select(Person.id, Person.created_at).where(Person.root_id == root).order_by(Person.id))
    born = {id_: at for id_, at in people}
    members = list(born)
    profile = session.get(Profile, root)
    return PersonShown(
        row=PersonRow(root, 0, "anonymous", 0, False, None, None, {}) if profile is None else row_of(profile),
        members=tuple(members),
        created_at=min(born.values()),
        identities=_identities(session, members),
        followed=_followed(session, members),
        merges=_merges(session, members),
        conflicts=_conflicts(session, members),
        qualified_at=session.scalar(
            select(func.min(Qualification.reached_at)).where(Qualification.person_id.in_(members))
        ),
    )


def _identities(session: Session, members: Sequence[UUID]) -> tuple[IdentityShown, ...]:
    query = select(Identity).where(Identity.person_id.in_(members)).order_by(Identity.first_seen_at, Identity.id)
    return tuple(
        IdentityShown(i.kind, i.namespace, mask(i.value), i.first_seen_at, i.following, i.follow_changed_at)
        for i in session.scalars(query)
    )


def _followed(session: Session, members: Sequence[UUID]) -> tuple[tuple[str, datetime], ...]:
    first = func.min(FollowInterval.at)
    query = (
        select(Identity.namespace, first)
        .join(FollowInterval, FollowInterval.identity_id == Identity.id)
        .where(Identity.person_id.in_(members), Identity.kind == OPENID, FollowInterval.began_at.is_not(None))
        .group_by(Identity.namespace)
        .order_by(first, Identity.namespace)
    )
    return tuple((namespace, at) for namespace, at in session.execute(query))


def _merges(session: Session, members: Sequence[UUID]) -> tuple[MergeShown, ...]:
    touching = or_(MergeEdge.person_a.in_(members), MergeEdge.person_b.in_(members))
    edges = session.scalars(select(MergeEdge).where(touching).order_by(MergeEdge.merged_at.desc(), MergeEdge.id))
    return tuple(
        MergeShown(e.id, e.person_a, e.person_b, str(e.evidence.get("by", "")), e.merged_at, e.undone_at) for e in edges
    )


def _conflicts(session: Session, members: Sequence[UUID]) -> tuple[UUID, ...]:
    """Return the open conflicts between the person and others; members that became one are none."""
    mine, theirs = IdentityConflict.person_a.in_(members), IdentityConflict.person_b.in_(members)
    query = select(IdentityConflict.id).where(or_(mine, theirs), not_(and_(mine, theirs)))
    return tuple(session.scalars(query.where(IdentityConflict.decision.is_(None)).order_by(IdentityConflict.id)))


def row_of(profile: Profile) -> PersonRow:
    return PersonRow(
        id=profile.person_id,
        score=profile.score,
        lifecycle=lifecycle(qualified=profile.qualified, registered=profile.registered, follows=profile.follows),
        follows=profile.follows,
        registered=profile.registered,
        last_scene=profile.last_scene,
        last_activity_at=profile.last_activity_at,
        traits=profile.traits,
    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
