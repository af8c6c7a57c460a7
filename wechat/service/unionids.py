"""The rows behind UnionID look-ups: what is due, and what an answer means."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session

from hub.group import service as group
from hub.kernel import clock
from hub.kernel.work import LANES, MAX_ATTEMPTS, SHARDS
from hub.pool import service as pool
from hub.pool.service import OPENID, UNIONID, IdentityRef, Link
from wechat import rules
from wechat.client import CircuitOpen, WeChatError
from wechat.models import UnionidLookup

BATCH = 100  # WeChat's limit for one batchget


def due_accounts(session: Session, lane: int) -> list[str]:
    """Return the AppIDs of a lane that have look-ups due now."""
    shards = range(lane, SHARDS, LANES)
    query = select(UnionidLookup.appid).where(UnionidLookup.shard.in_(shards), _due()).distinct()
    return list(session.scalars(query))


def read_due(session: Session, appid: str) -> list[tuple[UUID, str]]:
    """Return up to one batch of (row id, OpenID) whose look-up is due."""
    query = (
        select(UnionidLookup.id, UnionidLookup.openid)
        .where(UnionidLookup.appid == appid, _due())
        .order_by(UnionidLookup.id)
        .limit(BATCH)
    )
    return [(id_, openid) for id_, openid in session.execute(query)]


def settle(
    session: Session, account: group.Account, asked: Sequence[tuple[UUID, str]], unionids: Mapping[str, str]
) -> None:
    """Stitch what WeChat answered (OpenID -> UnionID) and close the look-ups, answered or not."""
    links = [
        Link(
            IdentityRef(OPENID, account.appid, openid),
            IdentityRef(UNIONID, account.open_platform, unionids[openid]),
            "batchget",
        )
        for _, openid in asked
        if account.open_platform and unionids.get(openid)
    ]
    pool.link_identities(session, links)
    _close(session, [id_ for id_, openid in asked if unionids.get(openid)], None)
    _close(session, [id_ for id_, openid in asked if not unionids.get(openid)], "no_unionid")


def settle_failure(session: Session, asked: Sequence[tuple[UUID, str]], error: WeChatError) -> None:
    """Let failed look-ups wait and try again, or die with their reason when trying again is useless.

    A look-up that waits because its account is at fault uses up no try: it waits for as long as that takes.
    """
    now = clock.now()
    pause = timedelta(seconds=error.seconds) if isinstance(error, CircuitOpen) else timedelta(0)
    for row in session.scalars(select(UnionidLookup).where(UnionidLookup.id.in_([id_ for id_, _ in asked]))):
        row.attempts += not error.blameless
        row.error = f"wechat {error.errcode}"
        lot = random.random()  # noqa: S311 - it spreads callers, nothing more
        row.not_before = now + max(pause, rules.delay(rules.policy(error.errcode), max(1, row.attempts), now, lot))
        row.state = "new" if error.retryable and row.attempts < MAX_ATTEMPTS else "dead"


def _close(session: Session, ids: Iterable[UUID], error: str | None) -> None:
    session.execute(update(UnionidLookup).where(UnionidLookup.id.in_(list(ids))).values(state="done", error=error))


def _due() -> ColumnElement[bool]:
    now = clock.now()
    waited = or_(UnionidLookup.not_before.is_(None), UnionidLookup.not_before <= now)
    return and_(UnionidLookup.state == "new", waited)
