"""Leads of the whole group, for those who look after all of it: the rows behind the overview's figures."""

from __future__ import annotations

from flask import request

import bu_routing.service as routing
from bu_routing.rules.states import STATES
from hub.group import service as group
from hub.kernel.access import allow
from hub.kernel.db import transaction
from hub.kernel.http import read_place, write_cursor
from hub.web.console import views
from hub.web.console.page import READERS, blp, page
from hub.web.languages import language

PAGE = 50


@blp.get("/leads")
@allow(*READERS)
def leads() -> str:
    """List leads, newest first, of one business unit or of all, in some states or in any."""
    states = [state for state in request.args.get("state", "").split(",") if state in STATES]
    before = read_place(request.args.get("cursor"))
    with transaction() as session:
        units = group.bus(session)
        chosen = next((bu for bu in units if bu.slug == request.args.get("bu")), None)
        rows = routing.browse(
            session, bu_id=chosen.id if chosen else None, states=states, before=before, limit=PAGE + 1
        )
        return page(
            session,
            "leads.html",
            views=views.read(session, "leads"),
            leads=rows[:PAGE],
            cursor=write_cursor([rows[PAGE - 1].id]) if len(rows) > PAGE else None,
            units=units,
            names={bu.id: bu.name for bu in units},
            chosen=chosen,
            states=states,
            all_states=STATES,
            sentences=routing.sentences_of(session, rows[:PAGE], language()),
        )
