"""The scoring model in force, and its versions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.group.service import Change
from hub.kernel import clock, conditions
from hub.pool.models import ScoringModel
from hub.pool.rules import fields, folding

EMPTY: dict[str, Any] = {"mql_at": None, "rules": []}


@dataclass(frozen=True, slots=True)
class Model:
    """Hold a scoring model ready to use; `mql_at` None means nobody qualifies."""

    version: int
    mql_at: int | None
    rules: tuple[folding.Rule, ...]


def current_model(session: Session) -> Model:
    """Return the newest scoring model; version 0 without rules when none was applied yet."""
    row = _newest(session)
    if row is None:
        return Model(0, None, ())
    return _compile(row.version, row.body["mql_at"], json.dumps(row.body["rules"]))


def body(session: Session) -> dict[str, Any]:
    """Return the scoring section in force as the group file writes it."""
    row = _newest(session)
    return row.body if row else EMPTY


def apply(session: Session, section: Mapping[str, Any]) -> list[Change]:
    """Make `section` (validated) the scoring model in force; an equal one is left as it is."""
    row = _newest(session)
    if row is not None and row.body == section:
        return [Change("scoring", f"v{row.version}", "left")]
    version = row.version + 1 if row else 1
    session.add(ScoringModel(version=version, body=dict(section), created_at=clock.now()))
    session.flush()  # later steps of the same file read the newest version
    return [Change("scoring", f"v{version}", "changed" if row else "created")]


def _newest(session: Session) -> ScoringModel | None:
    return session.scalar(select(ScoringModel).order_by(ScoringModel.version.desc()).limit(1))


@lru_cache(maxsize=8)
def _compile(version: int, mql_at: int | None, rules: str) -> Model:
    compiled = tuple(
        folding.Rule(
            name=rule["name"],
            matches=conditions.compile_python(conditions.parse(rule["when"], fields.ACTIVITY)),
            points=rule["points"],
            once=rule.get("once", False),
            per_day=rule.get("per_day"),
        )
        for rule in json.loads(rules)
    )
    return Model(version, mql_at, compiled)
