"""QR codes: the registry, one code with its picture and poster, and the form that makes some."""

from __future__ import annotations

from flask import Response as Answer
from flask import flash, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from hub.group import service as group
from hub.kernel.access import GROUP_ADMIN, GROUP_MARKETER, allow, caller
from hub.kernel.db import transaction
from hub.kernel.http import not_found, read_place, write_cursor
from hub.pool import service as pool
from hub.web.console import posters
from hub.web.console.page import READERS, blp, known_id, page
from hub.web.languages import _, language
from wechat import jobs
from wechat import service as wechat
from wechat.models import QrCode
from wechat.rules.errortable import known
from wechat.rules.scenes import LONGEST, PURPOSES, suggest
from wechat.service import NewCode, SceneRefused

PAGE, AT_ONCE = 50, 100
_NAME = 60


@blp.get("/qr-codes")
@allow(*READERS)
def qrcodes() -> str:
    """List the codes with what came through each, and say how near the accounts are to their caps."""
    asked = {name: request.args.get(name) or None for name in ("appid", "purpose")}
    archived, before = request.args.get("archived") == "1", read_place(request.args.get("cursor"))
    with transaction() as session:
        codes = wechat.list_codes(session, **asked, archived=archived, before=before, limit=PAGE + 1)
        shown = codes[:PAGE]
        return page(
            session,
            "qrcodes.html",
            codes=shown,
            tallies=wechat.tallies(session, shown),
            touches=pool.touches(session, [code.scene for code in shown]),
            accounts=_accounts(session),
            purposes=_purposes(),
            asked=asked,
            archived=archived,
            full={appid: found for appid, found in wechat.capacities(session).items() if found.level},
            expired=wechat.expired,
            cursor=write_cursor([shown[-1].id]) if len(codes) > PAGE else None,
            first=before is None,
        )


@blp.get("/qr-codes/new")
@allow(GROUP_ADMIN, GROUP_MARKETER)
def new_qrcode() -> str:
    """Show the form for new codes."""
    with transaction() as session:
        return _form(session, {"purpose": "campaign", "permanent": ""}, {})


@blp.post("/qr-codes/new")
@allow(GROUP_ADMIN, GROUP_MARKETER)
def add_qrcodes() -> Response | tuple[str, int]:
    """Register a code for each place that was typed and ask WeChat for them; a form that is wrong comes back."""
    typed = {name: value.strip() for name, value in request.form.items() if name != "csrf_token"}
    with transaction() as session:
        wrong = _mistakes(session, typed)
        if wrong:
            return _form(session, typed, wrong), 422
        try:
            ids = wechat.register_codes(session, _wanted(typed))
        except SceneRefused as error:
            return _form(session, typed, {"places": _refusal(error)}), 422
        group.audit(session, caller(), "qr_code.add", "account", typed["appid"], codes=len(ids))
    jobs.make_codes(ids)  # no transaction is open while WeChat is asked; what it refuses for now the clock asks again
    flash(_("已登记 %(n)d 个二维码。", n=len(ids)), "done")
    target = url_for(".qrcode", code_id=ids[0]) if len(ids) == 1 else url_for(".qrcodes", appid=typed["appid"])
    return redirect(target, 303)


@blp.get("/qr-codes/<code_id>")
@allow(*READERS)
def qrcode(code_id: str) -> str:
    """Show one code: its picture, where it leads, and what came through it."""
    with transaction() as session:
        code = _known(session, code_id)
        return page(
            session,
            "qrcode.html",
            code=code,
            account=_accounts(session).get(code.appid, code.appid),
            tally=wechat.tallies(session, [code])[code.id],
            touch=pool.touches(session, [code.scene])[code.scene],
            purposes=_purposes(),
            over=wechat.expired(code),
            hint=_hint(code.errcode) if code.errcode else "",
            sizes=posters.SIZES,
        )


@blp.get("/qr-codes/<code_id>/picture.png")
@allow(*READERS)
def qrcode_picture(code_id: str) -> Answer:
    """Return the code as a picture of the size that `px` asks for."""
    asked = request.args.get("px", "")
    pixels = int(asked) if asked in {str(size) for size in posters.SIZES} else posters.SIZES[0]
    with transaction() as session:
        code = _drawable(session, code_id)
    return _download(posters.png(code.url or "", pixels), "image/png", f"{code.scene}-{pixels}.png")


@blp.get("/qr-codes/<code_id>/poster.svg")
@allow(*READERS)
def qrcode_poster(code_id: str) -> Answer:
    """Return a poster with the code, to print."""
    with transaction() as session:
        code = _drawable(session, code_id)
        account = _accounts(session).get(code.appid, "")
    drawn = posters.poster(code.url or "", code.name, account, _("微信扫一扫"))
    return _download(drawn.encode(), "image/svg+xml", f"{code.scene}-poster.svg")


@blp.post("/qr-codes/<code_id>/renewal")
@allow(GROUP_ADMIN, GROUP_MARKETER)
def renew_qrcode(code_id: str) -> Response:
    """Ask WeChat for a failed or expired code once more."""
    with transaction() as session:
        code = wechat.make_again(session, _known(session, code_id).id)
        if code is not None:
            group.audit(session, caller(), "qr_code.renew", "qr_code", code.id)
    if code is not None:
        jobs.make_codes([code.id])
    flash(_("已重新申请。") if code else _("这个二维码有效，不必重做。"), "done")
    return redirect(url_for(".qrcode", code_id=code_id), 303)


@blp.post("/qr-codes/<code_id>/archive")
@allow(GROUP_ADMIN, GROUP_MARKETER)
def archive_qrcode(code_id: str) -> Response:
    """Put a code away, or with `undo` take it back."""
    archived = request.form.get("undo", request.args.get("undo")) != "1"
    with transaction() as session:
        code = _known(session, code_id)
        wechat.archive_code(session, code.id, archived=archived)
        group.audit(session, caller(), "qr_code.archive" if archived else "qr_code.restore", "qr_code", code.id)
    undo = url_for(".archive_qrcode", code_id=code_id, undo="1")
    flash(_("已归档；印出去的码仍然有效。") if archived else _("已恢复。"), f"undo:{undo}" if archived else "done")
    return redirect(url_for(".qrcodes") if archived else url_for(".qrcode", code_id=code_id), 303)


def _hint(errcode: int) -> str:
    found = known(errcode)
    return found.en if language() == "en" else found.zh


def _known(session: Session, code_id: str) -> QrCode:
    found = wechat.find_code(session, known_id(code_id, "QR code"))
    if found is None:
        raise not_found("QR code")
    return found


def _drawable(session: Session, code_id: str) -> QrCode:
    """Return a code that WeChat has made, whose picture there is."""
    code = _known(session, code_id)
    if code.url is None:
        raise not_found("QR code")
    return code


def _download(body: bytes, kind: str, name: str) -> Answer:
    how = "attachment" if request.args.get("save") == "1" else "inline"
    return Answer(body, content_type=kind, headers={"Content-Disposition": f'{how}; filename="{name}"'})


def _accounts(session: Session) -> dict[str, str]:
    """Return the accounts that may have codes, by AppID: WeChat makes them for service accounts alone."""
    return {account.appid: account.name for account in group.accounts(session) if account.kind == "service"}


def _purposes() -> dict[str, str]:
    return {"campaign": _("营销活动"), "bu": _("事业部"), "employee": _("员工"), "event": _("线下活动")}


def _places(typed: dict[str, str]) -> list[str]:
    lines = typed.get("places", "").replace(",", "\n").replace("，", "\n").split("\n")
    return [line.strip() for line in lines if line.strip()] or [""]


def _wanted(typed: dict[str, str]) -> list[NewCode]:
    purpose, reference, places = typed["purpose"], typed["reference"], _places(typed)
    return [
        NewCode(
            typed["appid"],
            suggest(purpose, reference, place),
            f"{typed['name']} {place}".strip() if len(places) > 1 else typed["name"],
            purpose,
            reference,
            typed.get("permanent") == "1",
        )
        for place in places
    ]


def _mistakes(session: Session, typed: dict[str, str]) -> dict[str, str]:
    wrong = {}
    if typed.get("appid") not in _accounts(session):
        wrong["appid"] = _("请选择一个服务号。")
    if not 0 < len(typed.get("name", "")) <= _NAME:
        wrong["name"] = _("请填名称，最多 %(n)d 个字。", n=_NAME)
    if typed.get("purpose") not in PURPOSES:
        wrong["purpose"] = _("请选择用途。")
    if not typed.get("reference"):
        wrong["reference"] = _("请填代号：活动、事业部、线下活动的短名，或员工编号。")
    elif typed.get("purpose") == "bu" and typed["reference"] not in {bu.slug for bu in group.bus(session)}:
        wrong["reference"] = _("没有这个事业部：请填集团文件里 business_units 的 slug。")
    if len(_places(typed)) > AT_ONCE:
        wrong["places"] = _("一次最多 %(n)d 个。", n=AT_ONCE)
    return wrong


def _refusal(error: SceneRefused) -> str:
    words = {
        "form": _("「%(scene)s」不能作场景值：只用字母、数字、点、横线、下划线，最多 %(n)d 位。"),
        "reserved": _("「%(scene)s」的开头是微信保留的，请换一个（最多 %(n)d 位）。"),
        "contact": _(
            "「%(scene)s」像是手机号、邮箱或证件号：场景值会出现在链接和报表里，请改用编号（最多 %(n)d 位）。"
        ),
        "taken": _("「%(scene)s」已经登记过：同一账号的场景值不能重复（最多 %(n)d 位）。"),
    }
    return words[error.reason] % {"scene": error.scene, "n": LONGEST}


def _form(session: Session, typed: dict[str, str], wrong: dict[str, str]) -> str:
    return page(
        session,
        "qrcode_form.html",
        typed=typed,
        wrong=wrong,
        accounts=_accounts(session),
        purposes=_purposes(),
        bus=group.bus(session),
        at_once=AT_ONCE,
    )
