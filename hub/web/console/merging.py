"""One trail out of three: steps of leads, disclosures of contact data, and acts of administration."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

import bu_routing.service as routing
from hub.group.service import trail
from hub.web.console import actions
from hub.web.console.cards import cause
from hub.web.console.page import label
from privacy import service as privacy


@dataclass(frozen=True, slots=True)
class Wanted:
    """Hold a filter: kinds of entries, one BU, one actor, and ids as the ends of a time."""

    kinds: tuple[str, ...]
    bu_id: UUID | None = None
    actor_id: UUID | None = None
    since: UUID | None = None
    before: UUID | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """Hold one entry; `what` is an arrow of states, fields shown, or an action."""

    id: UUID
    kind: str
    at: datetime
    what: str
    object_id: str
    actor: str
    bu_id: UUID | None
    detail: str
    person_id: UUID | None = None
    undo: tuple[str, Mapping[str, str]] | None = None
    """The endpoint that takes the act back, and its values; it finds out whether anything is left to take back."""


def read(session: Session, wanted: Wanted, *, before: UUID | None, limit: int) -> list[Entry]:
    """Return the newest entries before the id `before`, of all kinds in one order: ids grow with time."""
    found = [entry for kind in wanted.kinds for entry in _KINDS[kind](session, wanted, before, limit)]
    newest = sorted(found, key=lambda entry: entry.id, reverse=True)[:limit]
    kept = [entry for entry in newest if wanted.since is None or entry.id >= wanted.since]
    return _named(session, kept)


def _named(session: Session, entries: list[Entry]) -> list[Entry]:
    ids = {entry.actor: uuid for entry in entries if (uuid := _uuid(entry.actor))}
    names: Mapping[UUID, str] = trail.names_of(session, ids.values())
    return [
        replace(entry, actor=names.get(ids[entry.actor], entry.actor[-6:])) if entry.actor in ids else entry
        for entry in entries
    ]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _leads(session: Session, wanted: Wanted, before: UUID | None, limit: int) -> list[Entry]:
    actor = None if wanted.actor_id is None else str(wanted.actor_id)
    rows = routing.lead_steps(session, bu_id=wanted.bu_id, actor=actor, before=before, limit=limit)
    return [
        Entry(
            row.id,
            "lead",
            row.at,
            f"{label('states', row.from_state) if row.from_state else '·'} → {label('states', row.to_state)}",
            str(row.lead_id),
            row.actor,
            row.bu_id,
            cause(row.reason),
        )
        for row in rows
    ]


def _disclosures(session: Session, wanted: Wanted, before: UUID | None, limit: int) -> list[Entry]:
    rows = privacy.disclosures(session, bu_id=wanted.bu_id, actor_id=wanted.actor_id, before=before, limit=limit)
    return [
        Entry(
            row.id,
            "disclosure",
            row.at,
            ", ".join(row.fields),
            str(row.lead_id),
            str(row.actor_id),
            row.bu_id,
            row.purpose,
            row.person_id,
        )
        for row in rows
    ]


def _acts(session: Session, wanted: Wanted, before: UUID | None, limit: int) -> list[Entry]:
    rows = trail.acts(session, bu_id=wanted.bu_id, actor_id=wanted.actor_id, before=before, limit=limit)
    return [
        Entry(
            row.id,
            "act",
            row.at,
            actions.said(row.action),
            f"{row.object_kind} {row.object_id}",
            str(row.actor_id or row.actor_role),
            row.bu_id,
            json.dumps(row.details, ensure_ascii=False) if row.details else "",
            undo=_undo(row.action, row.object_id),
        )
        for row in rows
    ]


def _undo(action: str, object_id: str) -> tuple[str, Mapping[str, str]] | None:
    if action not in _UNDONE_BY:
        return None
    endpoint, argument = _UNDONE_BY[action]
    return endpoint, {argument: object_id}


_UNDONE_BY: Mapping[str, tuple[str, str]] = {
    "conflict.same": ("console.reopen_conflict", "conflict_id"),
    "conflict.apart": ("console.reopen_conflict", "conflict_id"),
    "merge.undo": ("console.restore_merge", "merge_id"),
    "merge.restore": ("console.undo_merge", "merge_id"),
}
"""Action -> the endpoint that takes it back, and the name of what it takes."""
_KINDS: Mapping[str, Callable[[Session, Wanted, UUID | None, int], list[Entry]]] = {
    "lead": _leads,
    "disclosure": _disclosures,
    "act": _acts,
}
