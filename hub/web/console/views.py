"""Saved views: the filters of people, leads and the audit trail under names, as chips above their lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from flask import flash, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from hub.group import service as group
from hub.group.service import saved
from hub.kernel.access import allow, caller
from hub.kernel.db import transaction
from hub.kernel.http import Problem, not_found
from hub.web.console.page import OVERSEERS, READERS, blp, known_id, may
from hub.web.languages import _
from privacy.service import looks_like_contact

FILTERS: Mapping[str, tuple[str, ...]] = {
    "people": ("when",),
    "leads": ("bu", "state"),
    "audit": ("kind", "bu", "actor", "from", "to"),
}
"""List -> the parameters that make its filter."""
_KEEPERS = tuple(sorted({*READERS, *OVERSEERS}))
_LONGEST_NAME, _LONGEST_QUERY = 40, 6000


@dataclass(frozen=True, slots=True)
class Chip:
    """Hold one saved view as the list shows it."""

    id: UUID
    name: str
    url: str
    now: bool
    shared: bool
    mine: bool


@dataclass(frozen=True, slots=True)
class Views:
    """Hold what stands above a list: the saved views, and the filter of now if it has one to save."""

    page: str
    chips: Sequence[Chip]
    query: str


def read(session: Session, page: str) -> Views:
    """Return the saved views of a list, and the filter that this request asks for."""
    query = _clean(page, request.args)
    rows = saved.views_of(session, caller(), page)
    chips = [
        Chip(
            row.id,
            row.name,
            f"{url_for(f'.{page}')}?{row.query}",
            row.query == query,
            row.shared,
            row.owner_id == caller().actor_id,
        )
        for row in rows
    ]
    return Views(page, chips, query)


@blp.post("/views")
@allow(*_KEEPERS)
def save_view() -> Response:
    """Keep the filter of a list under a name."""
    page, name = _page(), " ".join(request.form.get("name", "").split())
    query = _clean(page, dict(parse_qsl(request.form.get("query", ""))))
    back = redirect(f"{url_for(f'.{page}')}?{query}", 303)
    wrong = _wrong(name, query)
    if wrong:
        flash(wrong, "danger")
        return back
    try:
        with transaction() as session:
            shared = request.form.get("shared") == "1"
            made = saved.save_view(session, caller(), page=page, name=name, query=query, shared=shared)
            group.audit(session, caller(), "view.save", "view", made.id, page=page, shared=shared)
            id_ = made.id
    except saved.TooManyViews:
        flash(_("最多保存 %(n)d 个视图：先删掉一些。", n=saved.MOST), "danger")
        return back
    flash(_("已保存视图「%(name)s」。", name=name), f"undo:{url_for('.delete_view', view_id=id_)}")
    return back


@blp.post("/views/<view_id>/delete")
@allow(*_KEEPERS)
def delete_view(view_id: str) -> Response:
    """Delete a view of one's own."""
    with transaction() as session:
        page, name = _change(session, view_id, delete=True)
    flash(_("已删除视图「%(name)s」。", name=name), f"undo:{url_for('.restore_view', view_id=view_id)}")
    return redirect(url_for(f".{page}"), 303)


@blp.post("/views/<view_id>/restore")
@allow(*_KEEPERS)
def restore_view(view_id: str) -> Response:
    """Take the deletion of a view back."""
    with transaction() as session:
        page, name = _change(session, view_id, delete=False)
    flash(_("视图「%(name)s」已恢复。", name=name), "done")
    return redirect(url_for(f".{page}"), 303)


def _change(session: Session, view_id: str, *, delete: bool) -> tuple[str, str]:
    try:
        verb = saved.delete_view if delete else saved.restore_view
        found = verb(session, caller(), known_id(view_id, "view"))
    except saved.ViewNotFound:
        raise not_found("view") from None
    group.audit(session, caller(), "view.delete" if delete else "view.restore", "view", found.id, page=found.page)
    return found.page, found.name


def _page() -> str:
    page = request.form.get("page", "")
    if page not in FILTERS or not may(f"console.{page}"):
        raise Problem(422, _("没有这个列表。"))
    return page


def _clean(page: str, given: Mapping[str, str]) -> str:
    """Return the filter as a query of known parameters in one order, so that equal filters are equal texts."""
    return urlencode([(name, value) for name in FILTERS[page] if (value := given.get(name, "").strip())])


def _wrong(name: str, query: str) -> str | None:
    if not query:
        return _("先筛选，再保存视图。")
    if not 1 <= len(name) <= _LONGEST_NAME or not name.isprintable():
        return _("视图名称是 1 到 %(n)d 个字。", n=_LONGEST_NAME)
    if len(query) > _LONGEST_QUERY:
        return _("这个筛选太长，不能保存。")
    return _("视图里不能有电话或邮箱。") if looks_like_contact(f"{name} {query}") else None
