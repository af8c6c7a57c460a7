"""Ask WeChat for the QR codes that are wanted."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from hub.group import service as group
from hub.kernel import leases, metrics
from hub.kernel.db import transaction
from hub.kernel.logs import log
from wechat import service
from wechat.client import WeChatError, clients, qrcodes

_LEASE, _NAME, _AT_ONCE = timedelta(minutes=5), "qrcodes", 100


def make_codes(only: Collection[UUID] | None = None) -> int:
    """Ask for the codes that are wanted, or for those of `only` alone; return how many were settled."""
    with transaction() as session:
        token = leases.acquire(session, _NAME, _LEASE)
        codes = service.wanted_codes(session, _AT_ONCE, only) if token else []
        accounts = {account.appid: account for account in group.accounts(session)}
    if token is None:
        return 0  # whoever holds the lease makes them, or the clock does in half a minute
    try:
        for code in codes:
            if code.appid in accounts:
                _make(token, accounts[code.appid], code.id, code.scene, service.life(code))
    except leases.LeaseLost:
        log.warning("lease_lost", name=_NAME)
        return 0
    with transaction() as session:
        leases.release(session, _NAME, token)
    return len(codes)


def _make(token: int, account: group.Account, code_id: UUID, scene: str, seconds: int | None) -> None:
    try:
        ticket = qrcodes.create(clients().of(account), scene, seconds=seconds)
    except WeChatError as error:
        metrics.WECHAT_CALLS.labels("qrcode", str(error.errcode)).inc()
        with transaction() as session:
            leases.confirm(session, _NAME, token)
            service.code_refused(session, code_id, error)
        return
    metrics.WECHAT_CALLS.labels("qrcode", "ok").inc()
    with transaction() as session:
        leases.confirm(session, _NAME, token)
        service.code_made(session, code_id, ticket)
