"""Publishing a menu: its effect first, then the question; menus that were changed elsewhere."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from hub.group import service as group
from hub.kernel import rollups
from hub.kernel.access import allow, caller
from hub.kernel.db import transaction
from hub.kernel.http import not_found
from hub.web.console import menuwords as words
from hub.web.console.menus import EDITORS, menu_account
from hub.web.console.page import READERS, blp, page
from hub.web.languages import _
from wechat import jobs
from wechat.models import AccountMenu
from wechat.rules import menudiff
from wechat.rules import menus as rules
from wechat.service import menus as service
from wechat.service.menus import MenuFlawed


@blp.get("/menus/<appid>/publication")
@allow(*READERS)
def menu_publication(appid: str) -> str:
    """Show what publishing the draft, or an older version, would change and for how many people."""
    number = _number(request.args.get("version", ""))
    with transaction() as session:
        account = menu_account(session, appid)
        menu = service.menu_of(session, appid)
        content, _source = _wanted(session, menu, number)
        there = menu.found if menu.drift and menu.found is not None else service.live_content(session, menu)
        changes = menudiff.changes(there, content)
        return page(
            session,
            "menu_publication.html",
            account=account,
            menu=menu,
            number=number,
            content=content,
            changes=[(change.what, words.told(change), words.details(change)) for change in changes],
            flaws=[(words.button_name(content, f.place), words.sentence(f)) for f in rules.flaws(content)],
            people=f"{rollups.totals(session).get('followers', {}).get(appid, 0):,}",
        )


@blp.post("/menus/<appid>/publication")
@allow(*EDITORS)
def publish_menu(appid: str) -> Response:
    """Publish the draft or an older version: a new version is written, and WeChat is asked once that is committed."""
    number = _number(request.form.get("version", ""))
    with transaction() as session:
        menu_account(session, appid)
        content, source = _wanted(session, service.menu_of(session, appid, lock=True), number)
        try:
            made = service.publish_menu(session, appid, content, source, by=caller().actor_id)
        except MenuFlawed:
            flash(_("还不能发布：先改正下面列出的问题。"), "danger")
            return redirect(url_for(".menu_publication", appid=appid, version=number), 303)
        group.audit(session, caller(), "menu.publish", "menu", appid, source=source, version=number)
    published = jobs.publish_menus([made])
    if published:
        flash(_("已发布。粉丝的手机最晚 24 小时内看到，重新关注可立即看到。"), "done")
    return redirect(url_for(".menu", appid=appid), 303)


@blp.post("/menus/<appid>/check")
@allow(*EDITORS)
def check_menu(appid: str) -> Response:
    """Ask WeChat now which menu it has."""
    with transaction() as session:
        menu_account(session, appid)
    if jobs.check_menu(appid):
        flash(_("已向微信核对。"), "done")
    else:
        flash(_("没有核对成功，请稍后再试；原因见本页。"), "danger")
    return redirect(url_for(".menu", appid=appid), 303)


@blp.post("/menus/<appid>/takeover")
@allow(*EDITORS)
def take_over_menu(appid: str) -> Response:
    """Make the menu that somebody made elsewhere ours."""
    with transaction() as session:
        menu_account(session, appid)
        taken = service.take_over(session, appid, by=caller().actor_id)
        if taken is not None:
            group.audit(session, caller(), "menu.take_over", "menu", appid, version=taken.number)
    if taken is None:
        flash(_("微信上的菜单与已发布的一致，没有要接管的。"), "done")
    else:
        undo = url_for(".undo_menu", appid=appid)
        flash(_("已接管为 v%(n)d，草稿也换成了它。撤销可以找回原来的草稿。", n=taken.number), f"undo:{undo}")
    return redirect(url_for(".menu", appid=appid), 303)


def _wanted(session: Session, menu: AccountMenu, number: int | None) -> tuple[dict[str, Any], str]:
    """Return the content that is to be published, and where it comes from."""
    if number is None:
        return menu.draft, "draft"
    version = service.version_of(session, menu.appid, number)
    if version is None:
        raise not_found("version")
    return version.content, "overwrite" if number == menu.live else "rollback"


def _number(text: str) -> int | None:
    """Return the version that is asked for, None for the draft; what is no number names no version (0)."""
    if not text:
        return None
    return int(text) if text.isdecimal() and len(text) < 9 else 0
