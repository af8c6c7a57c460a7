"""In and out: password, one-time code, sign-in link, logout."""

from __future__ import annotations

from uuid import UUID

import segno
from flask import Blueprint, abort, make_response, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from hub.group.service import invitations, logins, sessions, totp
from hub.kernel import settings
from hub.kernel.access import PUBLIC, allow
from hub.kernel.db import transaction
from hub.web import security
from hub.web.login import cookie
from hub.web.login.forms import CodeForm, LoginForm
from hub.web.login.landing import safe

blp = Blueprint("login", __name__)
blp.before_request(security.protect)


@blp.get("/login")
@allow(PUBLIC)
def show() -> Response:
    """Ask for address and password, or lead to the identity provider."""
    return _login(LoginForm())


@blp.post("/login")
@allow(PUBLIC)
def submit() -> Response:
    """Check address and password; what was wrong of the two is not said."""
    form = LoginForm()
    if not form.validate_on_submit():
        return _login(form, 422)
    with transaction() as database:
        checked = logins.check_password(
            database, email=form.email.data or "", password=form.password.data or "", address=address()
        )
    if checked.user_id is None:
        form.password.errors = [said(checked, _("邮箱或密码不对。"))]
        return waiting(_login(form, 429 if checked.wait else 401), checked)
    return ask_code(checked.user_id, safe(request.args.get("next")))


@blp.get("/login/totp")
@allow(PUBLIC)
def totp_show() -> Response:
    """Ask for the one-time code, or show the secret to somebody who has none yet."""
    user_id = _half_in()
    return redirect(url_for("login.show"), 303) if user_id is None else _code(CodeForm(), user_id)


@blp.post("/login/totp")
@allow(PUBLIC)
def totp_submit() -> Response:
    """Check the one-time code and let its user in."""
    user_id, form = _half_in(), CodeForm()
    if user_id is None:
        return redirect(url_for("login.show"), 303)
    if not form.validate_on_submit():
        return _code(form, user_id, 422)
    with transaction() as database:
        checked = logins.check_code(database, user_id=user_id, code=form.code.data or "", address=address())
    if checked.user_id is None:
        form.code.errors = [said(checked, _("动态码不对或已用过，请等下一个。"))]
        return waiting(_code(form, user_id, 429 if checked.wait else 401), checked)
    return cookie.enter(user_id, "password", target=request.args.get("next"))


@blp.get("/login/link/<token>")
@allow(PUBLIC)
def link(token: str) -> Response:
    """Sign in whoever opens the link first; production has no such links."""
    if settings.current().production or request.method == "HEAD":  # a preview must not use the link up
        abort(404)
    try:
        with transaction() as database:
            user_id = invitations.follow_sign_in_link(database, token)
    except invitations.InvalidLink:
        return make_response(render_template("login/over.html"), 410)
    return cookie.enter(user_id, "link", target=request.args.get("next"))


@blp.post("/logout")
@allow(PUBLIC)
def logout() -> Response:
    """End the session, if there still is one, and what the browser kept of it."""
    had = cookie.token()
    if had:
        with transaction() as database:
            sessions.revoke(database, had)
    session.clear()
    response = cookie.drop(redirect(url_for("login.show"), 303))
    response.headers["Clear-Site-Data"] = '"cache", "storage"'  # "cookies" would clear those of the whole domain
    return response


def ask_code(user_id: UUID, target: str | None = None) -> Response:
    """Lead a user whose password was right to the one-time code."""
    with transaction() as database:
        reference = sessions.open_session(database, user_id, pending=True)
    session.clear()
    return cookie.put(redirect(url_for("login.totp_show", next=target), 303), reference)


def address() -> str:
    """Return where the request comes from: a proxy on this machine names it last in X-Forwarded-For."""
    told = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    return told if told and request.remote_addr in ("127.0.0.1", "::1") else request.remote_addr or ""


def said(checked: logins.Checked, wrong: str) -> str:
    """Return what to say of a failed attempt."""
    return _("尝试次数过多，请 %(n)s 秒后再试。", n=checked.wait) if checked.wait else wrong


def waiting(response: Response, checked: logins.Checked) -> Response:
    """Return the response, telling programs too how long to wait."""
    if checked.wait:
        response.headers["Retry-After"] = str(checked.wait)
    return response


def _half_in() -> UUID | None:
    had = cookie.token()
    if not had:
        return None
    with transaction() as database:
        found = sessions.find_session(database, had, pending=True)
    return None if found is None else found.caller.actor_id


def _login(form: LoginForm, status: int = 200) -> Response:
    page = render_template("login/login.html", form=form, oidc=settings.current().oidc.enabled)
    return make_response(page, status)


def _code(form: CodeForm, user_id: UUID, status: int = 200) -> Response:
    with transaction() as database:
        uri = totp.enrolment(database, user_id)
    picture = segno.make(uri).svg_inline(scale=5, border=3, light="#fff") if uri else None
    secret = uri.partition("secret=")[2].partition("&")[0] if uri else None
    return make_response(render_template("login/totp.html", form=form, picture=picture, secret=secret), status)
