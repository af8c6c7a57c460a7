"""Short ways to make what pool tests need."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.kernel import clock
from hub.kernel.outbox import FactRow
from hub.pool import service
from hub.pool.models import Profile
from hub.pool.service import OPENID, UNIONID, IdentityRef, Link, NewActivity, scoring

A, B = "wx000000000000000a", "wx000000000000000b"
SECTION: dict[str, Any] = {
    "mql_at": 60,
    "rules": [
        {"name": "关注", "when": {"activity": "follow"}, "points": 10, "once": True},
        {"name": "询价", "when": {"activity": "menu_click", "key": "PRICE"}, "points": 50, "per_day": 1},
        {"name": "下载", "when": {"activity": "download"}, "points": 20, "per_day": 2},
    ],
}


def openid(name: str, appid: str = A) -> IdentityRef:
    """Return an OpenID of one account."""
    return IdentityRef(OPENID, appid, f"o-{name}")


def union(name: str, platform: str = "main") -> IdentityRef:
    """Return a UnionID of one platform."""
    return IdentityRef(UNIONID, platform, f"u-{name}")


def act(who: IdentityRef, kind: str, key: str = "", *, minutes: int = 0, **properties: Any) -> NewActivity:
    """Return an activity that happened some minutes from now."""
    return NewActivity(who, kind, clock.now() + timedelta(minutes=minutes), key, None, properties)


def model(session: Session, section: dict[str, Any] = SECTION) -> None:
    """Put a scoring model in force."""
    scoring.apply(session, section)


def record(session: Session, *activities: NewActivity) -> service.Recorded:
    """Record activities in one batch."""
    return service.record_activities(session, activities)


def link(session: Session, *pairs: tuple[IdentityRef, IdentityRef]) -> int:
    """Link identities to UnionIDs in one batch."""
    return service.link_identities(session, [Link(a, b, "test") for a, b in pairs])


def profile(session: Session, who: IdentityRef) -> Profile:
    """Return the profile of whoever has this identity."""
    from hub.pool.service.identities import lock_roots, resolve

    person = resolve(session, [who])[who].person_id
    found = session.get(Profile, lock_roots(session, [person])[person], populate_existing=True)
    assert found is not None
    return found


def facts(session: Session, kind: str) -> Sequence[FactRow]:
    """Return the facts of one kind, in order."""
    return session.scalars(select(FactRow).where(FactRow.kind == kind).order_by(FactRow.id)).all()


NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
"""Noon in Shanghai."""
