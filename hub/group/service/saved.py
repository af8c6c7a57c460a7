"""Saved views: a list's filter under a name, one's own or shared with everybody of one's role."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from hub.group.models import SavedView
from hub.kernel import clock
from hub.kernel.access import Caller

MOST = 50
"""Views that one user may keep."""
_REGRET = timedelta(days=1)


class TooManyViews(Exception):
    """This user keeps as many views as one may."""


class ViewNotFound(Exception):
    """There is no such view that this user may change."""


def save_view(session: Session, by: Caller, *, page: str, name: str, query: str, shared: bool) -> SavedView:
    """Keep a filter under a name, in place of the owner's view of the same page and name; raise TooManyViews."""
    mine = SavedView.owner_id == by.actor_id
    session.execute(delete(SavedView).where(mine, SavedView.deleted_at < clock.now() - _REGRET))
    same = select(SavedView).where(mine, SavedView.page == page, SavedView.name == name)
    found = session.scalar(same.where(SavedView.deleted_at.is_(None)))
    if found is not None:
        found.query, found.shared, found.role = query, shared, by.role
        return found
    kept = session.scalar(select(func.count()).select_from(SavedView).where(mine)) or 0
    if kept >= MOST:
        raise TooManyViews(f"{MOST} views are kept")
    made = SavedView(
        owner_id=by.actor_id,
        role=by.role,
        shared=shared,
        page=page,
        name=name,
        query=query,
        created_at=clock.now(),
    )
    session.add(made)
    session.flush()
    return made


def views_of(session: Session, by: Caller, page: str) -> Sequence[SavedView]:
    """Return the views of a page that `by` sees: their own, and those that colleagues of their role share."""
    seen = or_(SavedView.owner_id == by.actor_id, SavedView.shared & (SavedView.role == by.role))
    query = select(SavedView).where(seen, SavedView.page == page, SavedView.deleted_at.is_(None))
    return session.scalars(query.order_by(SavedView.name, SavedView.id)).all()


def delete_view(session: Session, by: Caller, view_id: UUID) -> SavedView:
    """Delete a view of one's own; raise ViewNotFound."""
    found = _own(session, by, view_id)
    found.deleted_at = found.deleted_at or clock.now()
    return found


def restore_view(session: Session, by: Caller, view_id: UUID) -> SavedView:
    """Take the deletion of a view back; raise ViewNotFound when it was deleted too long ago."""
    found = _own(session, by, view_id)
    found.deleted_at = None
    return found


def _own(session: Session, by: Caller, view_id: UUID) -> SavedView:
    own = select(SavedView).where(SavedView.id == view_id, SavedView.owner_id == by.actor_id)
    found = session.scalar(own.with_for_update())
    if found is None:
        raise ViewNotFound(str(view_id))
    return found
