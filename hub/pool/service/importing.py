"""Take in what WeChat says of an account's followers: a follow of before the hub becomes an activity, exactly once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from hub.pool.models import Identity
from hub.pool.rules import following as rules
from hub.pool.service.activities import FOLLOW, UNFOLLOW, NewActivity, record_known
from hub.pool.service.following import read_intervals
from hub.pool.service.identities import OPENID, IdentityRef, Known, lock_roots, resolve

Source = Literal["sync", "reconcile"]


@dataclass(frozen=True, slots=True)
class Follower:
    """Hold what WeChat says of one follower: since when, by which QR scene and which way in."""

    identity: IdentityRef
    since: datetime
    scene: str = ""
    subscribe_scene: str = ""


@dataclass(frozen=True, slots=True)
class Imported:
    """Say how many follows were not known before, and who every follower is."""

    new: int
    identities: Mapping[IdentityRef, Known]


def import_followers(
    session: Session, followers: Sequence[Follower], *, source: Source, touchpoint_id: UUID | None = None
) -> Imported:
    """Record the follows that are not known yet, at the time WeChat gives; those known by a push make nothing."""
    known = resolve(session, [f.identity for f in followers])
    roots = lock_roots(session, [k.person_id for k in known.values()])
    intervals = read_intervals(session, [k.identity_id for k in known.values() if not k.fresh])
    told = {f.identity: f for f in followers}
    activities = [
        NewActivity(
            identity=f.identity,
            kind=FOLLOW,
            occurred_at=f.since,
            key=f.scene,
            touchpoint_id=touchpoint_id,
            properties={
                "source": source,
                **({"scene": f.scene} if f.scene else {}),
                **({"subscribe_scene": f.subscribe_scene} if f.subscribe_scene else {}),
            },
        )
        for f in told.values()
        if not rules.knows(intervals.get(known[f.identity].identity_id, ()), f.since)
    ]
    if activities:
        record_known(session, activities, known, roots)
    return Imported(len(activities), known)


def end_follows(
    session: Session,
    identities: Sequence[IdentityRef],
    at: datetime,
    *,
    source: Source,
    touchpoint_id: UUID | None = None,
) -> int:
    """Record that `identities` follow no longer, as WeChat said at `at`; return of how many that was news.

    Whoever followed again after that moment goes on following.
    """
    known = resolve(session, identities)
    roots = lock_roots(session, [k.person_id for k in known.values()])
    intervals = read_intervals(session, [k.identity_id for k in known.values()])
    activities = [
        NewActivity(ref, UNFOLLOW, at, touchpoint_id=touchpoint_id, properties={"source": source})
        for ref, who in sorted(known.items())
        if (found := intervals.get(who.identity_id)) and rules.state(found)[0] and rules.state(found)[1] < at
    ]
    if activities:
        record_known(session, activities, known, roots)
    return len(activities)


def count_followers(session: Session, appid: str) -> int:
    """Return how many OpenIDs are believed to follow `appid`; it counts them one by one."""
    return session.scalar(select(func.count()).select_from(Identity).where(*_following(appid))) or 0


def believed_followers(
    session: Session, appid: str, *, after: str, before: datetime, limit: int
) -> list[tuple[UUID, str]]:
    """Return (identity, OpenID) of who was known to follow `appid` at `before` and still does, by OpenID, in pages."""
    query = (
        select(Identity.id, Identity.value)
        .where(*_following(appid), Identity.value > after)
        .where(Identity.first_seen_at < before, Identity.follow_changed_at < before)
        .order_by(Identity.value)
        .limit(limit)
    )
    return [(id_, openid) for id_, openid in session.execute(query)]


def known_followers(session: Session, appid: str, openids: Collection[str]) -> dict[str, UUID]:
    """Return those of `openids` that are believed to follow `appid`, with their identities."""
    query = select(Identity.value, Identity.id).where(*_following(appid), Identity.value.in_(openids))
    return {openid: id_ for openid, id_ in session.execute(query)}


def _following(appid: str) -> tuple[ColumnElement[bool], ...]:
    return Identity.kind == OPENID, Identity.namespace == appid, Identity.following.is_(True)
