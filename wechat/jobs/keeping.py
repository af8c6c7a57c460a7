"""Renew the tokens of third-party platforms: one worker at a time, with no transaction open while WeChat is asked."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from hub.kernel import clock, leases
from hub.kernel.db import transaction
from hub.kernel.logs import log
from wechat.client.broker import MARGIN
from wechat.client.cache import Token
from wechat.client.component import Grant
from wechat.client.errors import NETWORK, CircuitOpen, WeChatError
from wechat.rules.errortable import Kind
from wechat.service import grants as kept
from wechat.service.grants import KeptToken

_NO_TICKET, _NOT_AUTHORIZED, _BAD_REFRESH = 61006, 61003, 61023
_LEASE = timedelta(seconds=40)
_WAIT, _POLL = 15.0, 0.1


class DatabaseKeeper:
    """Keep tickets and tokens in PostgreSQL, sealed: Redis may be wiped, and a refresh token must not be lost."""

    def component_token(self, component_appid: str, unlike: str, renew: Callable[[str], Token]) -> Token:
        """Return the platform's token other than `unlike`, kept or renewed from its newest ticket."""
        with _turn(f"component:{component_appid}") as (name, turn):
            with transaction() as session:
                state = kept.platform_state(session, component_appid)
            if _good(state.token, unlike):
                return Token(state.token.value, state.token.expires_at)
            if not state.ticket:
                raise WeChatError(_NO_TICKET, "WeChat has pushed no ticket yet", at_token=True)
            made = renew(state.ticket)
            with transaction() as session:
                leases.confirm(session, name, turn)
                kept.keep_platform_token(session, component_appid, made.value, made.expires_at)
            return made

    def account_token(
        self, component_appid: str, appid: str, unlike: str, renew: Callable[[str], Grant], recover: Callable[[], str]
    ) -> Token:
        """Return an account's token other than `unlike`, kept or renewed; note it when the account is disconnected."""
        with _turn(f"authorizer:{component_appid}:{appid}") as (name, turn):
            with transaction() as session:
                found = kept.authorization(session, component_appid, appid)
            if found is None or not found.connected:
                raise WeChatError(_NOT_AUTHORIZED, "the account has not authorized the platform", at_token=True)
            if _good(found.token, unlike):
                return Token(found.token.value, found.token.expires_at)
            try:
                grant = _renewed(found.refresh_tokens, renew, recover)
            except CircuitOpen:
                raise
            except WeChatError as error:
                _note_disconnected(component_appid, appid, error)
                raise WeChatError(error.errcode, error.errmsg, at_token=True) from None
            token = KeptToken(grant.token.value, grant.token.expires_at)
            with transaction() as session:
                leases.confirm(session, name, turn)
                kept.keep_grant(session, component_appid, appid, refresh_token=grant.refresh_token, token=token)
            return grant.token


def _note_disconnected(component_appid: str, appid: str, error: WeChatError) -> None:
    if error.kind is not Kind.DISCONNECTED:
        return
    with transaction() as session:
        kept.disconnect(session, component_appid, appid, str(error.errcode), clock.now())
    log.error("account_disconnected", appid=appid, errcode=error.errcode)


def _renewed(refresh_tokens: tuple[str, ...], renew: Callable[[str], Grant], recover: Callable[[], str]) -> Grant:
    """Return what the first good refresh token gives: the newest, the one before, or what WeChat lists."""
    for refresh_token in refresh_tokens:
        try:
            return renew(refresh_token)
        except WeChatError as error:
            if error.errcode != _BAD_REFRESH:
                raise
    listed = recover()
    if not listed:
        raise WeChatError(_BAD_REFRESH, "no refresh token works, and WeChat lists none")
    return renew(listed)


def _good(token: KeptToken, unlike: str) -> bool:
    return bool(token.value) and token.value != unlike and token.expires_at - clock.now().timestamp() > MARGIN


@contextmanager
def _turn(name: str) -> Iterator[tuple[str, int]]:
    """Hold the lease `name`, waiting while another worker does; raise WeChatError when that takes too long."""
    deadline = time.monotonic() + _WAIT
    turn = _acquire(name)
    while turn is None:
        if time.monotonic() > deadline:
            raise WeChatError(NETWORK, "another worker is renewing it", at_token=True)
        time.sleep(_POLL)
        turn = _acquire(name)
    try:
        yield name, turn
    finally:
        with transaction() as session:
            leases.release(session, name, turn)


def _acquire(name: str) -> int | None:
    with transaction() as session:
        return leases.acquire(session, name, _LEASE)
