"""The overview: where everybody stands, and the way from each figure to the rows behind it."""

from __future__ import annotations

import json

from flask import redirect, url_for
from werkzeug.wrappers import Response

from bu_routing.rules.states import ACCEPTED, LOST, OPPORTUNITY, QUALIFIED, WON
from hub.kernel.access import BU_USERS, USER_ROLES, allow, caller
from hub.kernel.db import transaction
from hub.web import overview as state
from hub.web.board import blank_states, board
from hub.web.console import pictures
from hub.web.console.alarms import read_alarms
from hub.web.console.page import blp, page, way
from hub.web.languages import language
from hub.web.words import WORDS

_WORKED = ",".join((ACCEPTED, QUALIFIED, OPPORTUNITY, WON, LOST))


@blp.get("/")
@allow(*USER_ROLES)
def overview() -> str | Response:
    """Show where everybody stands; a business unit's people begin with their queue."""
    if caller().role in BU_USERS:
        return redirect(url_for(".queue"))
    words = WORDS[language()]
    alarms = read_alarms()
    with transaction() as session:
        now = state.read(session)
        return page(
            session,
            "overview.html",
            alarms=alarms,
            w=words,
            board=board(now, words),
            blank_states=blank_states(words),
            pictures=pictures.read(session, now),
            ways=_ways(),
            source=url_for("live.data", lang=language()),
        )


def _ways() -> dict[str, str | None]:
    """Return where each figure of the head line and the funnel leads."""
    return {
        "callbacks": way("console.touchpoints"),
        "people": way("console.people"),
        "fans": _people({"field": "follows", "gte": 1}),
        "registered": _people({"field": "registered", "equals": True}),
        "mqls": _people({"field": "lifecycle", "equals": "qualified"}),
        "leads": way("console.leads"),
        "accepted": way("console.leads", state=_WORKED),
    }


def _people(condition: dict[str, object]) -> str | None:
    return way("console.people", when=json.dumps(condition, ensure_ascii=False))
