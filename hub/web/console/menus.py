"""Menus: every account's state, and the editor of one account's draft."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from hub.group import service as group
from hub.group.service import Account, trail
from hub.kernel.access import GROUP_ADMIN, GROUP_MARKETER, allow, caller
from hub.kernel.db import transaction
from hub.kernel.http import not_found
from hub.web.console import menuediting as editing
from hub.web.console import menuwords as words
from hub.web.console.menuediting import Spot, spot
from hub.web.console.page import READERS, blp, page
from hub.web.languages import _
from wechat.rules import menus as rules
from wechat.service import menus as service
from wechat.service.menus import DraftMoved

EDITORS = (GROUP_ADMIN, GROUP_MARKETER)
_VERSIONS = 20


@blp.get("/menus")
@allow(*READERS)
def menus() -> str:
    """List the accounts that can have a menu, with what is published, drafted and changed elsewhere."""
    with transaction() as session:
        kept = service.all_menus(session)
        accounts = service.menu_accounts(session)
        changed = {appid for appid, menu in kept.items() if menu.draft != service.live_content(session, menu)}
        return page(session, "menus.html", accounts=accounts, menus=kept, changed=changed, newest=_newest(session))


@blp.get("/menus/<appid>")
@allow(*READERS)
def menu(appid: str) -> str:
    """Show the draft as people will see it on their phones, beside the form of the chosen button."""
    with transaction() as session:
        account = menu_account(session, appid)
        return _editor(session, account, spot(request.args.get("menu", ""), request.args.get("at", "")))


@blp.post("/menus/<appid>")
@allow(*EDITORS)
def edit_menu(appid: str) -> Response | tuple[str, int]:
    """Keep what was typed, right or wrong, and do what the pressed button says; lead to the next spot."""
    typed = {name: value for name, value in request.form.items() if name != "csrf_token"}
    revision = int(typed["revision"]) if typed.get("revision", "").isdecimal() else -1
    with transaction() as session:
        account = menu_account(session, appid)
        before = service.menu_of(session, appid)
        chosen = editing.within(before.draft, spot(typed.get("menu", ""), typed.get("at", "")))
        written = editing.write(before.draft, chosen, typed) if revision == before.revision else before.draft
        draft, target = _done(typed.get("do", ""), written, chosen)
        try:
            service.save_draft(session, appid, draft, by=caller().actor_id, revision=revision)
        except DraftMoved:
            return _editor(session, account, chosen, typed=typed), 409
    if typed.get("do") in ("remove", "unrule"):
        flash(_("已删除。"), f"undo:{url_for('.undo_menu', appid=appid)}")
    elif typed.get("do") == "save":
        flash(_("草稿已保存，发布之前粉丝看不到。"), "done")
    return redirect(_address(appid, target), 303)


@blp.post("/menus/<appid>/undo")
@allow(*EDITORS)
def undo_menu(appid: str) -> Response:
    """Put the draft back as it was before its last change."""
    with transaction() as session:
        menu_account(session, appid)
        undone = service.undo_draft(session, appid, by=caller().actor_id)
    flash(_("已撤销。") if undone else _("没有可以撤销的修改。"), "done")
    return redirect(url_for(".menu", appid=appid), 303)


def menu_account(session: Session, appid: str) -> Account:
    """Return an account that can have a menu; raise Problem 404 for every other."""
    found = group.account(session, appid)
    if found is None or found.kind == "miniprogram":
        raise not_found("menu")
    return found


def _address(appid: str, to: Spot) -> str:
    return url_for(".menu", appid=appid, menu=to.rule or None, at=to.path or None)


def _done(act: str, draft: dict[str, Any], chosen: Spot) -> tuple[dict[str, Any], Spot]:
    """Return the draft after one act of the form, and where that leads."""
    verb, _colon, rest = act.partition(":")
    rule, _colon, path = rest.partition(":")
    target = spot(rule, path)
    acts: dict[str, Callable[[], tuple[dict[str, Any], Spot]]] = {
        "go": lambda: (draft, editing.within(draft, target)),
        "add": lambda: editing.add(draft, editing.within(draft, target)),
        "remove": lambda: editing.remove(draft, chosen),
        "before": lambda: editing.move(draft, chosen, -1),
        "after": lambda: editing.move(draft, chosen, 1),
        "rule": lambda: editing.add_rule(draft, _("个性化 %(n)d", n=len(draft["conditional"]) + 1)),
        "unrule": lambda: editing.remove_rule(draft, chosen),
    }
    return acts[verb]() if verb in acts else (draft, chosen)


def _newest(session: Session) -> dict[str, Any]:
    """Return each account's newest version, which tells whether publishing is under way or failed."""
    accounts = service.menu_accounts(session)
    found = {account.appid: service.versions(session, account.appid, 1) for account in accounts}
    return {appid: those[0] for appid, those in found.items() if those}


def _editor(session: Session, account: Account, wanted: Spot, typed: dict[str, str] | None = None) -> str:
    menu = service.menu_of(session, account.appid)
    chosen = editing.within(menu.draft, wanted)
    row = editing.row_of(menu.draft, chosen.menu)
    if not chosen.at and chosen.menu is None and row:
        chosen = Spot(None, (0,))
    shown = editing.write(menu.draft, chosen, typed) if typed else menu.draft
    flaws = rules.flaws(menu.draft)
    those = service.versions(session, account.appid, _VERSIONS)
    failed = those[0] if those and those[0].errcode else None
    return page(
        session,
        "menu.html",
        account=account,
        menu=menu,
        draft=menu.draft,
        row=row,
        spot=chosen,
        button=editing.button_at(shown, chosen),
        rule=shown["conditional"][chosen.menu] if chosen.menu is not None else None,
        moved=typed is not None,
        wrong={str(f.place[-1]): words.sentence(f) for f in reversed(flaws) if f.place[:-1] == _around(chosen)},
        flawed={f.place[:n] for f in flaws for n in range(1, len(f.place) + 1)},
        flaws=[(words.button_name(menu.draft, f.place), words.sentence(f), _spot_of(f.place)) for f in flaws],
        changed=menu.draft != service.live_content(session, menu),
        versions=those,
        names=trail.names_of(session, [v.made_by for v in those if v.made_by]),
        refusal=words.refusal(failed) if failed else None,
        waiting=bool(those and those[0].state == "publishing"),
        buses=[(bu.slug, bu.name) for bu in group.bus(session)],
        words=words,
        limits=rules,
        Spot=Spot,
    )


def _around(chosen: Spot) -> rules.Place:
    """Return the place whose fields the form at `chosen` shows."""
    return ("conditional", chosen.menu) if chosen.menu is not None and not chosen.at else chosen.place


def _spot_of(place: rules.Place) -> Spot:
    """Return the spot whose form mends a flaw."""
    menu = int(place[1]) if place[0] == "conditional" and len(place) > 1 else None
    numbers = [int(step) for step in place[2 if menu is not None else 0 :] if isinstance(step, int)]
    return Spot(menu, tuple(numbers[:2]))
