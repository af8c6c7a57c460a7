"""Replies: what accounts answer at once, in which order, and what a message would get."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from hub.group import service as group
from hub.kernel.access import GROUP_ADMIN, GROUP_MARKETER, allow, caller
from hub.kernel.db import transaction
from hub.kernel.http import not_found
from hub.web.console import replyforms
from hub.web.console.page import READERS, blp, page
from hub.web.languages import _
from wechat import service as wechat
from wechat.models import ReplyRule

EDITORS = (GROUP_ADMIN, GROUP_MARKETER)


@blp.get("/touchpoints/replies")
@allow(*READERS)
def replies() -> str:
    """List the rules in the order they are asked, and show what a message would get."""
    with transaction() as session:
        rows = wechat.list_replies(session)
        places = _places(session)
        asked = {name: request.args.get(name, "").strip()[:200] for name in ("account", "how", "words")}
        tried = None
        if asked["account"] in places and (asked["words"] or asked["how"] not in ("", "message", "menu")):
            tried = wechat.try_reply(session, asked["account"], asked["how"], asked["words"])
        return page(
            session,
            "replies.html",
            rules=[replyforms.show(row) for row in rows],
            places=places,
            asked=asked,
            tried=replyforms.show_section(tried.section) if tried else None,
            was_tried=bool(asked["account"]),
        )


@blp.get("/touchpoints/replies/new")
@allow(*EDITORS)
def new_reply() -> str:
    """Show the form for a new rule."""
    with transaction() as session:
        return _form(session, None, {"trigger": "keyword", "content": "text", "enabled": "1"}, {})


@blp.post("/touchpoints/replies/new")
@allow(*EDITORS)
def add_reply() -> Response | tuple[str, int]:
    """Add a rule after all others."""
    with transaction() as session:
        return _save(session, None)


@blp.get("/touchpoints/replies/<uuid:rule_id>")
@allow(*EDITORS)
def edit_reply(rule_id: UUID) -> str:
    """Show a rule to change."""
    with transaction() as session:
        row = _known(session, rule_id)
        return _form(session, row, replyforms.typed_of(row), {})


@blp.post("/touchpoints/replies/<uuid:rule_id>")
@allow(*EDITORS)
def change_reply(rule_id: UUID) -> Response | tuple[str, int]:
    """Change a rule where it stands."""
    with transaction() as session:
        return _save(session, _known(session, rule_id))


@blp.post("/touchpoints/replies/<uuid:rule_id>/move")
@allow(*EDITORS)
def move_reply(rule_id: UUID) -> Response:
    """Let a rule be asked earlier or later."""
    with transaction() as session:
        _known(session, rule_id)
        wechat.move_reply(session, rule_id, up=request.form.get("up") == "1")
        group.audit(session, caller(), "reply.move", "reply_rule", rule_id)
    return redirect(url_for(".replies"), 303)


@blp.post("/touchpoints/replies/<uuid:rule_id>/delete")
@allow(*EDITORS)
def delete_reply(rule_id: UUID) -> Response:
    """Delete a rule."""
    with transaction() as session:
        _known(session, rule_id)
        wechat.drop_reply(session, rule_id)
        group.audit(session, caller(), "reply.delete", "reply_rule", rule_id)
    flash(_("已删除。"), "done")
    return redirect(url_for(".replies"), 303)


def _known(session: Session, rule_id: UUID) -> ReplyRule:
    row = wechat.reply_rule(session, rule_id)
    if row is None:
        raise not_found("reply rule")
    return row


def _save(session: Session, row: ReplyRule | None) -> Response | tuple[str, int]:
    typed = request.form.to_dict()
    section, wrong = replyforms.read(typed, _places(session))
    taken = {rule.name for rule in wechat.list_replies(session) if row is None or rule.id != row.id}
    if section.get("name") in taken:
        wrong["name"] = _("已有同名的规则。")
    if wrong:
        return _form(session, row, typed, wrong), 422
    place = row.position if row is not None else wechat.next_place(session)
    outcome = wechat.save_reply(session, section, position=place, row=row)
    group.audit(session, caller(), f"reply.{outcome}", "reply_rule", section["name"])
    flash(_("已保存，两秒内生效。"), "done")
    return redirect(url_for(".replies"), 303)


def _form(session: Session, row: ReplyRule | None, typed: dict[str, Any], wrong: dict[str, str]) -> str:
    return page(session, "reply_form.html", rule=row, typed=typed, wrong=wrong, places=_places(session))


def _places(session: Session) -> dict[str, str]:
    return {account.appid: account.name for account in group.accounts(session)}
