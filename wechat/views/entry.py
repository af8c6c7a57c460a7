"""The touchpoints' API of WeChat: redeem logins, sign pages, log mini programs in, take verified numbers in."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from hub.group import service as group
from hub.group.service import Account
from hub.kernel import clock, origins
from hub.kernel.access import TOUCHPOINT, allow, touchpoint
from hub.kernel.blueprints import Blueprint
from hub.kernel.db import transaction
from hub.kernel.http import Problem, not_found, unrecorded
from hub.kernel.logs import log
from privacy import service as privacy
from wechat.client import Login, WeChatError
from wechat.rules import pages
from wechat.schemas import entry as schemas
from wechat.service import domains, exchanges, logins, phones
from wechat.service.exchanges import Exchanged
from wechat.views import refusals
from wechat.views.exchanging import exchange

blp = Blueprint("logins", __name__, url_prefix="/api/v1", description="Logins and pages of touchpoints at WeChat")

_HINTS: Mapping[str, Mapping[str, str]] = {
    "snapshot": {
        "zh": "您正在浏览快照页：点击右下角「使用完整服务」后即可登录。",
        "en": "This is a snapshot page: tap the full service button at the bottom right, then log in.",
    },
    "denied": {
        "zh": "您没有同意登录，可以随时再试。",
        "en": "You did not agree to log in: try again at any time.",
    },
}


@blp.post("/logins/redeem")
@blp.arguments(schemas.RedeemBody)
@blp.response(200, schemas.RedeemResult)
@unrecorded
@allow(TOUCHPOINT, scope="logins:write")
def post_redemption(body: dict[str, str]) -> dict[str, Any]:
    """Redeem the ticket with which a browser came back from WeChat's login; it works once, for two minutes."""
    with transaction() as session:
        try:
            found = logins.redeem_ticket(session, body["ticket"], _origins(session), body["visitor_id"])
        except logins.NotYours:
            message = "This login was begun by another visitor."
            raise Problem(422, message, {"visitor_id": [message]}) from None
    if found is None:
        message = "There is no such ticket for this touchpoint, or it is over: let the person log in again."
        raise Problem(422, message, {"ticket": [message]})
    return {
        "outcome": found.outcome,
        "identity": _identity(found.appid, found.login) if found.login else None,
        "visitor_linked": found.visitor_linked,
        "hint": _HINTS.get(found.outcome),
    }


@blp.post("/wechat/js-signatures")
@blp.arguments(schemas.SignatureBody)
@blp.response(200, schemas.SignatureResult)
@unrecorded
@allow(TOUCHPOINT, scope="pages:sign")
def post_signature(body: dict[str, str]) -> dict[str, Any]:
    """Sign a page of this touchpoint's sites for WeChat's script (wx.config)."""
    with transaction() as session:
        account, ours = _account(session, body["appid"], official=True), _origins(session)
    place = origins.read(body["url"].partition("#")[0])
    if place is None or place.origin not in ours:
        message = "This page is on no site of this touchpoint: its 'origins' in the group file name the sites."
        raise Problem(422, message, {"url": [message]})
    try:
        ticket = domains.page_ticket(account)
    except WeChatError as error:
        log.warning("page_not_signed", appid=account.appid, errcode=error.errcode)
        raise refusals.of_account(error.errcode) from None
    nonce, timestamp = secrets.token_hex(8), int(clock.now().timestamp())
    signature = pages.sign(ticket, nonce, timestamp, body["url"])
    return {"appId": account.appid, "timestamp": timestamp, "nonceStr": nonce, "signature": signature}


@blp.post("/wechat/mini-program-logins")
@blp.arguments(schemas.MiniProgramLoginBody)
@blp.response(200, schemas.MiniProgramLoginResult)
@unrecorded
@allow(TOUCHPOINT, scope="logins:write")
def post_mini_program_login(body: dict[str, str]) -> dict[str, Any]:
    """Say who opened the mini program, and record it; the session key stays with nobody."""
    with transaction() as session:
        account = _account(session, body["appid"], official=False)

    def note(session: Session, found: Exchanged, key: str) -> None:
        if found.login is not None:
            logins.note_login(session, account, found.login, key)

    code = body["code"]
    found = exchange(exchanges.MINIPROGRAM, account, code, lambda: logins.ask_miniprogram(account, code), note)
    if found.login is None:
        raise refusals.of_login(found.errcode)
    return {"identity": _identity(account.appid, found.login)}


@blp.post("/wechat/phone-numbers")
@blp.arguments(schemas.PhoneBody)
@blp.response(201, schemas.PhoneResult)
@blp.alt_response(200, schema=schemas.PhoneResult)
@allow(TOUCHPOINT, scope="registrations:write")
def post_phone_number(body: dict[str, Any]) -> tuple[dict[str, str], int]:
    """Take the number that WeChat verified into the vault; it is told to nobody, and a code is never tried twice."""
    consent = privacy.Consent(body["consent"]["text_version"], tuple(body["consent"]["scopes"]))
    problem = privacy.consent_problem(consent)
    if problem is not None:
        raise Problem(422, "Some fields are wrong: see 'errors'.", {"consent": [problem]})
    with transaction() as session:
        account = _account(session, body["appid"], official=False)
    asked = phones.PhoneAsked(account, body["code"], body.get("openid", ""), body.get("visitor_id", ""), consent)
    try:
        found = exchange(exchanges.PHONE, account, body["code"], asked.ask, asked.note)
    except privacy.ContactRefused:
        raise refusals.of_phone(0) from None
    if found.outcome != "signed_in":
        raise refusals.of_phone(found.errcode)
    return {"status": "registered" if asked.taken else "duplicate"}, 201 if asked.taken else 200


def _identity(appid: str, login: Login) -> dict[str, str]:
    return {"appid": appid, "openid": login.openid, **({"unionid": login.unionid} if login.unionid else {})}


def _account(session: Session, appid: str, *, official: bool) -> Account:
    account = group.account(session, appid)
    if account is None:
        message = "The group has no account with this AppID."
        raise Problem(422, message, {"appid": [message]})
    if (account.kind != "miniprogram") != official:
        message = "This is the AppID of an account of another kind."
        raise Problem(422, message, {"appid": [message]})
    return account


def _origins(session: Session) -> tuple[str, ...]:
    """Return the sites of the touchpoint that calls."""
    own: UUID = touchpoint()
    found = next((place.origins for place in group.touchpoints(session) if place.id == own), None)
    if found is None:
        raise not_found("key")
    return found
