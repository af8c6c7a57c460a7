"""Third-party platforms: their tickets, the accounts that trust them, and the link by which an owner agrees."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

import segno
from flask import current_app, flash, redirect, render_template, request, url_for
from itsdangerous import BadSignature, URLSafeTimedSerializer
from markupsafe import Markup
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from hub.group import service as group
from hub.group.service import Account, Component
from hub.kernel import clock, settings
from hub.kernel.access import GROUP_ADMIN, PUBLIC, allow, caller
from hub.kernel.db import transaction
from hub.kernel.groupcommit import NotDurable
from hub.kernel.http import Problem, not_found
from hub.web.console.page import READERS, blp, page
from hub.web.languages import _, language
from wechat import service as wechat
from wechat.client import WeChatError
from wechat.client.shared import clients
from wechat.rules import known
from wechat.service import Authorization

LINK_MINUTES = 30
_ANY_KIND = 3
"""WeChat's `auth_type` for a page that offers official accounts and mini programs alike."""
_LONGEST_CODE = 512


@dataclass(frozen=True, slots=True)
class Trusting:
    """Hold one account of a platform: what it granted, and the group's own account of that AppID, if it has one."""

    appid: str
    name: str
    granted: Authorization | None
    account: Account | None
    through: bool
    """Whether the hub runs the account through this platform."""

    @property
    def connected(self) -> bool:
        """Tell whether the account trusts the platform now."""
        return self.granted is not None and self.granted.connected


@dataclass(frozen=True, slots=True)
class Shown:
    """Hold one platform as the page shows it."""

    platform: Component
    ticket_at: datetime | None
    late: bool
    accounts: tuple[Trusting, ...]
    authorization_url: str
    callback_url: str


@blp.get("/platforms")
@allow(*READERS)
def platforms() -> str:
    """List the third-party platforms with their accounts."""
    with transaction() as session:
        return page(session, "platforms.html", platforms=_read(session))


@blp.post("/platforms/<slug>/link")
@allow(GROUP_ADMIN)
def link_platform(slug: str) -> str | Response:
    """Make a link and a QR code by which the owner of an account agrees; WeChat is asked for a code first."""
    with transaction() as session:
        platform = _known(session, slug)
    try:
        code = clients().platform(platform).pre_auth_code()  # no transaction is open meanwhile
    except WeChatError as error:
        told = known(error.errcode)
        flash(_("微信没有给出授权码：%(hint)s", hint=told.en if language() == "en" else told.zh), "danger")
        return redirect(url_for(".platforms"), 303)
    link = _link(platform, code)
    with transaction() as session:
        group.audit(session, caller(), "component.link", "component_platform", platform.appid)
        picture = Markup(segno.make(link, error="m").svg_inline(border=4, omitsize=True, dark="#000", light="#fff"))  # noqa: S704 - ours
        return page(session, "platform_link.html", platform=platform, link=link, qr=picture, minutes=LINK_MINUTES)


@blp.get("/platforms/<slug>/authorized")
@allow(PUBLIC)
def platform_authorized(slug: str) -> str:
    """Take the code that an owner brings back from WeChat's page: signed in or not, by our own signed state alone."""
    try:
        signed = _signer().loads(request.args.get("state", ""), max_age=LINK_MINUTES * 60 * 2)
    except BadSignature:
        raise Problem(400, _("这个授权链接无效或已过期，请从中台重新生成。")) from None
    code = request.args.get("auth_code", "")
    if signed != slug or not 0 < len(code) <= _LONGEST_CODE or not code.isprintable():
        raise Problem(400, _("微信没有带回授权码，请重新授权。"))
    with transaction() as session:
        platform = _known(session, slug)
    try:
        wechat.receive_code(platform.appid, code)
    except NotDurable:
        raise Problem(503, _("暂时没能保存，请刷新本页再试。")) from None
    return render_template("console/platform_done.html")


@blp.post("/platforms/<slug>/accounts/<appid>/adopt")
@allow(GROUP_ADMIN)
def adopt_account(slug: str, appid: str) -> Response:
    """Let an account that trusts the platform be run through it; the group gets the account when it has none."""
    with transaction() as session:
        platform = _known(session, slug)
        granted = wechat.authorization(session, platform.appid, appid)
        if granted is None or not granted.connected:
            flash(_("这个账号没有授权给平台：请先让账号管理员授权。"), "danger")
            return redirect(url_for(".platforms"), 303)
        wechat.adopt(session, platform, appid)
        group.audit(session, caller(), "account.adopt", "account", appid, component=slug)
    wechat.forget_accounts()
    flash(_("已改由平台接入。两个回调地址都继续收信，不会漏掉推送。"), "done")
    return redirect(url_for(".platforms"), 303)


@blp.post("/platforms/accounts/<appid>/leave")
@allow(GROUP_ADMIN)
def leave_platform(appid: str) -> Response:
    """Let an account be run directly again, by secrets of its own."""
    with transaction() as session:
        account = group.account(session, appid)
        if account is None or account.component is None:
            raise not_found("account")
        if not account.secret or not account.token:
            flash(_("改回直连需要账号自己的 AppSecret 和 Token：请先在触点页填写。"), "danger")
            return redirect(url_for(".platforms"), 303)
        group.run_by(session, appid, None)
        group.audit(session, caller(), "account.leave", "account", appid, component=account.component.slug)
    wechat.forget_accounts()
    flash(_("已改回直连。两个回调地址都继续收信，不会漏掉推送。"), "done")
    return redirect(url_for(".platforms"), 303)


def component_callback(component_appid: str, appid: str = "$APPID$") -> str:
    """Return the address that WeChat calls for an account through a platform; it puts the AppID in itself."""
    return f"{settings.current().base_url}/wechat/component/{component_appid}/callback/{appid}"


def _read(session: Session) -> list[Shown]:
    accounts = {account.appid: account for account in group.accounts(session)}
    granted = wechat.authorizations(session)
    return [_shown(session, platform, accounts, granted) for platform in group.components(session)]


def _shown(session: Session, platform: Component, accounts: dict[str, Account], granted: list[Authorization]) -> Shown:
    state = wechat.platform_state(session, platform.appid)
    trust = {found.appid: found for found in granted if found.component_appid == platform.appid}
    ours = {appid for appid, a in accounts.items() if a.component and a.component.slug == platform.slug}
    rows = [
        _trusting(appid, trust.get(appid), accounts.get(appid), appid in ours)
        for appid in {*trust, *ours} - set(platform.release_check)
    ]
    return Shown(
        platform=platform,
        ticket_at=state.ticket_at,
        late=state.ticket_at is None or clock.now() - state.ticket_at > wechat.TICKET_LATE,
        accounts=tuple(sorted(rows, key=lambda row: (row.name, row.appid))),
        authorization_url=f"{settings.current().base_url}/wechat/component/{platform.appid}/authorization",
        callback_url=component_callback(platform.appid),
    )


def _trusting(appid: str, granted: Authorization | None, account: Account | None, through: bool) -> Trusting:
    name = account.name if account else granted.name if granted else ""
    return Trusting(appid, name or appid, granted, account, through)


def _known(session: Session, slug: str) -> Component:
    found = next((platform for platform in group.components(session) if platform.slug == slug), None)
    if found is None:
        raise not_found("platform")
    return found


def _link(platform: Component, pre_auth_code: str) -> str:
    here = url_for(".platform_authorized", slug=platform.slug, state=_signer().dumps(platform.slug))
    query = {
        "component_appid": platform.appid,
        "pre_auth_code": pre_auth_code,
        "redirect_uri": f"{settings.current().base_url}{here}",
        "auth_type": _ANY_KIND,
    }
    return f"{settings.current().wechat_mp}/cgi-bin/componentloginpage?{urlencode(query)}"


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="component-link")
