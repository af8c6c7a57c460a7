"""Publish menus at WeChat, and look whether they are still what was published."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from hub.group import service as group
from hub.kernel import leases, metrics
from hub.kernel.db import transaction
from hub.kernel.logs import log
from wechat.client import WeChatError, clients
from wechat.client import menus as client
from wechat.client.menus import MenuRefused
from wechat.service import menus as service

_LEASE = timedelta(minutes=5)
_AT_ONCE = 20


def publish_menus(only: Collection[UUID] | None = None) -> int:
    """Publish what waits for it, all or the versions in `only`; return how many WeChat has taken."""
    with transaction() as session:
        due = service.due_publications(session, only)
    return sum(_publish(version, appid) for version, appid in due)


def check_menus() -> int:
    """Ask WeChat for the menus that were not looked at for an hour, a few at a time; return how many answered."""
    with transaction() as session:
        appids = service.unchecked_menus(session, _AT_ONCE)
    return sum(check_menu(appid) for appid in appids)


def check_menu(appid: str) -> bool:
    """Ask WeChat for one account's menu and compare; tell whether it answered."""
    name = f"menu:{appid}"
    with transaction() as session:
        token, account = leases.acquire(session, name, _LEASE), group.account(session, appid)
    if token is None or account is None:
        return False
    return _look(account, name, token)


def _publish(version: UUID, appid: str) -> bool:
    name = f"menu:{appid}"
    with transaction() as session:
        token, account = leases.acquire(session, name, _LEASE), group.account(session, appid)
        content = service.publication(session, version) if token else None
    if token is None:
        return False
    refusal = None
    if content is not None and account is not None:
        try:
            client.publish(clients().of(account), content)
        except MenuRefused as error:
            refusal = error
            log.warning("menu_refused", appid=appid, errcode=error.error.errcode)
        metrics.WECHAT_CALLS.labels("menu", str(refusal.error.errcode) if refusal else "ok").inc()
        if not _written(name, token, version, refusal):
            return False
    if account is not None:
        _look(account, name, token)
    return content is not None and refusal is None


def _written(name: str, token: int, version: UUID, refusal: MenuRefused | None) -> bool:
    """Write the outcome under the lease; tell whether it was still held, else its later holder publishes again."""
    try:
        with transaction() as session:
            leases.confirm(session, name, token)
            if refusal is None:
                service.menu_published(session, version)
            else:
                service.menu_refused(session, version, refusal)
    except leases.LeaseLost:
        log.warning("lease_lost", name=name)
        return False
    return True


def _look(account: group.Account, name: str, token: int) -> bool:
    """Ask for the menu that is there with no transaction open, write it down, and give the lease back."""
    errcode, found = 0, None
    try:
        found = client.read(clients().of(account))
    except WeChatError as error:
        errcode = error.errcode
        log.warning("menu_not_read", appid=account.appid, errcode=errcode)
    try:
        with transaction() as session:
            leases.confirm(session, name, token)
            if found is None:
                service.menu_not_found(session, account.appid, errcode)
            else:
                service.menu_found(session, account.appid, found)
            leases.release(session, name, token)
    except leases.LeaseLost:
        log.warning("lease_lost", name=name)
        return False
    return found is not None
