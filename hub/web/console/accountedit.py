"""Change an account: its keys, its mode, and what of its pushes is taken and kept."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from hub.group import service as group
from hub.group.schemas import MODES
from hub.group.service import Account, exporting
from hub.kernel.access import GROUP_ADMIN, allow, caller
from hub.kernel.db import transaction
from hub.web import groupfile
from hub.web.console.page import blp, page
from hub.web.console.touchpoints import known_account, mistakes
from hub.web.groupfile import GroupFileError, writing
from hub.web.languages import _
from wechat import service as wechat

_TYPED = ("name", "open_platform", "mode")
_SECRETS = ("token", "aes_key", "secret")
_FLAGS = ("allow_plaintext", "location")


@blp.get("/touchpoints/<appid>/edit")
@allow(GROUP_ADMIN)
def edit_touchpoint(appid: str) -> str:
    """Show an account's settings to change; its secrets stay unseen, and a field left empty keeps what it has."""
    with transaction() as session:
        account = known_account(session, appid)
        shown = {name: getattr(account, name) or "" for name in (*_TYPED, *_FLAGS)}
        return _form(session, account, shown, {})


@blp.post("/touchpoints/<appid>/edit")
@allow(GROUP_ADMIN)
def change_touchpoint(appid: str) -> Response | tuple[str, int]:
    """Change an account, judged exactly as the group file is; earlier keys hold on for a while."""
    with transaction() as session:
        account = known_account(session, appid)
        typed: dict[str, Any] = {name: request.form.get(name, "").strip() for name in (*_TYPED, *_SECRETS)}
        typed |= {name: name in request.form for name in _FLAGS}
        try:
            changes = groupfile.apply(session, writing.write({"accounts": [_entry(account, typed)]}), environ={})
        except GroupFileError as error:
            return _form(session, account, typed, mistakes(error)), 422
        if any(change.action != "left" for change in changes):
            rotated = ",".join(name for name in _SECRETS if typed[name])
            group.audit(session, caller(), "account.change", "account", appid, secrets=rotated)
    wechat.forget_accounts()
    flash(_("已保存。"), "done")
    return redirect(url_for(".touchpoint", appid=appid), 303)


def _entry(account: Account, typed: dict[str, Any]) -> dict[str, Any]:
    """Return the account as the group file would write it, with what was typed in place of what it is."""
    entry = exporting.account_section(account, secrets=True)
    kept = {name: value for name, value in typed.items() if value or name not in _SECRETS}
    return {name: value for name, value in (entry | kept).items() if value not in ("", False) or name == "name"}


def _form(session: Session, account: Account, typed: dict[str, Any], wrong: dict[str, str]) -> str:
    shown = {name: value for name, value in typed.items() if name not in _SECRETS}
    platforms = [(slug, slug) for slug in sorted(group.open_platforms(session))]
    return page(
        session, "account_edit.html", account=account, typed=shown, wrong=wrong, modes=MODES, platforms=platforms
    )
