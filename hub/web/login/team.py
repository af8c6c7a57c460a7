"""Who may do what: users and API keys, for group admins."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, current_app, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from hub.group import service as group
from hub.group.rules.grants import BadGrant
from hub.group.service import invitations, sessions, users
from hub.kernel import settings
from hub.kernel.access import GROUP_ADMIN, allow, caller
from hub.kernel.db import transaction
from hub.kernel.http import not_found, read_place, write_cursor
from hub.web.console.page import read_position
from hub.web.login.forms import ROLE_NAMES, InviteForm, RoleForm
from hub.web.login.showing import short_time

PAGE = 50

blp = Blueprint("access", __name__, url_prefix="/access")


@blp.get("")
@allow(GROUP_ADMIN)
def show() -> Response:
    """Show the users and the API keys."""
    return page()


@blp.post("/users")
@allow(GROUP_ADMIN)
def invite() -> Response:
    """Make a user and show the link by which they choose a password, once."""
    form = InviteForm(_bus())
    if not form.validate_on_submit():
        return page(form, status=422)
    try:
        with transaction() as session:
            made = users.create_user(
                session,
                caller(),
                email=form.email.data or "",
                role=form.role.data,
                bu=form.bu.data or None,
                name=form.name.data or "",
            )
            token = invitations.invite(session, caller(), made.id)
    except users.EmailTaken:
        form.email.errors = [_("已有用户使用这个邮箱。")]
        return page(form, status=422)
    except BadGrant:
        form.bu.errors = [_("BU 角色要选事业部，其他角色不选；邮箱要完整。")]
        return page(form, status=422)
    return page(link=_link(token), whose=made.email)


@blp.post("/users/<uuid:user_id>/invitation")
@allow(GROUP_ADMIN)
def invite_again(user_id: UUID) -> Response:
    """Show a new link by which a user chooses a password; their second factor starts anew with it."""
    with transaction() as session:
        who = users.user(session, user_id)
        token = invitations.invite(session, caller(), who.id)
    return page(link=_link(token), whose=who.email)


@blp.post("/users/<uuid:user_id>/role")
@allow(GROUP_ADMIN)
def change_role(user_id: UUID) -> Response:
    """Give a user another role; they sign in anew."""
    form = RoleForm(_bus())
    if not form.validate_on_submit():
        flash(_("请选择角色和事业部。"), "danger")
        return back()
    try:
        with transaction() as session:
            users.change_role(session, caller(), user_id, role=form.role.data, bu=form.bu.data or None)
    except BadGrant:
        flash(_("BU 角色要选事业部，其他角色不选。"), "danger")
        return back()
    flash(_("角色已更改，该用户需要重新登录。"))
    return back()


@blp.post("/users/<uuid:user_id>/disable")
@allow(GROUP_ADMIN)
def disable(user_id: UUID) -> Response:
    """Lock a user out at once."""
    with transaction() as session:
        users.disable(session, caller(), user_id)
    flash(_("已停用，该用户的会话已结束。可随时重新启用。"), f"undo:{url_for('.enable', user_id=user_id)}")
    return back()


@blp.post("/users/<uuid:user_id>/enable")
@allow(GROUP_ADMIN)
def enable(user_id: UUID) -> Response:
    """Let a user in again."""
    with transaction() as session:
        users.enable(session, caller(), user_id)
    flash(_("已启用。"), f"undo:{url_for('.disable', user_id=user_id)}")
    return back()


@blp.post("/users/<uuid:user_id>/sessions/end")
@allow(GROUP_ADMIN)
def end_sessions(user_id: UUID) -> Response:
    """End every session of a user."""
    with transaction() as session:
        sessions.revoke_all(session, caller(), users.user(session, user_id).id)
    flash(_("该用户的会话已全部结束。"))
    return back()


@blp.errorhandler(users.UnknownUser)
def _missing(_error: Exception) -> ResponseReturnValue:
    return current_app.handle_user_exception(not_found("user"))


@blp.errorhandler(users.LastAdmin)
def _last(_error: Exception) -> Response:
    flash(_("这是最后一位集团管理员：请先让另一位可以登录。"), "danger")
    return back()


def _link(token: str) -> str:
    return f"{settings.current().base_url}/invitations/{token}"


def back() -> Response:
    """Return to the page of users and keys."""
    return redirect(url_for("access.show"), 303)


def _bus() -> list[tuple[str, str]]:
    with transaction() as session:
        return [(bu.slug, bu.name) for bu in group.bus(session)]


def page(form: InviteForm | None = None, *, status: int = 200, **shown_once: str) -> Response:
    """Return the page of users and keys, with a link or a key that is shown this once."""
    bus = _bus()
    after = read_position(request.args.get("users"), str, UUID)
    before = read_place(request.args.get("keys"))
    with transaction() as session:
        people = users.users(session, after=after, limit=PAGE + 1)
        keys = group.list_keys(session, before=before, limit=PAGE + 1)
        html = render_template(
            "login/access.html",
            form=form or InviteForm(bus, formdata=None),
            bus=bus,
            role_names=ROLE_NAMES,
            users=people[:PAGE],
            more_users=write_cursor([people[PAGE - 1].email.lower(), people[PAGE - 1].id]) if people[PAGE:] else None,
            live=sessions.live_counts(session),
            keys=keys[:PAGE],
            more_keys=write_cursor([keys[PAGE - 1].id]) if keys[PAGE:] else None,
            short_time=short_time(session),
            touchpoints=sorted(group.touchpoint_ids(session)),
            **shown_once,
        )
    return make_response(html, status)
