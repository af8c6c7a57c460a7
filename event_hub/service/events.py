"""Events as the group file describes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from event_hub.models import Event
from hub.group import service as group
from hub.group.service import Change
from hub.kernel.ids import new_id


class UnknownEvent(Exception):
    """The group has no such event."""


class UnknownName(Exception):
    """An event names a business unit or a touchpoint that the group does not have."""


def apply(session: Session, events: Sequence[Mapping[str, Any]]) -> list[Change]:
    """Create or change the `events` named (validated); what they do not name stays as it is.

    An event without a touchpoint gets one of its own, "event-<slug>". Raise UnknownName for a BU or touchpoint that is
    nowhere.
    """
    rows = {row.slug: row for row in session.scalars(select(Event))}
    changes = [_put(session, rows.get(wanted["slug"]), wanted) for wanted in events]
    session.flush()
    return changes


def export(session: Session) -> list[dict[str, Any]]:
    """Return the events as the group file writes them, in the order they were made; times in the group's zone."""
    zone = ZoneInfo(group.group_timezone(session))
    bus = {bu.id: bu.slug for bu in group.bus(session)}
    touchpoints = {id_: slug for slug, id_ in group.touchpoint_ids(session).items()}
    return [_section(row, zone, bus, touchpoints) for row in session.scalars(select(Event).order_by(Event.id))]


def find(session: Session, slug: str, *, lock: bool = False) -> Event:
    """Return the event named `slug`, held to the end of the transaction with `lock`; raise UnknownEvent without one."""
    query = select(Event).where(Event.slug == slug)
    row = session.scalar(query.with_for_update().execution_options(populate_existing=True) if lock else query)
    if row is None:
        raise UnknownEvent(f"there is no event {slug!r}")
    return row


def newest(session: Session, *, before: UUID | None, limit: int) -> list[Event]:
    """Return up to `limit` events, the one made last first, older than the one with id `before`."""
    query = select(Event).order_by(Event.id.desc()).limit(limit)
    return list(session.scalars(query if before is None else query.where(Event.id < before)))


def _put(session: Session, row: Event | None, wanted: Mapping[str, Any]) -> Change:
    values = {
        **{name: wanted[name] for name in ("slug", "name", "starts_at")},
        **{name: wanted.get(name) for name in ("ends_at", "venue", "capacity", "interest")},
        "bu_id": _bu(session, wanted.get("bu")),
        "touchpoint_id": _touchpoint(session, wanted),
    }
    if row is None:
        session.add(Event(id=new_id(), **values))
        session.flush()  # one by one: ids tell the file's order, which the export keeps
        return Change("event", wanted["slug"], "created")
    different = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in different.items():
        setattr(row, name, value)
    return Change("event", wanted["slug"], "changed" if different else "left")


def _bu(session: Session, slug: str | None) -> UUID | None:
    if slug is None:
        return None
    bu = group.bu_by_slug(session, slug)
    if bu is None:
        raise UnknownName(f"there is no business unit {slug!r}")
    return bu.id


def _touchpoint(session: Session, wanted: Mapping[str, Any]) -> UUID:
    slug = wanted.get("touchpoint")
    if slug is None:
        return group.ensure_touchpoint(session, _own_touchpoint(wanted["slug"]), wanted["name"], "event")
    found = group.touchpoint_ids(session).get(slug)
    if found is None:
        raise UnknownName(f"there is no touchpoint {slug!r}")
    return found


def _own_touchpoint(slug: str) -> str:
    return f"event-{slug}"


def _section(row: Event, zone: ZoneInfo, bus: Mapping[UUID, str], touchpoints: Mapping[UUID, str]) -> dict[str, Any]:
    touchpoint = touchpoints[row.touchpoint_id]
    section = {
        "slug": row.slug,
        "name": row.name,
        "starts_at": row.starts_at.astimezone(zone).isoformat(),
        "ends_at": row.ends_at.astimezone(zone).isoformat() if row.ends_at else None,
        "venue": row.venue,
        "bu": bus[row.bu_id] if row.bu_id else None,
        "touchpoint": touchpoint if touchpoint != _own_touchpoint(row.slug) else None,
        "capacity": row.capacity,
        "interest": row.interest,
    }
    return {name: value for name, value in section.items() if value is not None}
