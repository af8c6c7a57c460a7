"""Work off what WeChat pushed to third-party platforms, and ask for tickets that do not come."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from hub.group import service as group
from hub.kernel import clock, leases, metrics
from hub.kernel.db import transaction
from hub.kernel.logs import log
from wechat import service
from wechat.client import WeChatError
from wechat.client.component import Grant, Platform
from wechat.client.shared import clients
from wechat.rules.component import AUTHORIZED, TICKET, UNAUTHORIZED, UPDATED, digest
from wechat.rules.errortable import Kind
from wechat.service import Push
from wechat.service.component_inbox import REDIRECT, RELEASE_CHECK
from wechat.service.grants import KeptToken

_LEASE = timedelta(seconds=120)
_ASK_AGAIN = timedelta(minutes=10)


def drain_component_pushes(lane: int) -> int:
    """Work off what is due of each platform of a lane, in order; return how many pushes were settled."""
    with transaction() as session:
        due = service.due_components(session, lane)
    return sum(_work_off(component_appid) for component_appid in due)


def ask_for_tickets() -> int:
    """Ask WeChat to push tickets to the platforms that have waited too long; return how many were asked for."""
    now = clock.now()
    late = []
    with transaction() as session:
        for component in group.components(session):
            state = service.platform_state(session, component.appid)
            waits = state.ticket_at is None or now - state.ticket_at > service.TICKET_LATE
            if waits and (state.asked_at is None or now - state.asked_at > _ASK_AGAIN):
                service.ticket_asked(session, component.appid)
                late.append(component)
    for component in late:
        try:
            clients().platform(component).start_push_ticket()
        except WeChatError as error:
            log.error("ticket_not_asked_for", appid=component.appid, errcode=error.errcode)
    return len(late)


def forget_component_pushes() -> None:
    """Delete what was worked off long ago."""
    with transaction() as session:
        service.forget_pushes(session)


def _work_off(component_appid: str) -> int:
    name = f"component-pushes:{component_appid}"
    with transaction() as session:
        turn = leases.acquire(session, name, _LEASE)
        component = group.component(session, component_appid)
        pushes = service.read_pushes(session, component_appid) if turn else []
    if turn is None:
        return 0
    try:
        for push in pushes:
            _settle(component, push, name, turn)
    except leases.LeaseLost:  # a later holder goes on
        log.warning("lease_lost", name=name)
        return 0
    with transaction() as session:
        leases.release(session, name, turn)
    return len(pushes)


def _settle(component: group.Component | None, push: Push, lease: str, turn: int) -> None:
    """Do the work of one push: ask WeChat with no transaction open, then write under the lease's token."""
    act = _ACTS.get(push.info_type)
    try:
        if act is not None and component is not None:
            act(component, push, lease, turn)
    except WeChatError as error:
        metrics.WECHAT_CALLS.labels(push.info_type, str(error.errcode)).inc()
        log.warning("component_push_failed", kind=push.info_type, appid=push.appid or None, errcode=error.errcode)
        with transaction() as session:
            leases.confirm(session, lease, turn)
            service.settle_push(session, push.id, error)
        return
    with transaction() as session:
        leases.confirm(session, lease, turn)
        service.close_push(session, push.id)


def _keep_ticket(component: group.Component, push: Push, lease: str, turn: int) -> None:
    with transaction() as session:
        leases.confirm(session, lease, turn)
        service.keep_ticket(session, component.appid, push.secrets["ComponentVerifyTicket"], push.occurred_at)
    clients().breakers.close(component.appid)


def _authorize(component: group.Component, push: Push, lease: str, turn: int) -> None:
    """Redeem an authorization code, which works once: as WeChat pushed it or its owner brought it back, the first."""
    code = push.secrets["AuthorizationCode"]
    mark = digest(component.appid, code)
    with transaction() as session:
        appid = service.redeemed(session, component.appid, mark)
    if appid is None:
        platform = clients().platform(component)
        grant = _redeem(platform, push, code)
        info = platform.info(grant.appid)
        appid = grant.appid
        with transaction() as session:
            leases.confirm(session, lease, turn)
            service.keep_grant(
                session,
                component.appid,
                appid,
                refresh_token=grant.refresh_token,
                token=KeptToken(grant.token.value, grant.token.expires_at),
                granted={
                    "at": push.occurred_at,
                    "code": mark,
                    "permissions": list(grant.permissions),
                    "name": info.name,
                    "original_id": info.original_id,
                    "kind": info.kind,
                },
            )
        clients().welcome(component.appid, appid, grant.token)
        log.info("account_authorized", appid=appid)
    if push.info_type == REDIRECT:
        with transaction() as session:
            service.adopt(session, component, appid)
            group.audit(session, None, "account.adopt", "account", appid, component=component.slug)


def _redeem(platform: Platform, push: Push, code: str) -> Grant:
    try:
        return platform.query_auth(code)
    except WeChatError as error:
        # The code may have been used by a worker that died before it wrote: then WeChat lists the account.
        listed = platform.recover(push.appid) if error.kind is Kind.REAUTHORIZE and push.appid else ""
        if not listed:
            raise
        return platform.renew(push.appid, listed)


def _disconnect(component: group.Component, push: Push, lease: str, turn: int) -> None:
    with transaction() as session:
        leases.confirm(session, lease, turn)
        if service.disconnect(session, component.appid, push.appid, UNAUTHORIZED, push.occurred_at):
            log.warning("account_disconnected", appid=push.appid, reason=UNAUTHORIZED)


def _answer_release_check(component: group.Component, push: Push, _lease: str, _turn: int) -> None:
    code = push.secrets["AuthorizationCode"]
    platform = clients().platform(component)
    platform.send_text(platform.query_auth(code), push.secrets["OpenID"], f"{code}_from_api")


_ACTS: dict[str, Callable[[group.Component, Push, str, int], None]] = {
    TICKET: _keep_ticket,
    AUTHORIZED: _authorize,
    UPDATED: _authorize,
    REDIRECT: _authorize,
    UNAUTHORIZED: _disconnect,
    RELEASE_CHECK: _answer_release_check,
}
"""Kind of push -> its work; any other kind is kept and done."""
