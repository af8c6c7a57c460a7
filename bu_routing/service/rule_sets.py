"""The routing rules in force, and their versions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Text, cast, func, select
from sqlalchemy.orm import Session

from bu_routing.models import PUBLISHED, RETIRED, RuleSet
from bu_routing.rules import routing
from hub.group import service as group
from hub.group.service import Change
from hub.kernel import clock
from hub.pool.rules.fields import PERSON


class UnknownTarget(Exception):
    """Rules send people to business units that the group does not have."""


def current_book(session: Session) -> routing.RuleBook | None:
    """Return the published rules ready to use, None when none were ever published."""
    return _book(session, RuleSet.status == PUBLISHED)


def book_of(session: Session, version: int) -> routing.RuleBook | None:
    """Return the rules of one version ready to use, if that version exists."""
    return _book(session, RuleSet.version == version)


def section(session: Session) -> dict[str, Any] | None:
    """Return the published rules as the group file writes them, None when there are none."""
    row = _published(session)
    return row.body if row else None


def apply(session: Session, section: Mapping[str, Any]) -> list[Change]:
    """Publish `section` (validated) as the rules in force; equal ones are left. Raise UnknownTarget for unknown BUs."""
    _refuse_unknown(session, section)
    row = _published(session)
    if row is not None and row.body == section:
        return [Change("routing", f"v{row.version}", "left")]
    version = (session.scalar(select(func.max(RuleSet.version))) or 0) + 1
    if row is not None:
        row.status = RETIRED
        session.flush()  # the index allows one published version at a time
    session.add(RuleSet(version=version, status=PUBLISHED, body=dict(section), created_at=clock.now()))
    session.flush()  # later steps of the same file read the newest version
    return [Change("routing", f"v{version}", "changed" if row else "created")]


def _published(session: Session) -> RuleSet | None:
    return session.scalar(select(RuleSet).where(RuleSet.status == PUBLISHED))


def _book(session: Session, which: ColumnElement[bool]) -> routing.RuleBook | None:
    row = session.execute(select(RuleSet.version, cast(RuleSet.body, Text)).where(which)).one_or_none()
    return None if row is None else _compile(*row)


def _refuse_unknown(session: Session, section: Mapping[str, Any]) -> None:
    known = {bu.slug for bu in group.bus(session)}
    named = {rule["to"] for rule in section["rules"]} | {section["fallback"]}
    if named - known:
        raise UnknownTarget(
            f"no business unit has the slug {', '.join(sorted(named - known))}: name it in the file first"
        )


@lru_cache(maxsize=8)
def _compile(version: int, body: str) -> routing.RuleBook:
    return routing.compile_book(version, json.loads(body), PERSON)
