"""Identity conflicts: both persons' evidence side by side, one press decides, and every decision can be taken back."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from flask import flash, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from hub.group import service as group
from hub.group.service import trail
from hub.kernel.access import GROUP_ADMIN, allow, caller
from hub.kernel.db import transaction
from hub.kernel.http import not_found, read_place, write_cursor
from hub.pool import service as pool
from hub.web.console.page import READERS, blp, known_id, page
from hub.web.console.people import places
from hub.web.languages import _

PAGE = 50


@blp.get("/people/conflicts")
@allow(*READERS)
def conflicts() -> str:
    """List the conflicts that wait for a human, or those that were decided."""
    decided = request.args.get("state") == "decided"
    before = read_place(request.args.get("cursor"))
    with transaction() as session:
        read = pool.decided_conflicts if decided else pool.open_conflicts
        rows = read(session, before=before, limit=PAGE + 1)
        return page(
            session,
            "conflicts.html",
            rows=rows[:PAGE],
            decided=decided,
            names=trail.names_of(session, {row.decided_by for row in rows if row.decided_by}),
            cursor=write_cursor([rows[PAGE - 1].id]) if len(rows) > PAGE else None,
        )


@blp.get("/people/conflicts/<conflict_id>")
@allow(*READERS)
def conflict(conflict_id: str) -> str:
    """Show one conflict: what joins the two, what keeps them apart, and who they are."""
    with transaction() as session:
        shown = pool.conflict(session, known_id(conflict_id, "conflict"))
        if shown is None:
            raise not_found("conflict")
        by = shown.row.decided_by
        return page(
            session,
            "conflict.html",
            shown=shown,
            places=places(session),
            decider=trail.names_of(session, [by]).get(by) if by else None,
        )


@blp.post("/people/conflicts/<conflict_id>/same")
@allow(GROUP_ADMIN)
def decide_same(conflict_id: str) -> Response:
    """Merge the two: they are one person."""
    return _decide(conflict_id, "conflict.same", _merge, _("已合并为一个人。"))


@blp.post("/people/conflicts/<conflict_id>/apart")
@allow(GROUP_ADMIN)
def decide_apart(conflict_id: str) -> Response:
    """Keep the two apart for good."""
    return _decide(conflict_id, "conflict.apart", pool.decide_apart, _("已记为两个人，以后不再合并，也不再询问。"))


@blp.post("/people/conflicts/<conflict_id>/reopen")
@allow(GROUP_ADMIN)
def reopen_conflict(conflict_id: str) -> Response:
    """Take a decision back."""
    return _decide(conflict_id, "conflict.reopen", pool.reopen, _("决定已撤销，冲突等待判断。"), undo=False)


@blp.post("/merges/<merge_id>/undo")
@allow(GROUP_ADMIN)
def undo_merge(merge_id: str) -> Response:
    """Take a merge back; the same evidence does not merge the two again."""
    return _edge(merge_id, "merge.undo", pool.undo_merge, _("已拆分，同样的证据不会再合并他们。"), "restore_merge")


@blp.post("/merges/<merge_id>/restore")
@allow(GROUP_ADMIN)
def restore_merge(merge_id: str) -> Response:
    """Merge again what an undone merge had joined."""
    return _edge(merge_id, "merge.restore", pool.restore_merge, _("已重新合并。"), "undo_merge")


def _merge(session: Session, conflict_id: UUID, by: UUID | None) -> None:
    pool.decide_same(session, conflict_id, by)


def _decide(
    conflict_id: str, action: str, verb: Callable[[Session, UUID, UUID | None], None], done: str, *, undo: bool = True
) -> Response:
    wanted, here = known_id(conflict_id, "conflict"), url_for(".conflict", conflict_id=conflict_id)
    try:
        with transaction() as session:
            verb(session, wanted, caller().actor_id)
            group.audit(session, caller(), action, "conflict", wanted)
    except pool.UnknownConflict:
        raise not_found("conflict") from None
    except pool.AlreadyDecided:
        flash(_("已有人处理过，请看最新状态。"), "danger")
        return redirect(here, 303)
    flash(done, f"undo:{url_for('.reopen_conflict', conflict_id=conflict_id)}" if undo else "done")
    return redirect(_back(here), 303)


def _edge(
    merge_id: str, action: str, verb: Callable[[Session, UUID, UUID | None], UUID | None], done: str, undo: str
) -> Response:
    wanted = known_id(merge_id, "merge")
    try:
        with transaction() as session:
            person = pool.merged_person(session, wanted)
            after = verb(session, wanted, caller().actor_id) or wanted
            group.audit(session, caller(), action, "merge", after)
    except pool.UnknownMerge:
        raise not_found("merge") from None
    flash(done, f"undo:{url_for(f'.{undo}', merge_id=after)}")
    return redirect(_back(url_for(".person", person_id=person)), 303)


def _back(otherwise: str) -> str:
    """Return where the button was pressed: the audit trail when it says so, which is the one other place."""
    return url_for(".audit") if request.form.get("back") == "audit" else otherwise
