"""Check-ins and events over the API."""

from __future__ import annotations

from typing import Any

from event_hub import schemas, service
from hub.kernel.access import ADMIN, TOUCHPOINT, allow
from hub.kernel.blueprints import Blueprint
from hub.kernel.db import transaction
from hub.kernel.http import PageQuery, Problem, not_found, read_place, write_cursor

blp = Blueprint("events", __name__, url_prefix="/api/v1/events", description="Events and check-ins")


@blp.get("")
@blp.arguments(PageQuery, location="query")
@blp.response(200, schemas.EventPage)
@allow(ADMIN, TOUCHPOINT, scope="events:read")
def get_events(query: dict[str, Any]) -> dict[str, Any]:
    """List the events with their counts, the one made last first."""
    limit = query["limit"]
    with transaction() as session:
        rows = service.newest(session, before=read_place(query["cursor"]), limit=limit + 1)
    more = len(rows) > limit
    return {"items": rows[:limit], "next_cursor": write_cursor([rows[limit - 1].id]) if more else None}


@blp.post("/<slug>/check-ins")
@blp.arguments(schemas.CheckInBody)
@blp.response(200, schemas.CheckInResult)
@allow(TOUCHPOINT, ADMIN, scope="events:write")
def post_check_in(body: dict[str, str], slug: str) -> dict[str, Any]:
    """Check the holder of a code in; a second time says when the first was."""
    try:
        with transaction() as session:
            done = service.check_in(session, slug, body["code"])
    except service.UnknownEvent:
        raise not_found("event") from None
    except service.UnknownCode:
        raise Problem(404, "Nobody registered for this event with this code.") from None
    return {"status": "checked_in" if done.first else "already_checked_in", "at": done.at}
