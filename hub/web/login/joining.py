"""The invitation link: whoever holds it chooses a password, and then enrols a second factor."""

from __future__ import annotations

from flask import Blueprint, make_response, render_template
from werkzeug.wrappers import Response

from hub.group.service import invitations
from hub.group.service.passwords import WeakPassword
from hub.kernel.access import PUBLIC, allow
from hub.kernel.db import transaction
from hub.web import security
from hub.web.login.entering import ask_code
from hub.web.login.forms import WEAKNESSES, PasswordForm

blp = Blueprint("joining", __name__)
blp.before_request(security.protect)


@blp.get("/invitations/<token>")
@allow(PUBLIC)
def show(token: str) -> Response:
    """Show who is invited, and ask for a password."""
    return _page(token, PasswordForm())


@blp.post("/invitations/<token>")
@allow(PUBLIC)
def submit(token: str) -> Response:
    """Set the password and lead on to the one-time code."""
    form = PasswordForm()
    if not form.validate_on_submit():
        return _page(token, form, 422)
    try:
        with transaction() as session:
            user_id = invitations.accept_invitation(session, token, form.password.data or "")
    except WeakPassword as weak:
        form.password.errors = [WEAKNESSES[weak.key]]
        return _page(token, form, 422)
    return ask_code(user_id)


@blp.errorhandler(invitations.InvalidLink)
def _over(_error: Exception) -> Response:
    return make_response(render_template("login/over.html"), 410)


def _page(token: str, form: PasswordForm, status: int = 200) -> Response:
    with transaction() as session:
        invited = invitations.invited(session, token)
    return make_response(render_template("login/invitation.html", form=form, invited=invited), status)
