"""Look for the people whom a condition means, a page at a time, however rare they are and however many there are."""

from __future__ import annotations

import operator
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Select, Text, and_, case, func, literal, select, text, true
from sqlalchemy.orm import Session

from hub.kernel import clock
from hub.kernel.conditions import Activity as Did
from hub.kernel.conditions import All, AnyOf, Comparison, Condition, Not
from hub.kernel.conditions.sql import compile_sql, starts_with
from hub.pool.models import INDEXED_TRAITS, Activity, Identity, Person, Profile
from hub.pool.service.identities import OPENID
from hub.pool.service.people import PersonRow, row_of

Among = Callable[[ColumnElement[UUID]], ColumnElement[bool]]
"""Say of the id of a root person whether it is among those looked at."""
PATIENCE = 0.08
"""Seconds after which a search stops to look further back and says how far it came."""
_FEW = 5_000
"""So many candidates are looked at one by one; of more, the newest are likely among the newest people."""
_FIRST, _GROWTH = 500, 4
"""People of the first stretch that is looked through, and how much longer than the last one a stretch may be."""


@dataclass(frozen=True, slots=True)
class Found:
    """Hold a page of people, and after which id the next page begins (None: there is none).

    `more` tells that the search stopped for time: nobody between the rows and the place was left out, but the page
    may be short, or empty, and the next one may not.
    """

    rows: list[PersonRow]
    place: UUID | None
    more: bool = False


def search_people(session: Session, *, when: Condition | None, before: UUID | None, limit: int) -> Found:
    """Return up to `limit` root persons for whom `when` holds, newest first, those older than `before`."""
    if when is None:
        return _page(_read(session, None, _anybody, before, limit + 1), limit)
    session.execute(text("SET LOCAL max_parallel_workers_per_gather = 0"))  # a page is not worth a second processor
    some = next((found for part in _parts(when) if (found := _few(session, part)) is not None), None)
    if some is not None:
        return _page(_read(session, when, lambda person: person.in_(some), before, limit + 1), limit)
    return _walk(session, when, before, limit)


def anybody(session: Session, field: str, value: str) -> bool:
    """Tell whether a field of the PERSON registry is exactly `value` for anybody."""
    return session.scalar(select(Profile.person_id).where(_field(field) == value).limit(1)) is not None


def _page(rows: list[PersonRow], limit: int) -> Found:
    return Found(rows[:limit], rows[limit - 1].id if len(rows) > limit else None)


def _anybody(_person: ColumnElement[UUID]) -> ColumnElement[bool]:
    return true()


def _read(session: Session, when: Condition | None, among: Among, before: UUID | None, limit: int) -> list[PersonRow]:
    """Return the newest people among some for whom `when` holds."""

    def within(person: ColumnElement[UUID]) -> ColumnElement[bool]:
        return among(person) if before is None else and_(among(person), person < before)

    subject = _column(Profile.person_id)
    query = select(Profile).where(within(subject)).order_by(subject.desc()).limit(limit)
    if when is not None:
        owners = partial(_acts, within if _counts(when) else _anybody)
        query = query.where(compile_sql(when, subject=subject, fields=_field, activities=owners, now=clock.now()))
    return [row_of(profile) for profile in session.scalars(query)]


def _walk(session: Session, when: Condition, before: UUID | None, limit: int) -> Found:
    """Look through people from the newest on, in stretches that grow as long as they take little time."""
    rows: list[PersonRow] = []
    started, stretch = time.monotonic(), _FIRST
    while True:
        floor, begun = _floor(session, before, stretch), time.monotonic()
        among = _anybody if floor is None else partial(operator.le, literal(floor))
        rows += _read(session, when, among, before, limit + 1 - len(rows))
        if len(rows) > limit or floor is None:
            return _page(rows, limit)
        now, before = time.monotonic(), floor
        left = PATIENCE - (now - started)
        if left <= 0:
            return Found(rows, floor, more=True)
        stretch = int(stretch * min(_GROWTH, max(0.25, left / max(now - begun, 0.001))))


def _floor(session: Session, before: UUID | None, stretch: int) -> UUID | None:
    """Return the id down to which `stretch` people are, None when there are not so many."""
    query = select(Profile.person_id).order_by(Profile.person_id.desc()).offset(stretch - 1).limit(1)
    return session.scalar(query if before is None else query.where(Profile.person_id < before))


def _counts(when: Condition) -> bool:
    """Tell whether activities are counted, which is done for everybody unless it is told for whom."""
    if isinstance(when, All | AnyOf):
        return any(_counts(part) for part in when.parts)
    return _counts(when.part) if isinstance(when, Not) else isinstance(when, Did) and when.at_least > 1


def _parts(when: Condition) -> Iterator[Condition]:
    """Yield the clauses that must hold each."""
    if isinstance(when, All):
        for part in when.parts:
            yield from _parts(part)
    else:
        yield when


def _few(session: Session, part: Condition) -> list[UUID] | None:
    """Return everybody for whom a clause can hold, when an index tells quickly that they are few; else None."""
    query = _candidates(part)
    if query is None:
        return None
    found = list(session.scalars(query.limit(_FEW + 1)))
    return None if len(found) > _FEW else list(set(found))


def _candidates(part: Condition) -> Select[Any] | None:
    if isinstance(part, Did) and part.key_starts_with is None:
        return _acts(_anybody, part.kind, part.key, None, None)
    if not isinstance(part, Comparison):
        return None
    if (part.field, part.op) == ("accounts", "contains"):
        met = select(Person.root_id).join(Identity, Identity.person_id == Person.id)
        return met.where(Identity.kind == OPENID, Identity.namespace == literal(part.value, Text))
    if part.field in INDEXED_TRAITS and part.op == "equals":
        return select(Profile.person_id).where(text(f"{INDEXED_TRAITS[part.field]} = :value")).params(value=part.value)
    return None


def _column(attribute: Any) -> ColumnElement[Any]:
    found: ColumnElement[Any] = attribute.expression
    return found


def _field(name: str) -> ColumnElement[Any]:
    """Return the expression behind a field of the PERSON registry."""
    if name.startswith("traits."):
        return _column(Profile.traits)[name.removeprefix("traits.")].as_string()  # type: ignore[no-any-return]
    if name == "lifecycle":
        qualified, registered = Profile.qualified.is_(True), Profile.registered.is_(True)
        steps = ((qualified, "qualified"), (registered, "registered"), (Profile.follows > 0, "fan"))
        return case(*steps, else_="anonymous")
    if name == "accounts":
        return _accounts()
    return _column(getattr(Profile, name))


def _accounts() -> ColumnElement[Any]:
    met = (
        select(func.array_agg(Identity.namespace, type_=ARRAY(Text)))
        .join(Person, Person.id == Identity.person_id)
        .where(Person.root_id == Profile.person_id, Identity.kind == OPENID)
        .correlate(Profile)
        .scalar_subquery()
    )
    return func.coalesce(met, literal([], ARRAY(Text)), type_=ARRAY(Text))


def _acts(
    among: Among, kind: str, key: str | None, prefix: str | None, since: ColumnElement[datetime] | None
) -> Select[Any]:
    query = select(Person.root_id).join(Activity, Activity.person_id == Person.id)
    query = query.where(Activity.kind == kind, among(_column(Person.root_id)))
    if key is not None:
        query = query.where(Activity.key == key)
    if prefix is not None:
        query = query.where(starts_with(_column(Activity.key), prefix))
    return query if since is None else query.where(Activity.occurred_at > since)
