"""Followers: how many each account has here and at WeChat, and the runs that import them, which go on by themselves."""

from __future__ import annotations

from dataclasses import dataclass

from flask import flash, redirect, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from hub.group import service as group
from hub.group.service import Account
from hub.kernel import rollups
from hub.kernel.access import GROUP_ADMIN, GROUP_MARKETER, allow, caller
from hub.kernel.db import transaction
from hub.kernel.http import not_found
from hub.web.console.page import READERS, blp, page
from hub.web.languages import _, language
from wechat.rules import known
from wechat.service import followers as wechat
from wechat.service.followers import SyncShown


@dataclass(frozen=True, slots=True)
class Row:
    """Hold one account with its last run; `why` says in words what keeps it."""

    account: Account
    ours: int
    run: SyncShown | None
    why: str


@blp.get("/touchpoints/followers")
@allow(*READERS)
def followers() -> str:
    """Show every account's followers and its last run."""
    with transaction() as session:
        rows = _rows(session)
        busy = any(row.run is not None and row.run.open and row.run.until is None for row in rows)
        return page(session, "followers.html", rows=rows, busy=busy)


@blp.post("/touchpoints/followers/<appid>/sync")
@allow(GROUP_ADMIN, GROUP_MARKETER)
def sync_followers(appid: str) -> Response:
    """Start an import, or let the one that was broken off go on."""
    with transaction() as session:
        try:
            wechat.start_sync(session, appid)
        except wechat.NotFollowed:
            raise not_found("account") from None
        group.audit(session, caller(), "followers.sync", "account", appid)
    flash(_("已开始。离开本页也会继续。"), "done")
    return redirect(url_for(".followers"), 303)


@blp.post("/touchpoints/followers/<appid>/stop")
@allow(GROUP_ADMIN, GROUP_MARKETER)
def stop_followers(appid: str) -> Response:
    """Stop an import; what it did stays."""
    with transaction() as session:
        stopped = wechat.stop_sync(session, appid)
        if stopped:
            group.audit(session, caller(), "followers.stop", "account", appid)
    flash(_("已停止。24 小时内再点「继续」，会从停下的地方接着做。") if stopped else _("没有正在进行的同步。"), "done")
    return redirect(url_for(".followers"), 303)


def _rows(session: Session) -> list[Row]:
    accounts = [a for a in group.accounts(session) if a.kind != "miniprogram"]
    runs = wechat.list_syncs(session, [a.appid for a in accounts])
    ours = rollups.totals(session).get("followers", {})
    found = []
    for account in accounts:
        run = next(iter(runs[account.appid]), None)
        found.append(Row(account, ours.get(account.appid, 0), run, _why(run)))
    return found


def _why(run: SyncShown | None) -> str:
    if run is None or not run.error:
        return ""
    code = int(run.error.rpartition(" ")[2])
    hint = known(code)
    return _("%(hint)s（%(code)d）", hint=hint.en if language() == "en" else hint.zh, code=code)
