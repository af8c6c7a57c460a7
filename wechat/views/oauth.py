"""Web login by WeChat: to its page, back with a code, and on to the site with a ticket in place of any id."""

from __future__ import annotations

import re
from dataclasses import replace

from flask import redirect, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from hub.group import service as group
from hub.group.service import Account
from hub.kernel import access, origins, settings
from hub.kernel.db import transaction
from hub.kernel.http import Problem, not_found
from wechat.rules import logins as rules
from wechat.service import exchanges, logins
from wechat.service.exchanges import Exchanged, Replayed
from wechat.service.logins import Started
from wechat.views.callbacks import blp
from wechat.views.exchanging import exchange

TICKET = "login_ticket"
"""The query parameter with which the site gets its ticket."""
_VISITOR = re.compile(r"[A-Za-z0-9_-]{8,64}", re.ASCII)
_LONGEST_CODE = 512


@blp.get("/oauth/<appid>/login")
@access.allow(access.PUBLIC)
def oauth_login(appid: str) -> Response:
    """Send the browser to WeChat's login page, to come back to `next`, which must be on a touchpoint's own site."""
    scope, visitor = request.args.get("scope", "base"), request.args.get("visitor_id", "")
    with transaction() as session:
        account = _account(session, appid)
        sites = logins.sites_of(session)
    target = origins.resolve(request.args.get("next", ""), settings.current().base_url)
    if target is None or target.origin not in sites:
        message = "This does not lead to a site of the group: 'origins' of its touchpoint name the sites."
        raise Problem(422, message, {"next": [message]})
    if scope not in rules.SCOPES:
        message = "scope is base or userinfo."
        raise Problem(422, message, {"scope": [message]})
    if visitor and _VISITOR.fullmatch(visitor) is None:
        message = "A visitor id has 8 to 64 letters, digits, '-' and '_'."
        raise Problem(422, message, {"visitor_id": [message]})
    return _send(account, Started(appid, target.url, target.origin, scope, visitor))


@blp.get("/oauth/<appid>/callback")
@access.allow(access.PUBLIC)
def oauth_callback(appid: str) -> Response:
    """Exchange the code, once, and lead the browser on to a clean address with a ticket for its site."""
    state, code = request.args.get("state", ""), request.args.get("code", "")
    with transaction() as session:
        account = _account(session, appid)
    started = logins.begun_login(appid, state, request.cookies.get(_cookie(state), ""))
    if started is None or len(code) > _LONGEST_CODE:
        raise _over()
    found = _found(account, code, state)
    if found.outcome == "restart" and not started.tries:
        return _send(account, replace(started, tries=1))
    if found.outcome in ("restart", "refused"):
        raise Problem(503, "WeChat does not let anybody log in here at the moment: try again later.")
    with transaction() as session:
        if started.origin not in logins.sites_of(session):
            raise _over()
        ticket = logins.issue_ticket(session, started, found)
    return redirect(origins.with_parameter(started.url, TICKET, ticket), 302)


def _found(account: Account, code: str, state: str) -> Exchanged:
    """Return what came of WeChat's page; without a code the person said no."""
    if not code:
        return Exchanged("denied")

    def note(session: Session, found: Exchanged, key: str) -> None:
        if found.login is not None:
            logins.note_login(session, account, found.login, key)

    try:
        return exchange(exchanges.WEB, account, code, lambda: logins.ask_web(account, code), note, state=state)
    except Replayed:
        raise _over() from None


def _send(account: Account, started: Started) -> Response:
    """Send the browser to WeChat, and let it keep what proves that the login is its own."""
    state, kept = logins.begin_login(started)
    now = settings.current()
    component = account.component.appid if account.component else ""
    url = rules.authorize_url(
        now.wechat_open,
        appid=account.appid,
        redirect_uri=f"{now.base_url}/wechat/oauth/{account.appid}/callback",
        scope=started.scope,
        state=state,
        component_appid=component,
    )
    answer = redirect(url, 302)
    answer.set_cookie(
        _cookie(state),
        kept,
        max_age=rules.STATE_SECONDS,
        path=f"/wechat/oauth/{account.appid}/",
        secure=now.base_url.startswith("https://"),
        httponly=True,
        samesite="Lax",  # not Strict: WeChat's page leads back here
    )
    return answer


def _cookie(state: str) -> str:
    """Return the name of the cookie that goes with a state: logins in two tabs do not disturb one another."""
    return f"hub_login_{(rules.nonce_of(state) or '')[:16]}"


def _account(session: Session, appid: str) -> Account:
    account = group.account(session, appid)
    if account is None or account.kind == "miniprogram":
        raise not_found("account")
    return account


def _over() -> Problem:
    return Problem(400, "This login is over or was begun in another browser: go back to the page and log in again.")
