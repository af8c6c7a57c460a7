"""Turn stored callbacks into activities of people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from hub.group import service as group
from hub.kernel import bell, bulk, rollups
from hub.kernel.ids import new_id
from hub.kernel.work import shard_of
from hub.pool import service as pool
from hub.pool.service import OPENID, UNIONID, IdentityRef, Link, NewActivity
from wechat.models import Callback, UnionidLookup
from wechat.rules.behaviours import behaviour

Hearer = Callable[[Session, Sequence[Callback]], None]

HEARERS: tuple[Hearer, ...] = ()
"""Who in the gateway learns from callbacks beside the pool: each gets the batch, in order per person, after it."""


def handle(session: Session, callbacks: Sequence[Callback]) -> None:
    """Record what `callbacks` (in order per person) mean, and ask for the UnionIDs of OpenIDs never seen before."""
    touchpoints = group.touchpoint_ids(session)
    meant = [(c, kind) for c in callbacks if c.known and (kind := behaviour(c.msg_type, c.event)) is not None]
    _link(
        session, [c for c, _ in meant if c.details.get("unionid")]
    )  # merging first: it must not wait while recording already holds people
    recorded = pool.record_activities(session, [_activity(c, kind, touchpoints) for c, kind in meant])
    fresh = [ref for ref, known in recorded.identities.items() if known.fresh]
    askable = {a.appid for a in group.accounts(session) if _can_be_asked(a)} if fresh else set()
    ask_for_unionids(session, [ref for ref in fresh if ref.namespace in askable])
    counts = Counter(("callbacks", c.appid) for c in callbacks)
    counts.update(("callbacks_unknown", c.appid) for c in callbacks if not c.known)
    rollups.add(session, counts)
    for hear in HEARERS:
        hear(session, callbacks)


def ask_for_unionids(session: Session, refs: Collection[IdentityRef]) -> None:
    """Queue the look-up of each OpenID's UnionID, once."""
    rows = [
        {
            "id": new_id(),
            "appid": ref.namespace,
            "openid": ref.value,
            "shard": shard_of(ref.namespace),
            "subject": f"{ref.namespace}:{ref.value}",
            "state": "new",
            "attempts": 0,
        }
        for ref in sorted(set(refs))
    ]
    bulk.insert_rows(session, UnionidLookup, rows, conflict="DO NOTHING")
    bell.announce(session, UnionidLookup.__tablename__, {shard_of(ref.namespace) for ref in refs})


def _link(session: Session, told: Sequence[Callback]) -> None:
    """Stitch the people whose UnionID came with the push itself, as privacy events bring it."""
    if not told:
        return
    platform_of = {account.appid: account.open_platform for account in group.accounts(session)}
    links = [
        Link(_identity(c), IdentityRef(UNIONID, platform, c.details["unionid"]), "push")
        for c in told
        if (platform := platform_of.get(c.appid))
    ]
    pool.link_identities(session, links)


def _can_be_asked(account: group.Account) -> bool:
    """Tell whether WeChat answers user/info for this account: not for mini programs, in vain without a platform."""
    return account.kind != "miniprogram" and account.open_platform is not None


def _identity(callback: Callback) -> IdentityRef:
    return IdentityRef(OPENID, callback.appid, callback.subject.split(":", 1)[1])


def _activity(callback: Callback, kind: str, touchpoints: dict[str, UUID]) -> NewActivity:
    details: dict[str, Any] = callback.details
    properties = {name: details[name] for name in ("scene", "revoke_info") if details.get(name)}
    return NewActivity(
        identity=_identity(callback),
        kind=kind,
        occurred_at=callback.occurred_at,
        key=details.get("scene") or details.get("key", ""),
        touchpoint_id=touchpoints.get(callback.appid),
        properties=properties,
    )
