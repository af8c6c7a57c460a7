"""The rows behind UnionID look-ups: what is due, and what an answer means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session

from hub.group import service as group
from hub.kernel import clock
from hub.kernel.work import LANES, MAX_ATTEMPTS, SHARDS, backoff
from hub.pool import service as pool
from hub.pool.service import OPENID, UNIONID, IdentityRef, Link
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


def settle_failure(session: Session, asked: Sequence[tuple[UUID, str]], error: str, *, retryable: bool) -> None:
    """Let failed look-ups wait and try again, or die with their reason when trying again is useless."""
    now = clock.now()
    for row in session.scalars(select(UnionidLookup).where(UnionidLookup.id.in_([id_ for id_, _ in asked]))):
        row.attempts += 1
        row.error = error
        row.not_before = now + max(backoff(row.attempts), timedelta(seconds=1))
        row.state = "new" if retryable and row.attempts < MAX_ATTEMPTS else "dead"


def _close(session: Session, ids: Iterable[UUID], error: str | None) -> None:
    session.execute(update(UnionidLookup).where(UnionidLookup.id.in_(list(ids))).values(state="done", error=error))


def _due() -> ColumnElement[bool]:
    now = clock.now()
    waited = or_(UnionidLookup.not_before.is_(None), UnionidLookup.not_before <= now)
    return and_(UnionidLookup.state == "new", waited)
