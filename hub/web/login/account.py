"""One's own account: sessions, password, second factor."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, g, make_response, redirect, render_template, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from hub.group.service import invitations, logins, sessions, totp, users
from hub.group.service.passwords import WeakPassword
from hub.kernel.access import USER_ROLES, allow, caller
from hub.kernel.db import transaction
from hub.web.login import cookie
from hub.web.login.entering import address, said, waiting
from hub.web.login.forms import ROLE_NAMES, WEAKNESSES, ChangeForm, LoginForm
from hub.web.login.showing import short_time

blp = Blueprint("account", __name__, url_prefix="/account")


@blp.get("")
@allow(*USER_ROLES)
def show() -> Response:
    """Show one's own account."""
    return _page(ChangeForm())


@blp.post("/password")
@allow(*USER_ROLES)
def change_password() -> Response:
    """Change one's password; every session ends, and this browser gets a new one."""
    form = ChangeForm()
    if not form.validate_on_submit():
        return _page(form, 422)
    checked = _proved(form.current.data or "")
    if checked.user_id is None:
        form.current.errors = [said(checked, _("密码不对。"))]
        return waiting(_page(form, 429 if checked.wait else 422), checked)
    try:
        with transaction() as database:
            invitations.change_password(database, caller(), form.password.data or "")
            reference = sessions.open_session(database, caller().actor_id)
    except WeakPassword as weak:
        form.password.errors = [WEAKNESSES[weak.key]]
        return _page(form, 422)
    session.clear()
    flash(_("密码已更改，其他设备已退出。"))
    return cookie.put(redirect(url_for("account.show"), 303), reference)


@blp.post("/totp")
@allow(*USER_ROLES)
def reset_totp() -> Response:
    """Forget one's second factor after the password is given again; the next login shows a new one."""
    form = LoginForm()
    checked = _proved(form.password.data or "")
    if checked.user_id is None:
        flash(said(checked, _("密码不对。")), "danger")
        return redirect(url_for("account.show"), 303)
    with transaction() as database:
        totp.reset(database, caller(), caller().actor_id)
        sessions.revoke_all(database, caller(), caller().actor_id)
    return cookie.drop(redirect(url_for("login.show"), 303))


@blp.post("/sessions/<uuid:session_id>/end")
@allow(*USER_ROLES)
def end_session(session_id: UUID) -> Response:
    """End one of one's own sessions."""
    with transaction() as database:
        if sessions.revoke_one(database, caller(), session_id):
            flash(_("已退出该设备。"))
    return redirect(url_for("account.show"), 303)


def _proved(password: str) -> logins.Checked:
    """Check the caller's own password again."""
    with transaction() as database:
        me = users.user(database, caller().actor_id)
        if me.federated:
            return logins.Checked(None)
        return logins.check_password(database, email=me.email, password=password, address=address())


def _page(form: ChangeForm, status: int = 200) -> Response:
    with transaction() as database:
        me = users.user(database, caller().actor_id)
        page = render_template(
            "login/account.html",
            form=form,
            account=me,
            role_name=ROLE_NAMES.__getitem__,
            sessions=sessions.sessions_of(database, me.id),
            short_time=short_time(database),
            this=g.session_id,
            prove=LoginForm(formdata=None),
        )
    return make_response(page, status)
