"""Touchpoints: the accounts and how they do, adding one, and a test that says what is wrong."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from hub.group import service as group
from hub.group.models import WECHAT_KINDS
from hub.group.schemas import MODES
from hub.group.service import Account
from hub.kernel import rollups, settings
from hub.kernel.access import GROUP_ADMIN, GROUP_MARKETER, allow, caller
from hub.kernel.db import transaction
from hub.kernel.http import not_found
from hub.web import groupfile
from hub.web.console import accounttest
from hub.web.console.charts import spark
from hub.web.console.page import READERS, blp, page
from hub.web.console.platforms import component_callback
from hub.web.groupfile import GroupFileError, writing
from hub.web.languages import _
from wechat import service as wechat
from wechat.service import exchanges

FIELDS = ("appid", "original_id", "name", "kind", "open_platform", "mode", "token", "aes_key", "secret")
_NEVER_SHOWN = "secret"
"""Field that does not come back with a form that is wrong: it is typed unseen, so it is typed again."""


@blp.get("/touchpoints")
@allow(*READERS)
def touchpoints() -> str:
    """List the accounts with their health, then the other touchpoints."""
    with transaction() as session:
        accounts = group.accounts(session)
        known = {account.appid for account in accounts}
        health, tokens = wechat.health(session), wechat.token_states(accounts)
        return page(
            session,
            "touchpoints.html",
            accounts=accounts,
            health={appid: health.get(appid) or wechat.quiet() for appid in known},
            tokens=tokens,
            sparks={appid: spark([n for _day, n in found.daily]) for appid, found in health.items()},
            followers=rollups.totals(session).get("followers", {}),
            others=[place for place in group.touchpoints(session) if place.slug not in known],
        )


@blp.get("/touchpoints/<appid>")
@allow(*READERS)
def touchpoint(appid: str) -> str:
    """Show one account: its callback address to copy, its health, and the button that tests it."""
    with transaction() as session:
        return _account(session, known_account(session, appid))


@blp.post("/touchpoints/<appid>/test")
@allow(GROUP_ADMIN, GROUP_MARKETER)
def test_touchpoint(appid: str) -> str:
    """Check the account as WeChat would use it, and say of each step what is wrong and how to mend it."""
    with transaction() as session:
        account = known_account(session, appid)
    checks = accounttest.run(account, callback(appid))  # no transaction is open while others are asked
    with transaction() as session:
        return _account(session, account, checks=checks)


@blp.get("/touchpoints/new")
@allow(GROUP_ADMIN)
def new_touchpoint() -> str:
    """Show the form for a new account."""
    with transaction() as session:
        return _form(session, {"kind": "service", "mode": "safe"}, {})


@blp.post("/touchpoints/new")
@allow(GROUP_ADMIN)
def add_touchpoint() -> Response | tuple[str, int]:
    """Add an account, judged exactly as the group file is; a form that is wrong comes back as it was typed."""
    typed = {name: value for name in FIELDS if (value := request.form.get(name, "").strip())}
    with transaction() as session:
        if group.account(session, typed.get("appid", "")) is not None:
            wrong = {"appid": _("这个 AppID 已经接入。")}
            return _form(session, typed, wrong), 422
        try:
            groupfile.apply(session, writing.write({"accounts": [typed]}), environ={})
        except GroupFileError as error:
            return _form(session, typed, mistakes(error)), 422
        group.audit(session, caller(), "account.add", "account", typed["appid"])
    wechat.forget_accounts()
    flash(_("已添加。把回调地址填到公众平台，再点「测试」。"), "done")
    return redirect(url_for(".touchpoint", appid=typed["appid"]), 303)


def callback(appid: str) -> str:
    """Return the address that WeChat is to call for an account."""
    return f"{settings.current().base_url}/wechat/callback/{appid}"


def known_account(session: Session, appid: str) -> Account:
    """Return the account with this AppID; raise Problem 404 when the group has none."""
    found = group.account(session, appid)
    if found is None:
        raise not_found("account")
    return found


def _account(session: Session, account: Account, *, checks: Any = None) -> str:
    health = wechat.health(session).get(account.appid) or wechat.quiet()
    return page(
        session,
        "account.html",
        account=account,
        callback=component_callback(account.component.appid, account.appid)
        if account.component
        else callback(account.appid),
        health=health,
        token=wechat.token_states([account])[account.appid],
        spark=spark([n for _day, n in health.daily]),
        snapshots=rollups.totals(session).get(exchanges.SNAPSHOTS, {}).get(account.appid, 0),
        followers=rollups.totals(session).get("followers", {}).get(account.appid, 0),
        checks=checks,
        oddities=wechat.list_oddities(session, account.appid),
        production=settings.current().production,
    )


def _form(session: Session, typed: dict[str, str], wrong: dict[str, str]) -> str:
    shown = {name: value for name, value in typed.items() if name != _NEVER_SHOWN}
    platforms = [(slug, slug) for slug in sorted(group.open_platforms(session))]
    return page(
        session, "account_form.html", typed=shown, wrong=wrong, kinds=WECHAT_KINDS, modes=MODES, platforms=platforms
    )


def mistakes(error: GroupFileError) -> dict[str, str]:
    """Return a sentence for each field that is wrong, in the page's language."""
    sentences = {
        "appid": _("AppID 是 wx 加 16 位数字或小写字母 a-f。"),
        "original_id": _("原始 ID 是 gh_ 加 12 位数字或小写字母 a-f。"),
        "name": _("请填名称，最多 100 个字。"),
        "kind": _("请选择账号类型。"),
        "open_platform": _("请选择集团文件里已有的开放平台账号。"),
        "mode": _("请选择消息加解密方式。"),
        "token": _("Token 是 3 到 32 位数字或字母，与公众平台上填的一致。"),
        "aes_key": _("EncodingAESKey 是 43 位数字或字母；明文模式可以不填。"),
        "secret": _("AppSecret 是 32 位数字或字母。"),
        "group": _("还没有集团：先用 hub apply 让集团文件的 group 部分生效。"),
    }
    found: dict[str, str] = {}
    for mistake in error.mistakes:
        name = mistake.path.rpartition(".")[2]
        other = _("「%(path)s」不符合集团文件的要求，请改正后再添加。", path=mistake.path or "accounts")
        found[name if name in FIELDS else ""] = sentences.get(name, other)
    return found
