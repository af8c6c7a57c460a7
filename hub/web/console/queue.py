"""The queue of a business unit: read cards, claim, answer, report, and ask for contact data with a purpose."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for
from marshmallow import ValidationError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

import bu_routing.service as routing
from bu_routing.models import Lead
from bu_routing.rules.reasons import REASONS
from bu_routing.rules.states import PROGRESS
from bu_routing.schemas import ContactBody, ProgressBody, RejectionBody
from bu_routing.service import Place, Progress
from hub.kernel.access import BU_USERS, allow, caller
from hub.kernel.db import transaction
from hub.kernel.http import Problem, not_found, read_place, write_cursor
from hub.web.console.cards import DONE, OPEN_TABS, QUEUE, TABS, WORKING, cause, deck, reasons
from hub.web.console.page import blp, known_id, page, read_position
from hub.web.languages import _
from privacy.service import Contact, PurposeRefused

PAGE = 20
_HISTORY = 50
"""Steps of one lead that its page shows."""


@blp.get("/queue")
@allow(*BU_USERS)
def queue() -> str:
    """Show what waits to be claimed, in the order in which it is urgent to: best score first."""
    place = read_position(request.args.get("cursor"), int, datetime.fromisoformat, UUID)
    with transaction() as session:
        rows = routing.waiting(session, _bu(), after=None if place is None else Place(*place), limit=PAGE + 1)
        last = rows[PAGE - 1] if len(rows) > PAGE else None
        cursor = write_cursor([last.score, last.created_at.isoformat(), last.id]) if last else None
        return _list(session, QUEUE, rows[:PAGE], cursor)


@blp.get("/queue/working")
@allow(*BU_USERS)
def working() -> str:
    """Show what the business unit works on."""
    return _shelf(WORKING)


@blp.get("/queue/done")
@allow(*BU_USERS)
def done() -> str:
    """Show what is over."""
    return _shelf(DONE)


def _shelf(tab: str) -> str:
    before = read_place(request.args.get("cursor"))
    with transaction() as session:
        rows = routing.browse(session, bu_id=_bu(), states=TABS[tab], before=before, limit=PAGE + 1)
        cursor = write_cursor([rows[PAGE - 1].id]) if len(rows) > PAGE else None
        return _list(session, tab, rows[:PAGE], cursor)


@blp.get("/queue/<lead_id>")
@allow(*BU_USERS)
def lead(lead_id: str) -> str:
    """Show one lead with everything that may be done about it now, and what was done."""
    with transaction() as session:
        return _lead(session, _found(session, lead_id))


@blp.post("/queue/<lead_id>/claim")
@allow(*BU_USERS)
def claim(lead_id: str) -> Response:
    """Claim one lead for half an hour."""
    back = url_for(".queue")
    return _do(
        lead_id,
        routing.claim_one,
        _("已领取，30 分钟内请接受或退回。"),
        url_for(".working"),
        back,
        undo="release",
        assignee=caller().name[:64],
    )


@blp.post("/queue/<lead_id>/accept")
@allow(*BU_USERS)
def accept(lead_id: str) -> Response:
    """Accept a claimed lead."""
    return _do(lead_id, routing.accept, _("已接受。"), _page(lead_id), _page(lead_id))


@blp.post("/queue/<lead_id>/release")
@allow(*BU_USERS)
def release(lead_id: str) -> Response:
    """Give a claimed lead back to the queue."""
    return _do(lead_id, routing.release, _("已释放，线索回到队列。"), url_for(".queue"), _page(lead_id), undo="claim")


@blp.post("/queue/<lead_id>/reject")
@allow(*BU_USERS)
def reject(lead_id: str) -> Response | tuple[str, int]:
    """Reject a lead for a reason of the closed list."""
    body = {"reason": request.form.get("reason", ""), "note": request.form.get("note", "").strip() or None}
    return _checked(lead_id, "reject", RejectionBody(), body, routing.reject, _("已退回。"))


@blp.post("/queue/<lead_id>/progress")
@allow(*BU_USERS)
def progress(lead_id: str) -> Response | tuple[str, int]:
    """Report how far a lead came."""
    body = {name: value for name in ("state", "amount", "currency", "reason") if (value := request.form.get(name))}
    if "amount" not in body:
        body.pop("currency", None)

    def report(session: Session, **who: Any) -> Lead:
        details = {name: who.pop(name) for name in list(who) if name not in ("lead_id", "bu_id", "actor_id")}
        return routing.progress(session, report=Progress(**details), **who)

    return _checked(lead_id, "progress", ProgressBody(), body, report, _("进展已记录。"))


@blp.post("/queue/<lead_id>/contact")
@allow(*BU_USERS)
def contact(lead_id: str) -> tuple[str, int]:
    """Show the contact data once, for a purpose; who saw what and why is written down."""
    given = {"purpose": request.form.get("purpose", "").strip()}
    with transaction() as session:
        try:
            body = ContactBody().load(given)
            shown = routing.contact(
                session, lead_id=known_id(lead_id, "lead"), bu_id=_bu(), actor_id=caller().actor_id, **body
            )
        except routing.LeadNotFound:
            raise not_found("lead") from None
        except (ValidationError, PurposeRefused):
            return _lead(session, _found(session, lead_id), wrong={"contact": _purpose_help()}, typed=given), 422
        except (routing.WrongState, routing.HeldByAnother, routing.LeaseOver) as error:
            return _lead(session, _found(session, lead_id), wrong={"contact": _refusal(error)}), 409
        return _lead(session, _found(session, lead_id), contact=shown), 200


def _checked(
    lead_id: str, form: str, schema: Any, body: dict[str, Any], verb: Callable[..., Lead], done: str
) -> Response | tuple[str, int]:
    """Do `verb` with what the form says; a form that is wrong comes back with what was typed."""
    try:
        details = schema.load(body)
    except ValidationError as error:
        with transaction() as session:
            wrong = {form: _help(form, error)}
            return _lead(session, _found(session, lead_id), wrong=wrong, typed=dict(request.form)), 422
    return _do(lead_id, verb, done, _page(lead_id), _page(lead_id), **details)


def _do(
    lead_id: str, verb: Callable[..., Lead], done: str, then: str, back: str, *, undo: str | None = None, **details: Any
) -> Response:
    try:
        with transaction() as session:
            who = {"lead_id": known_id(lead_id, "lead"), "bu_id": _bu(), "actor_id": caller().actor_id}
            verb(session, **who, **details)
    except routing.LeadNotFound:
        raise not_found("lead") from None
    except (routing.WrongState, routing.LeaseOver, routing.HeldByAnother) as error:
        flash(_refusal(error), "danger")
        return redirect(back, 303)
    flash(done, f"undo:{url_for(f'.{undo}', lead_id=lead_id)}" if undo else "done")
    return redirect(then, 303)


def _list(session: Session, tab: str, rows: list[Lead], cursor: str | None) -> str:
    cards = deck(session, rows)
    return page(session, "queue.html", tab=tab, cards=cards, cursor=cursor, first="cursor" not in request.args)


def _lead(
    session: Session,
    found: Lead,
    *,
    contact: Contact | None = None,
    wrong: dict[str, str] | None = None,
    typed: dict[str, str] | None = None,
) -> str:
    (card,) = deck(session, [found])
    return page(
        session,
        "lead.html",
        card=card,
        tab=OPEN_TABS.get(found.state, "done"),
        contact=contact,
        wrong=wrong or {},
        typed=typed or {},
        reasons=reasons(),
        cause=cause,
        progress=list(PROGRESS),
        steps=routing.lead_steps(session, bu_id=_bu(), lead_id=found.id, limit=_HISTORY),
    )


def _found(session: Session, lead_id: str) -> Lead:
    try:
        return routing.get(session, known_id(lead_id, "lead"), _bu())
    except routing.LeadNotFound:
        raise not_found("lead") from None


def _page(lead_id: str) -> str:
    return url_for(".lead", lead_id=lead_id)


def _bu() -> UUID:
    found = caller().bu_id
    if found is None:
        raise Problem(403, _("您的账号还没有所属事业部：请管理员在「访问」中指定。"))
    return found


def _refusal(error: Exception) -> str:
    if isinstance(error, routing.HeldByAnother):
        return _("这条线索已被同事领取。")
    if isinstance(error, routing.LeaseOver):
        return _("领取已超时，请重新领取。")
    return _("线索的状态已经变化，不能这样处理。请看最新状态。")


def _purpose_help() -> str:
    return _("请写明用途，2 到 64 个字，不要写电话或邮箱。")


def _help(form: str, error: ValidationError) -> str:
    fields = error.messages if isinstance(error.messages, dict) else {}
    if form == "reject":
        needs = [reason for reason in REASONS.values() if reason.needs_note]
        missing = "note" in fields and request.form.get("reason") in {r.code for r in needs}
        return _("选「其他」时请写说明，最多 500 字。") if missing else _("请选择退回原因。")
    if "amount" in fields or "currency" in fields:
        return _("金额写数字，最多两位小数，并选择币种。")
    return _("请选择进展；说明最多 200 字，不要写电话或邮箱。")
