"""Ask WeChat for the UnionIDs of OpenIDs that were never seen before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from hub.group import service as group
from hub.kernel import leases, metrics
from hub.kernel.db import transaction
from hub.kernel.logs import log
from wechat import service
from wechat.client import WeChatError, clients

_LEASE = timedelta(seconds=60)


def drain_unionids(lane: int) -> int:
    """Look up the UnionIDs due in a lane, one batch per account; return how many look-ups were settled."""
    with transaction() as session:
        appids = service.due_accounts(session, lane)
    return sum(_look_up(appid) for appid in appids)


def _look_up(appid: str) -> int:
    name = f"unionids:{appid}"
    with transaction() as session:
        token = leases.acquire(session, name, _LEASE)
        account = group.account(session, appid)
        asked = service.read_due(session, appid) if token else []
    if token is None:
        return 0
    try:
        if asked and account is not None:
            _ask(account, name, token, asked)
    except leases.LeaseLost:  # a later holder asks again; what we were told is dropped
        log.warning("lease_lost", name=name)
        return 0
    with transaction() as session:
        leases.release(session, name, token)
    return len(asked)


def _ask(account: group.Account, lease: str, token: int, asked: Sequence[tuple[UUID, str]]) -> None:
    """Ask WeChat with no transaction open, then write what it said under the lease's token."""
    try:
        client = clients().of(account)
        users = client.resolve_unionids([openid for _, openid in asked])
    except WeChatError as error:
        metrics.WECHAT_CALLS.labels("batchget", str(error.errcode)).inc()
        log.warning("unionids_failed", appid=account.appid, errcode=error.errcode)
        with transaction() as session:
            leases.confirm(session, lease, token)
            service.settle_failure(session, asked, error)
        return
    metrics.WECHAT_CALLS.labels("batchget", "ok").inc()
    with transaction() as session:
        leases.confirm(session, lease, token)
        service.settle(session, account, asked, {openid: user.unionid for openid, user in users.items()})
