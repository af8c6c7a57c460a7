"""Resolve identities to persons, in batches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from hub.kernel import bulk, clock, rollups
from hub.kernel.ids import new_id
from hub.pool.models import Identity

OPENID, UNIONID, VISITOR = "openid", "unionid", "visitor"


@dataclass(frozen=True, slots=True, order=True)
class IdentityRef:
    """Name an identity: openid@appid, unionid@open platform, or a visitor id (namespace "")."""

    kind: str
    namespace: str
    value: str


_NAMED = attrgetter("kind", "namespace", "value")
"""What refs are sorted by; comparing the dataclass itself would build two tuples for every comparison."""


@dataclass(frozen=True, slots=True)
class Known:
    """Hold the ids behind an identity; `fresh` when this transaction made it."""

    identity_id: UUID
    person_id: UUID
    fresh: bool = False


def resolve(
    session: Session, refs: Iterable[IdentityRef], *, born: Mapping[IdentityRef, UUID] | None = None
) -> dict[IdentityRef, Known]:
    """Return the identity and person of each ref, making both where there are none.

    `born` names the existing person a new identity belongs to; without it a new person is made. Refs are inserted in
    one order everywhere, so that two batches never wait for one another in a circle.
    """
    wanted = sorted(set(refs), key=_NAMED)
    found = _find(session, wanted)
    missing = [ref for ref in wanted if ref not in found]
    if missing:
        found.update(_make(session, missing, born or {}))
        lost = [ref for ref in missing if ref not in found]
        found.update(_find(session, lost))
    return found


def people_of(session: Session, refs: Iterable[IdentityRef]) -> dict[IdentityRef, UUID]:
    """Return the person each known identity was born with; one that is new to the pool is left out."""
    return {ref: known.person_id for ref, known in _find(session, sorted(set(refs), key=_NAMED)).items()}


def openids_of(session: Session, person_id: UUID) -> list[tuple[str, str]]:
    """Return (AppID, OpenID) of every account that the person is known at, by any id they ever had."""
    query = text(
        "SELECT i.namespace, i.value FROM identity i JOIN person p ON p.id = i.person_id"
        " WHERE i.kind = 'openid' AND p.root_id = (SELECT root_id FROM person WHERE id = :person)"
        " ORDER BY i.first_seen_at, i.id"
    )
    return [(row.namespace, row.value) for row in session.execute(query, {"person": person_id})]


def following_of(session: Session, refs: Iterable[IdentityRef]) -> dict[IdentityRef, tuple[bool, datetime]]:
    """Return whether each OpenID follows and since when that is so; one of whom nothing is known is left out."""
    wanted = sorted(set(refs), key=_NAMED)
    rows = session.execute(text(_FOLLOWING), _columns(wanted)) if wanted else ()
    return {IdentityRef(r.kind, r.namespace, r.value): (r.following, r.follow_changed_at) for r in rows}


def roots_of(session: Session, people: Iterable[UUID]) -> dict[UUID, UUID]:
    """Return the root of each person."""
    wanted = sorted(set(people))
    rows = session.execute(text("SELECT id, root_id FROM person WHERE id = ANY(:people)"), {"people": wanted})
    return {row.id: row.root_id for row in rows} if wanted else {}


_FIND = """
SELECT i.kind, i.namespace, i.value, i.id, i.person_id
FROM unnest(cast(:kinds AS text[]), cast(:namespaces AS text[]), cast(:values AS text[])) AS w(kind, namespace, value)
JOIN identity i ON i.kind = w.kind AND i.namespace = w.namespace AND i.value = w.value
"""


_FOLLOWING = """
SELECT i.kind, i.namespace, i.value, i.following, i.follow_changed_at
FROM unnest(cast(:kinds AS text[]), cast(:namespaces AS text[]), cast(:values AS text[])) AS w(kind, namespace, value)
JOIN identity i ON i.kind = w.kind AND i.namespace = w.namespace AND i.value = w.value
WHERE i.following IS NOT NULL AND i.follow_changed_at IS NOT NULL
"""


def _find(session: Session, refs: Sequence[IdentityRef]) -> dict[IdentityRef, Known]:
    if not refs:
        return {}
    rows = session.execute(text(_FIND), _columns(refs))
    return {IdentityRef(r.kind, r.namespace, r.value): Known(r.id, r.person_id) for r in rows}


def _columns(refs: Sequence[IdentityRef]) -> dict[str, list[str]]:
    return {
        "kinds": [ref.kind for ref in refs],
        "namespaces": [ref.namespace for ref in refs],
        "values": [ref.value for ref in refs],
    }


def _make(session: Session, refs: Sequence[IdentityRef], born: Mapping[IdentityRef, UUID]) -> dict[IdentityRef, Known]:
    now = clock.now()
    rows: list[dict[str, Any]] = []
    for ref in refs:
        person_id = born.get(ref) or new_id()
        named = {"kind": ref.kind, "namespace": ref.namespace, "value": ref.value}
        rows.append({"id": new_id(), "person_id": person_id, **named, "first_seen_at": now})
    # The identity comes before its person (the key is checked at commit): whoever loses the race leaves no orphan.
    made = bulk.insert_rows(
        session, Identity, rows, conflict="DO NOTHING", returning="kind, namespace, value, id, person_id"
    )
    known = {IdentityRef(r.kind, r.namespace, r.value): Known(r.id, r.person_id, fresh=True) for r in made}
    given = set(born.values())
    people = sorted(k.person_id for k in known.values() if k.person_id not in given)
    _make_people(session, people)
    rollups.add(session, {("people", ""): len(people)})
    return known


def _make_people(session: Session, people: Sequence[UUID]) -> None:
    session.execute(
        text(
            "INSERT INTO person (id, root_id, created_at) SELECT p, p, :now FROM unnest(cast(:people AS uuid[])) AS p"
        ),
        {"people": list(people), "now": clock.now()},
    )


def lock_roots(session: Session, people: Iterable[UUID]) -> dict[UUID, UUID]:
    """Hold `people` against merges to the end of the transaction; return each one's root."""
    rows = session.execute(
        text("SELECT id, root_id FROM person WHERE id = ANY(cast(:people AS uuid[])) ORDER BY id FOR NO KEY UPDATE"),
        {"people": list(set(people))},
    )
    return {row.id: row.root_id for row in rows}


def members(session: Session, roots: Iterable[UUID]) -> dict[UUID, UUID]:
    """Return every person of the clusters of `roots`, with its root."""
    rows = session.execute(
        text("SELECT id, root_id FROM person WHERE root_id = ANY(cast(:roots AS uuid[]))"),
        {"roots": sorted(set(roots))},
    )
    return {row.id: row.root_id for row in rows}
