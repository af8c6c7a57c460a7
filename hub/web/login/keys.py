"""API keys in the console: made, rotated and revoked by a group admin; a key's text is shown once."""

from __future__ import annotations

from uuid import UUID

from flask import current_app, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from hub.group import service as group
from hub.kernel.access import GROUP_ADMIN, allow, caller
from hub.kernel.db import transaction
from hub.kernel.http import not_found
from hub.web.login.team import back, blp, page


@blp.post("/keys")
@allow(GROUP_ADMIN)
def make_key() -> Response:
    """Make a key for one BU, one touchpoint or the group's systems, and show it once."""
    name, (kind, _sep, slug) = request.form.get("name", "").strip(), request.form.get("owner", "").partition(":")
    if not 1 <= len(name) <= 100 or kind not in ("bu", "touchpoint", "admin"):
        flash(_("请写明用途，并选择谁用。"), "danger")
        return back()
    try:
        with transaction() as session:
            made, text = group.issue_key(
                session,
                name=name,
                bu=slug if kind == "bu" else None,
                touchpoint=slug if kind == "touchpoint" else None,
            )
            group.audit(session, caller(), "key.create", "api_key", made.id, role=made.role)
    except group.UnknownOwner:
        flash(_("没有这个事业部或触点。"), "danger")
        return back()
    return page(key=text, key_name=name)


@blp.post("/keys/<uuid:key_id>/rotate")
@allow(GROUP_ADMIN)
def rotate_key(key_id: UUID) -> Response:
    """Make a key's successor and show it once; both live for a week."""
    try:
        with transaction() as session:
            made, text = group.rotate_key(session, group.find_key(session, str(key_id)))
            group.audit(session, caller(), "key.rotate", "api_key", key_id, successor=str(made.id))
    except group.KeyNotRotatable:
        flash(_("这个密钥已失效，或正在轮换。"), "danger")
        return back()
    return page(key=text, key_name=made.name)


@blp.post("/keys/<uuid:key_id>/revoke")
@allow(GROUP_ADMIN)
def revoke_key(key_id: UUID) -> Response:
    """End a key at once."""
    with transaction() as session:
        group.revoke_key(session, group.find_key(session, str(key_id)))
        group.audit(session, caller(), "key.revoke", "api_key", key_id)
    flash(_("密钥已吊销。"))
    return back()


@blp.errorhandler(group.KeyNotFound)
def _missing(_error: Exception) -> ResponseReturnValue:
    return current_app.handle_user_exception(not_found("key"))
