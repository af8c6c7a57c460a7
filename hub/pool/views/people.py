"""The admins' API of people: list and read them, see what they did and why they stand where they do, undo merges."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from hub.group import service as group
from hub.kernel.access import ADMIN, allow, caller
from hub.kernel.blueprints import Blueprint
from hub.kernel.db import transaction
from hub.kernel.http import Problem, broken_cursor, not_found, read_cursor, read_place, write_cursor
from hub.pool import schemas, service
from hub.pool.service import PersonRow, PersonShown

blp = Blueprint("people", __name__, url_prefix="/api/v1/people", description="People, without contact data")
merges = Blueprint("merges", __name__, url_prefix="/api/v1/merges", description="Who is one person with whom")

_NEWEST = 50
"""Points told one by one in a why."""


@blp.get("")
@blp.arguments(schemas.PeopleQuery, location="query")
@blp.response(200, schemas.PersonPage)
@allow(ADMIN, scope="admin:read")
def list_people(query: dict[str, Any]) -> dict[str, Any]:
    """List people, newest first; `when` is a condition, written as JSON. A page may be short while a cursor follows."""
    before, limit = read_place(query["cursor"]), query["limit"]
    with transaction() as session:
        found = service.search_people(session, when=query["when"], before=before, limit=limit)
    return {"items": found.rows, "next_cursor": write_cursor([found.place]) if found.place else None}


@blp.get("/<person_id>")
@blp.response(200, schemas.PersonDetail)
@allow(ADMIN, scope="admin:read")
def get_person(person_id: str) -> dict[str, Any]:
    """Read one person, by any id they ever had: identities masked, merges, conflicts and stage, no contact data."""
    with transaction() as session:
        shown = _found(session, person_id)
    return {
        **_fields(shown.row),
        **_fields(shown),
        "followed": [{"appid": appid, "at": at} for appid, at in shown.followed],
    }


@blp.get("/<person_id>/timeline")
@blp.arguments(schemas.TimelineQuery, location="query")
@blp.response(200, schemas.ActPage)
@allow(ADMIN, scope="admin:read")
def get_timeline(query: dict[str, Any], person_id: str) -> dict[str, Any]:
    """List what a person did, newest first."""
    limit, place = query["limit"], _place(query["cursor"])
    with transaction() as session:
        members = _found(session, person_id).members
        acts = service.timeline(session, members, kind=query["kind"], before=place, limit=limit + 1)
    last = acts[limit - 1] if len(acts) > limit else None
    cursor = write_cursor([last.occurred_at.isoformat(), last.id]) if last else None
    return {"items": acts[:limit], "next_cursor": cursor}


@blp.get("/<person_id>/why")
@blp.response(200, schemas.WhyResult)
@allow(ADMIN, scope="admin:read")
def get_why(person_id: str) -> dict[str, Any]:
    """Say why a person has their score: the model, the threshold, what each rule gave, and the newest points."""
    with transaction() as session:
        shown = _found(session, person_id)
        why = service.explain_score(session, shown.row.id, shown.members, limit=_NEWEST)
    return {
        "person_id": shown.row.id,
        "score": shown.row.score,
        "model_version": why.version,
        "mql_at": why.mql_at,
        "missing": None if why.mql_at is None else max(0, why.mql_at - shown.row.score),
        "qualified_at": shown.qualified_at,
        "rules": [{"rule": rule, "times": times, "points": points} for rule, times, points in why.sums],
        "newest": why.newest,
    }


@merges.post("/<merge_id>/undo")
@merges.response(204)
@allow(ADMIN, scope="people:write")
def post_undo(merge_id: str) -> None:
    """Take a merge back; the same evidence does not merge the two again."""
    with transaction() as session:
        try:
            service.undo_merge(session, UUID(merge_id), caller().actor_id)
        except (ValueError, service.UnknownMerge):
            raise Problem(404, "There is no such merge, or it was undone already.") from None
        group.audit(session, caller(), "merge.undo", "merge", merge_id)


def _found(session: Session, text: str) -> PersonShown:
    try:
        shown = service.show_person(session, UUID(text))
    except ValueError:
        shown = None
    if shown is None:
        raise not_found("person")
    return shown


def _fields(row: PersonRow | PersonShown) -> dict[str, Any]:
    return {field.name: getattr(row, field.name) for field in dataclasses.fields(row)}


def _place(cursor: str | None) -> tuple[datetime, UUID] | None:
    position = read_cursor(cursor, 2)
    if position is None:
        return None
    try:
        at = datetime.fromisoformat(position[0])
        if at.tzinfo is None:
            raise ValueError
        return at, UUID(position[1])
    except (ValueError, TypeError, AttributeError):
        raise broken_cursor() from None
