"""Turn stored callbacks into activities of people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from hub.group import service as group
from hub.kernel import bell, bulk, outbox, rollups
from hub.kernel.ids import new_id
from hub.kernel.work import shard_of
from hub.pool import service as pool
from hub.pool.service import OPENID, UNIONID, IdentityRef, Link, NewActivity
from wechat.facts import AccountCancelled, AuthorizationRevoked, InfoModified
from wechat.models import Callback, UnionidLookup
from wechat.rules.behaviours import MESSAGE, TAPS, behaviours
from wechat.rules.dedupe import PRIVACY_EVENTS
from wechat.service import answering, oddities, qrcodes
from wechat.service.ledgers import note_reach
from wechat.service.menus import Evidence, menu_evidence
from wechat.service.results import note_results

Hearer = Callable[[Session, Sequence[Callback]], None]

HEARERS: tuple[Hearer, ...] = (oddities.note, note_results, note_reach, answering.note, qrcodes.count_codes)
"""Who in the gateway learns from callbacks beside the pool: each gets the batch, in order per person, after it."""


def handle(session: Session, callbacks: Sequence[Callback]) -> None:
    """Record what `callbacks` (in order per person) mean, and ask for the UnionIDs of OpenIDs never seen before."""
    touchpoints = group.touchpoint_ids(session)
    meant = [(c, *meaning) for c in callbacks if c.known for meaning in behaviours(c.msg_type, c.event, c.details)]
    # Merging first: it must not wait while recording already holds people.
    _link(session, [c for c in callbacks if c.known and c.details.get("unionid")])
    taps = menu_evidence(session) if any(kind in TAPS for _c, kind, _key in meant) else {}
    recorded = pool.record_activities(session, [_activity(c, kind, key, touchpoints, taps) for c, kind, key in meant])
    _tell(session, [c for c in callbacks if c.known and c.event in PRIVACY_EVENTS], recorded)
    fresh = [ref for ref, known in recorded.identities.items() if known.fresh]
    askable = {a.appid for a in group.accounts(session) if _can_be_asked(a)} if fresh else set()
    ask_for_unionids(session, [ref for ref in fresh if ref.namespace in askable])
    counts = Counter(("callbacks", c.appid) for c in callbacks)
    counts.update(("callbacks_unknown", c.appid) for c in callbacks if not c.known)
    rollups.add(session, counts)
    for hear in HEARERS:
        hear(session, callbacks)


def _tell(session: Session, told: Sequence[Callback], recorded: pool.Recorded) -> None:
    """Publish what people took back, in their order, so that whoever holds anything of theirs can act on it."""
    outbox.publish(session, [_fact(c, recorded.identities[_identity(c)].person_id) for c in told])


def _fact(callback: Callback, person_id: UUID) -> outbox.Fact:
    if callback.event == "user_authorization_revoke":
        revoked = callback.details.get("revoke_info", "")
        return AuthorizationRevoked(person_id=person_id, appid=callback.appid, revoke_info=revoked)
    made = AccountCancelled if callback.event == "user_authorization_cancellation" else InfoModified
    return made(person_id=person_id, appid=callback.appid)


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


def _told_by_tap(told: Mapping[str, str]) -> dict[str, Any]:
    """Return what the button that was tapped says of its person: the buying stage and the BU that marketing gave it."""
    named = {"stage": told.get("stage"), "bu_interest": told.get("bu")}
    return {**{name: value for name, value in named.items() if value}, **({"traits": dict(told)} if told else {})}


def _identity(callback: Callback) -> IdentityRef:
    return IdentityRef(OPENID, callback.appid, callback.subject.split(":", 1)[1])


def _activity(callback: Callback, kind: str, key: str, touchpoints: dict[str, UUID], taps: Evidence) -> NewActivity:
    details: dict[str, Any] = callback.details
    properties = {name: details[name] for name in ("scene", "revoke_info") if details.get(name)}
    if kind in TAPS:
        properties |= _told_by_tap(taps.get(callback.appid, {}).get((kind, key), {}))
    if kind == MESSAGE:
        properties["type"] = callback.msg_type
    return NewActivity(
        identity=_identity(callback),
        kind=kind,
        occurred_at=callback.occurred_at,
        key=key,
        touchpoint_id=touchpoints.get(callback.appid),
        properties=properties,
    )
