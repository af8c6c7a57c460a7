"""Sends: what goes out to whom, why something did not, and a message to one person to try it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from hub.group import service as group
from hub.kernel.access import GROUP_ADMIN, GROUP_MARKETER, allow, caller
from hub.kernel.db import transaction
from hub.kernel.http import Problem, not_found, read_place, write_cursor
from hub.pool import service as pool
from hub.pool.rules.masking import mask
from hub.web.console.page import READERS, blp, known_id, page
from hub.web.languages import _, language
from wechat import jobs
from wechat import service as wechat
from wechat.rules import reachwords
from wechat.rules.errorwords import error_words
from wechat.rules.sends import CHANNELS, CUSTOM, STATES
from wechat.service import ContentRefused, NewSend

PAGE = 50
FILTERS: Mapping[str, tuple[str, ...]] = {"state": STATES, "channel": tuple(CHANNELS)}
WRITERS = (GROUP_ADMIN, GROUP_MARKETER)


@blp.get("/sends")
@allow(*READERS)
def sends() -> str:
    """List sends, newest first, narrowed by what they are; above them each campaign's counts by state."""
    where = {name: value for name in FILTERS if (value := request.args.get(name, "")) in FILTERS[name] and value}
    where |= {name: value[:100] for name in ("appid", "campaign") if (value := request.args.get(name, "").strip())}
    before = read_place(request.args.get("cursor"))
    with transaction() as session:
        rows = wechat.list_sends(session, where=where, before=before, limit=PAGE + 1)
        return page(
            session,
            "sends.html",
            sends=rows[:PAGE],
            cursor=write_cursor([rows[PAGE - 1].id]) if len(rows) > PAGE else None,
            where=where,
            campaigns=wechat.campaign_counts(session),
            states=STATES,
            channels=reachwords.CHANNELS[language()],
            accounts=_accounts(session),
            reason=_reason,
        )


@blp.get("/sends/<send_id>")
@allow(*READERS)
def send(send_id: str) -> str:
    """Show one send: what it says, what was decided and why, every try, and what became of it."""
    with transaction() as session:
        shown = wechat.show_send(session, known_id(send_id, "send"))
        if shown is None:
            raise not_found("send")
        return page(
            session,
            "send.html",
            send=shown,
            openid=mask(shown.openid),
            title=wechat.template_titles(session).get(str(shown.content.get("template_id", ""))),
            channels=reachwords.CHANNELS[language()],
            accounts=_accounts(session),
            reason=_reason,
        )


@blp.post("/sends/cancel")
@allow(*WRITERS)
def cancel_sends() -> Response:
    """Take back those of the chosen sends that still wait."""
    ids = _ids()
    with transaction() as session:
        done = wechat.cancel_sends(session, ids)
        group.audit(session, caller(), "sends.cancel", "send", "some", rows=len(done))
    if not done:
        flash(_("没有可以撤下的：只有等待中的可以撤下。"), "danger")
        return redirect(url_for(".sends"), 303)
    undo = url_for(".restore_sends", ids=",".join(map(str, done)))
    flash(_("已撤下 %(n)d 条。", n=len(done)), f"undo:{undo}")
    return redirect(request.form.get("back") and url_for(".send", send_id=done[0]) or url_for(".sends"), 303)


@blp.post("/sends/restore")
@allow(*WRITERS)
def restore_sends() -> Response:
    """Queue sends again that were taken back."""
    with transaction() as session:
        done = wechat.restore_sends(session, _ids())
        group.audit(session, caller(), "sends.restore", "send", "some", rows=len(done))
    flash(_("%(n)d 条已放回，马上重新判断。", n=len(done)), "done")
    return redirect(url_for(".sends"), 303)


@blp.get("/people/<person_id>/send")
@allow(*WRITERS)
def new_send(person_id: str) -> str:
    """Show what may be sent to a person now, then the form for one message."""
    with transaction() as session:
        return _form(session, known_id(person_id, "person"), request.args.to_dict(), {})


@blp.post("/people/<person_id>/send")
@allow(*WRITERS)
def add_send(person_id: str) -> Response | tuple[str, int]:
    """Queue one service message to a person; a form that is wrong comes back as it was typed."""
    wanted, typed = known_id(person_id, "person"), request.form.to_dict()
    with transaction() as session:
        openids = dict(pool.openids_of(session, wanted))
        wrong = _wrong(typed, openids)
        if wrong:
            return _form(session, wanted, typed, wrong), 422
        try:
            made = NewSend(
                appid=typed["appid"],
                openid=openids[typed["appid"]],
                channel=typed["channel"],
                content=_content(typed),
                purpose="service",
                reference="console",
            )
            (id_,) = wechat.queue_sends(session, [made])
        except ContentRefused as refused:
            return _form(session, wanted, typed, _refused(refused)), 422
        group.audit(session, caller(), "sends.queue", "send", str(id_))
    flash(_("已排入发送，几秒内发出；结果显示在这一页。"), "done")
    return redirect(url_for(".send", send_id=id_), 303)


@blp.post("/sends/templates")
@allow(*WRITERS)
def sync_templates() -> Response:
    """Read the templates of all accounts from WeChat."""
    found = jobs.sync_templates()  # no transaction is open while WeChat is asked
    failed = sorted(appid for appid, n in found.items() if n < 0)
    if failed:
        flash(_("这些账号没有回答：%(appids)s。", appids=", ".join(failed)), "danger")
    total = sum(n for n in found.values() if n > 0)
    flash(_("已同步 %(n)d 个模板。", n=total), "done")
    return redirect(url_for(".sends"), 303)


def _form(session: Session, person_id: UUID, typed: Mapping[str, str], wrong: Mapping[str, str]) -> str:
    if not pool.roots_of(session, [person_id]):
        raise not_found("person")
    reach = wechat.reach_of(session, person_id)
    if not reach.accounts:
        raise Problem(404, _("这个人没有在任何公众号或小程序出现过，没有可发的地方。"))
    chosen = next((a for a in reach.accounts if a.appid == typed.get("appid")), reach.accounts[0])
    return page(
        session,
        "send_form.html",
        person_id=person_id,
        reach=reach,
        chosen=chosen,
        templates=wechat.list_templates(session, chosen.appid),
        picked=typed.get("template_id", ""),
        typed=typed,
        wrong=wrong,
        channels=reachwords.CHANNELS[language()],
        lang=language(),
    )


def _wrong(typed: Mapping[str, str], openids: Mapping[str, str]) -> dict[str, str]:
    if typed.get("appid") not in openids:
        return {"appid": _("请选择这个人出现过的账号。")}
    if typed.get("channel") not in CHANNELS:
        return {"channel": _("请选择一种消息。")}
    if typed["channel"] == CUSTOM and not typed.get("text", "").strip():
        return {"text": _("请写要发的话。")}
    return {}


def _content(typed: Mapping[str, str]) -> dict[str, Any]:
    if typed["channel"] == CUSTOM:
        return {"msgtype": "text", "text": {"content": typed["text"].strip()}}
    data = {name.removeprefix("field."): value.strip() for name, value in typed.items() if name.startswith("field.")}
    return {"template_id": typed.get("template_id", ""), "data": {name: value for name, value in data.items() if value}}


def _refused(refused: ContentRefused) -> dict[str, str]:
    """Return the sentence for a content that must not go out, at the field of the form that holds it."""
    name = {"content.text.content": "text", "content.template_id": "template_id"}.get(refused.field, "")
    name = name or refused.field.replace("content.data.", "field.")
    if "never sent" in refused.message:
        return {name: _("像是手机号或邮箱：联系方式绝不发送。")}
    if "longer" in refused.message:
        return {name: _("太长了。")}
    return {name: _("请填写这一项。")}


def _accounts(session: Session) -> dict[str, str]:
    kinds = ("service", "subscription", "miniprogram")
    return {place.slug: place.name for place in group.touchpoints(session) if place.kind in kinds}


def _reason(key: str | None) -> str:
    """Return a send's reason in the page's language; an error code of WeChat with what it means."""
    if not key:
        return ""
    if key.startswith("wechat "):
        return error_words(int(key.removeprefix("wechat ")), language())
    return reachwords.reason(key, language())


def _ids() -> list[UUID]:
    given = request.form.getlist("id") or request.args.get("ids", "").split(",")
    return [known_id(text, "send") for text in given if text][:500]
