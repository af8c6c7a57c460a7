"""Logins: begun with a state that is the browser's alone, ended with a ticket that the site redeems."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from functools import cache

from sqlalchemy import delete
from sqlalchemy.orm import Session

from hub.group import service as group
from hub.group.service import Account, tokens
from hub.kernel import clock, secretbox, settings
from hub.pool import service as pool
from hub.pool.service import OPENID, UNIONID, VISITOR, IdentityRef, Link, NewActivity
from wechat.client import HubClient, Login, WeChatError
from wechat.client import logins as api
from wechat.client.shared import clients
from wechat.models import LoginTicket
from wechat.rules import logins as rules
from wechat.rules.errors import policy
from wechat.rules.errortable import Kind
from wechat.service.exchanges import Exchanged

TICKET_LIFE = timedelta(minutes=2)
LOGIN = "login"


class NotYours(Exception):
    """A login was begun by another visitor than the one it is redeemed for."""


@dataclass(frozen=True, slots=True)
class Started:
    """Hold what a login was begun with: where it leads back to, and for whom; the browser keeps it, sealed."""

    appid: str
    url: str
    origin: str
    scope: str
    visitor: str = field(default="", repr=False)
    tries: int = 0

    @property
    def _bound(self) -> tuple[str, ...]:
        return (self.appid, self.url, self.origin, self.scope, self.visitor, str(self.tries))


@dataclass(frozen=True, slots=True)
class Redeemed:
    """Hold what came of a login, and whether what the visitor did before is now theirs."""

    outcome: str
    appid: str
    login: Login | None = field(repr=False)
    visitor_linked: bool = False


def begin_login(started: Started) -> tuple[str, str]:
    """Return a state for WeChat and what the browser keeps to prove that the login is its own."""
    nonce = secrets.token_hex(16)
    state = rules.write_state(_key("state"), nonce, _second(), started._bound)
    sealed = secretbox.seal(_key("cookie"), json.dumps(asdict(started)), context=nonce)
    return state, sealed.hex()


def begun_login(appid: str, state: str, kept: str) -> Started | None:
    """Return what the login of `state` was begun with; None when it is forged, over, or another browser's."""
    nonce = rules.nonce_of(state)
    if nonce is None:
        return None
    try:
        clear = secretbox.unseal(_key("cookie"), bytes.fromhex(kept), context=nonce)
        started = Started(**json.loads(clear))
    except (ValueError, TypeError):  # a TypeError: another version of the hub wrote it
        return None
    genuine = started.appid == appid and rules.holds(_key("state"), state, _second(), started._bound)
    return started if genuine else None


def ask_web(account: Account, code: str) -> Exchanged:
    """Return who logged in with `code`; asked of WeChat, with no transaction open."""
    return _asked(lambda client: _web(client, code), account)


def ask_miniprogram(account: Account, code: str) -> Exchanged:
    """Return who opened the mini program with `code`; asked of WeChat, with no transaction open."""
    return _asked(lambda client: Exchanged("signed_in", login=client.code_to_session(code)), account)


def note_login(session: Session, account: Account, login: Login, key: str) -> None:
    """Record that somebody logged in, once for each `key`, and stitch their UnionID."""
    ref = IdentityRef(OPENID, account.appid, login.openid)
    if login.unionid and account.open_platform:  # merging first: it never waits behind locks that scoring holds
        union = IdentityRef(UNIONID, account.open_platform, login.unionid)
        pool.link_identities(session, [Link(ref, union, LOGIN)])
    act = NewActivity(ref, LOGIN, clock.now(), touchpoint_id=account.touchpoint_id, external_id=f"{LOGIN}:{key}")
    pool.record_activities(session, [act])


def issue_ticket(session: Session, started: Started, found: Exchanged) -> str:
    """Return a ticket with which the site that is led back to learns, once, what came of the login."""
    ticket = tokens.fresh()
    digest = tokens.digest("login_ticket", ticket)
    who = [found.login.openid, found.login.unionid] if found.login else None
    sealed = secretbox.seal(_key("ticket"), json.dumps([who, started.visitor]), context=digest.hex())
    kept = {"digest": digest, "origin": started.origin, "appid": started.appid, "outcome": found.outcome}
    session.add(LoginTicket(**kept, sealed=sealed, expires_at=clock.now() + TICKET_LIFE))
    return ticket


def redeem_ticket(session: Session, ticket: str, origins: tuple[str, ...], visitor: str) -> Redeemed | None:
    """Return what came of a login, once; None when there is no such ticket for a site of `origins`.

    A login that was begun by a visitor is given out for that visitor alone: raises NotYours, and the ticket stays.
    """
    digest = tokens.digest("login_ticket", ticket)
    row = session.get(LoginTicket, digest, with_for_update=True)
    if row is None or row.origin not in origins or row.expires_at <= clock.now():
        return None
    who, began = json.loads(secretbox.unseal(_key("ticket"), row.sealed, context=digest.hex()))
    if began and not secrets.compare_digest(began, visitor):
        raise NotYours
    session.delete(row)
    login = Login(*who) if who else None
    linked = False
    if login is not None and began:
        openid = IdentityRef(OPENID, row.appid, login.openid)
        linked = pool.link_visitor(session, IdentityRef(VISITOR, "", began), openid)
    return Redeemed(row.outcome, row.appid, login, linked)


def forget_tickets(session: Session) -> None:
    """Forget the tickets that nobody redeemed."""
    session.execute(delete(LoginTicket).where(LoginTicket.expires_at < clock.now()))


def sites_of(session: Session) -> frozenset[str]:
    """Return the origins of all touchpoints."""
    return frozenset(origin for place in group.touchpoints(session) for origin in place.origins)


def _asked(ask: Callable[[HubClient], Exchanged], account: Account) -> Exchanged:
    try:
        return ask(clients().of(account))
    except WeChatError as error:
        return Exchanged(rules.outcome_of(error.errcode), error.errcode)


def _web(client: HubClient, code: str) -> Exchanged:
    grant = api.web_grant(client, code)
    if grant.snapshot:
        return Exchanged("snapshot")
    unionid = grant.unionid
    if grant.open_profile:
        try:
            unionid = _profile(client, grant) or unionid
        except WeChatError as error:
            if error.errcode == rules.NO_RIGHT:  # what a snapshot page meets that did not say it is one
                return Exchanged("snapshot", error.errcode)
            raise
    return Exchanged("signed_in", login=Login(grant.openid, unionid))


def _profile(client: HubClient, grant: api.WebGrant) -> str:
    try:
        return api.profile_unionid(client, grant)
    except WeChatError as error:
        if policy(error.errcode).kind is not Kind.RENEW:
            raise
    return api.profile_unionid(client, api.renew_grant(client, grant))


def _second() -> int:
    return int(clock.now().timestamp())


def _key(purpose: str) -> bytes:
    return _derived(settings.current().secret_key, f"wechat_login_{purpose}")


@cache
def _derived(secret_key: str, purpose: str) -> bytes:
    return secretbox.derive(secret_key, purpose)
