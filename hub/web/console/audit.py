"""The audit trail: who did what when, of every kind in one order, to filter and to take along."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, time
from uuid import UUID

from flask import Response, request
from sqlalchemy.orm import Session

from hub.group import service as group
from hub.group.service import trail
from hub.kernel import clock
from hub.kernel.access import allow
from hub.kernel.db import transaction
from hub.kernel.http import read_place, write_cursor
from hub.web.console import views
from hub.web.console.merging import Entry, Wanted, read
from hub.web.console.page import OVERSEERS, blp, page
from hub.web.languages import _

PAGE = 50
EXPORTED = 10_000
_BATCH = 500
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
KINDS = ("lead", "disclosure", "act")


@blp.get("/audit")
@allow(*OVERSEERS)
def audit() -> str:
    """Show the newest entries that the filter lets through."""
    place = read_place(request.args.get("cursor"))
    with transaction() as session:
        wanted = _wanted(session)
        entries = read(session, wanted, before=place or wanted.before, limit=PAGE + 1)
        return page(
            session,
            "audit.html",
            views=views.read(session, "audit"),
            entries=entries[:PAGE],
            cursor=write_cursor([entries[PAGE - 1].id]) if len(entries) > PAGE else None,
            units=group.bus(session),
            names={bu.id: bu.name for bu in group.bus(session)},
            filtered=any(request.args.get(name) for name in ("kind", "bu", "actor", "from", "to")),
            kinds=KINDS,
            most=EXPORTED,
        )


@blp.get("/audit.csv")
@allow(*OVERSEERS)
def export() -> Response:
    """Give the entries as a table for Excel, whose cells can never become formulas."""
    with transaction() as session:
        wanted = _wanted(session)
        units = {bu.id: bu.slug for bu in group.bus(session)}
        out = io.StringIO()
        write = csv.writer(out).writerow
        write([_("时间"), _("类别"), _("操作"), _("对象"), _("操作者"), _("事业部"), _("说明")])
        for entry in _all(session, wanted):
            unit = units.get(entry.bu_id, "") if entry.bu_id else ""
            row = (entry.at.isoformat(), entry.kind, entry.what, entry.object_id, entry.actor, unit, entry.detail)
            write([plain(cell) for cell in row])
    name = f"audit-{clock.now():%Y%m%d-%H%M}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response("\ufeff" + out.getvalue(), mimetype="text/csv", headers=headers)


def plain(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _all(session: Session, wanted: Wanted) -> Iterator[Entry]:
    before, left = wanted.before, EXPORTED
    while left > 0:
        entries = read(session, wanted, before=before, limit=min(_BATCH, left))
        yield from entries
        if len(entries) < min(_BATCH, left):
            return
        before, left = entries[-1].id, left - len(entries)


def _wanted(session: Session) -> Wanted:
    """Return what the filter asks for; what it cannot mean (an unknown name) finds nothing, and says so by that."""
    name = request.args.get("actor", "").strip()
    unit = group.bu_by_slug(session, request.args.get("bu", ""))
    kind = request.args.get("kind", "")
    return Wanted(
        kinds=(kind,) if kind in KINDS else KINDS,
        bu_id=unit.id if unit else None,
        actor_id=(trail.actor_named(session, name) or UUID(int=0)) if name else None,
        since=_edge(request.args.get("from", ""), time.min),
        before=_edge(request.args.get("to", ""), time.max),
    )


def _edge(day: str, at: time) -> UUID | None:
    """Return the least id that is made at that end of a day (ids grow with time); None for no day."""
    try:
        moment = datetime.combine(datetime.fromisoformat(day).date(), at, UTC)
    except ValueError:
        return None
    return UUID(int=int(moment.timestamp() * 1000) << 80)
