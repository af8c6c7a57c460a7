"""Turn stored callbacks into activities of people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
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


def handle(session: Session, callbacks: Sequence[Callback]) -> None:
    """Record what `callbacks` (in order per person) mean, and ask for the UnionIDs of OpenIDs never seen before."""
    touchpoints = group.touchpoint_ids(session)
    meant = [(c, kind) for c in callbacks if c.known and (kind := behaviour(c.msg_type, c.event)) is not None]
    recorded = pool.record_activities(session, [_activity(c, kind, touchpoints) for c, kind in meant])
    fresh = [ref for ref, known in recorded.identities.items() if known.fresh]
    platforms = {a.appid: a for a in group.accounts(session)} if fresh or _with_unionid(meant) else {}
    ask_for_unionids(session, [ref for ref in fresh if _can_be_asked(platforms.get(ref.namespace))])
    links = [
        Link(_identity(c), IdentityRef(UNIONID, account.open_platform, c.details["unionid"]), "push")
        for c in _with_unionid(meant)
        if (account := platforms.get(c.appid)) is not None and account.open_platform
    ]
    pool.link_identities(session, links)
    counts = Counter(("callbacks", c.appid) for c in callbacks)
    counts.update(("callbacks_unknown", c.appid) for c in callbacks if not c.known)
    rollups.add(session, counts)


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


def _can_be_asked(account: group.Account | None) -> bool:
    """Tell whether WeChat answers user/info for this account: not for mini programs, in vain without a platform."""
    return account is not None and account.kind != "miniprogram" and account.open_platform is not None


def _with_unionid(meant: Iterable[tuple[Callback, str]]) -> list[Callback]:
    return [c for c, _ in meant if c.details.get("unionid")]


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
