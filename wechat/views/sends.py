"""The admin's API of sends: queue them, see where they stand, and ask what may be sent to a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from hub.group import service as group
from hub.kernel.access import ADMIN, allow
from hub.kernel.blueprints import Blueprint
from hub.kernel.db import transaction
from hub.kernel.http import Problem, not_found, read_place, write_cursor
from hub.pool import service as pool
from wechat import service
from wechat.rules.reach import Way
from wechat.rules.sends import CHANNELS
from wechat.schemas import sends as schemas
from wechat.service import ContentRefused, NewSend, Reachable, SendShown

api = Blueprint("sends", __name__, url_prefix="/api/v1", description="Messages to people, and what may be sent to whom")


@api.post("/sends")
@api.arguments(schemas.SendsBody)
@api.response(200, schemas.QueuedSends)
@allow(ADMIN, scope="sends:write")
def post_sends(body: dict[str, Any]) -> dict[str, list[SendShown]]:
    """Queue up to 500 messages, all or none; each with a dedupe_key once however often it is asked for."""
    with transaction() as session:
        sends = [NewSend(**item) for item in body["items"]]
        _check(session, sends)
        ids = service.queue_sends(session, sends)
        return {"items": service.read_sends(session, ids)}


@api.get("/sends")
@api.arguments(schemas.SendQuery, location="query")
@api.response(200, schemas.SendPage)
@allow(ADMIN, scope="admin:read")
def get_sends(query: dict[str, Any]) -> dict[str, Any]:
    """List sends, newest first, with where each stands and why."""
    limit, before = query["limit"], read_place(query["cursor"])
    with transaction() as session:
        people = None if query["person_id"] is None else _members(session, query["person_id"])
        found = service.list_sends(session, where=query["where"], people=people, before=before, limit=limit + 1)
    more = len(found) > limit
    return {"items": found[:limit], "next_cursor": write_cursor([found[limit - 1].id]) if more else None}


@api.get("/people/<person_id>/reach")
@api.response(200, schemas.PersonReach)
@allow(ADMIN, scope="admin:read")
def get_reach(person_id: str) -> dict[str, Any]:
    """Say what may be sent to a person now: by which account and channel, until when, and why not."""
    try:
        wanted = UUID(person_id)
    except ValueError:
        raise not_found("person") from None
    with transaction() as session:
        if not pool.roots_of(session, [wanted]):
            raise not_found("person")
        reach = service.reach_of(session, wanted)
    items = [_account(found) for found in reach.accounts]
    return {"person_id": wanted, "capped_until": reach.capped_until, "items": items}


def _check(session: Session, sends: Sequence[NewSend]) -> None:
    """Raise Problem 422 for the first send that cannot go out, naming its place and field."""
    kinds = {place.slug: place.kind for place in group.touchpoints(session)}
    for index, send in enumerate(sends):
        if send.appid not in kinds:
            raise _wrong(index, "appid", "The group has no account with this AppID.")
        if kinds[send.appid] not in CHANNELS[send.channel].kinds:
            raise _wrong(index, "channel", "This kind of account has no such channel.")
        try:
            service.check_send(send)
        except ContentRefused as refused:
            raise _wrong(index, refused.field, refused.message) from None


def _wrong(index: int, name: str, message: str) -> Problem:
    return Problem(422, f"items[{index}].{name}: {message}", {"items": {str(index): {name: [message]}}})


def _members(session: Session, person_id: UUID) -> list[UUID]:
    return list(pool.members(session, pool.roots_of(session, [person_id]).values()))


def _account(found: Reachable) -> Mapping[str, Any]:
    said = zip(found.ways, found.sentences["zh"], found.sentences["en"], strict=True)
    ways = [_way(way, {"zh": zh, "en": en}) for way, zh, en in said]
    kept = {name: getattr(found, name) for name in ("appid", "account", "openid", "quiet_until")}
    return {**kept, "ways": ways}


def _way(way: Way, sentences: Mapping[str, str]) -> Mapping[str, Any]:
    return {
        "channel": way.channel,
        "open": way.open,
        "why": way.why,
        "left": way.left,
        "until": _moment(way.until),
        "opens_at": _moment(way.opens_at),
        "template": way.key or None,
        "sentences": sentences,
    }


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
