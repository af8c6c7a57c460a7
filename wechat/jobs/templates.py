"""Keep the mirror of the accounts' templates."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from hub.group import service as group
from hub.kernel import leases, metrics
from hub.kernel.db import transaction
from hub.kernel.logs import log
from wechat import service
from wechat.client import WeChatError, clients
from wechat.client import sends as calls

_PAUSE = timedelta(minutes=10)


def sync_templates(appid: str | None = None) -> dict[str, int]:
    """Read the templates of one account, or of all, from WeChat; return how many each has, or its error code below 0.

    An account that does not answer keeps the templates that are known of it.
    """
    with transaction() as session:
        accounts = [a for a in group.accounts(session) if appid in (None, a.appid)]
    return {account.appid: _sync(account) for account in accounts}


def sync_stale(appids: Collection[str]) -> None:
    """Read the templates anew of accounts that refused one as unknown, every ten minutes at most."""
    for appid in sorted(appids):
        with transaction() as session:
            token = leases.acquire(session, f"templates:{appid}", _PAUSE)
        if token is not None:
            sync_templates(appid)


def _sync(account: group.Account) -> int:
    try:
        told = calls.templates(clients().of(account), account.kind)
    except WeChatError as error:
        metrics.WECHAT_CALLS.labels("templates", str(error.errcode)).inc()
        log.warning("templates_failed", appid=account.appid, errcode=error.errcode)
        return -abs(error.errcode)
    metrics.WECHAT_CALLS.labels("templates", "ok").inc()
    with transaction() as session:
        return service.store_templates(session, account.appid, told)
