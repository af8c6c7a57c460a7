"""Facts: published with their cause or not at all, read back as they were."""

from __future__ import annotations

import importlib
from contextlib import suppress
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from hub.kernel import clock, db, outbox
from hub.kernel.ids import new_id
from hub.kernel.outbox import Fact
from hub.kernel.work import shard_of
from tests.kernel.making import Noted, note, person, rows

ROOT = Path(__file__).parents[2]
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for pattern in ("*/facts.py", "hub/*/facts.py", "*/facts/*.py", "hub/*/facts/*.py")
    for path in ROOT.glob(pattern)
)
SAMPLES: dict[str, Any] = {
    "UUID": UUID("0199f000-0000-7000-8000-000000000001"),
    "int": -7,
    "str": "引号\"'\\😀",
    "bool": True,
    "float": 0.5,
    "UUID | None": None,
    "str | None": None,
    "int | None": None,
    "bool | None": None,
}


def kinds() -> list[type[Fact]]:
    values = [value for name in MODULES for value in vars(importlib.import_module(name)).values()]
    return [value for value in values if isinstance(value, type) and issubclass(value, Fact) and value.kind]


def test_the_tree_has_facts_and_every_kind_has_a_name_of_its_own() -> None:
    names = [kind.kind for kind in set(kinds())]
    assert len(names) >= 4
    assert len(set(names)) == len(names)


def test_every_fact_holds_plain_values_only() -> None:
    for kind in kinds():
        assert {str(f.type) for f in fields(kind)} <= set(SAMPLES)


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.kind)
def test_a_fact_is_read_back_as_it_was_published(session: Session, kind: type[Fact]) -> None:
    plain = {f.name: SAMPLES[str(f.type)] for f in fields(kind)}
    whole = {f.name: SAMPLES[str(f.type).removesuffix(" | None")] for f in fields(kind)}
    facts = [kind(**plain), kind(**whole)]
    outbox.publish(session, facts)
    session.expire_all()
    assert [outbox.read(kind, row) for row in rows(session)] == facts
    assert [row.kind for row in rows(session)] == [kind.kind] * 2


def test_facts_keep_their_order_and_wait_in_the_shard_of_their_person(session: Session) -> None:
    people = [new_id() for _ in range(20)]
    clock.set_offset(timedelta(days=3))
    note(session, *((who, n) for n, who in enumerate(people)))
    found = rows(session)
    assert [row.body["n"] for row in found] == list(range(20))
    assert [UUID(row.subject) for row in found] == people
    assert all(row.shard == shard_of(row.subject) and row.state == "new" and row.attempts == 0 for row in found)
    assert {row.day for row in found} == {clock.now().date()}


def test_no_facts_are_no_statement(session: Session) -> None:
    outbox.publish(session, [])
    assert not session.in_transaction()


def test_a_cause_that_is_rolled_back_publishes_nothing(clean: Engine) -> None:
    with suppress(KeyError), db.transaction() as session:
        note(session, (person(), 1))
        assert len(rows(session)) == 1
        raise KeyError
    with db.transaction() as session:
        assert rows(session) == []
        note(session, (person(), 2))
    with db.transaction() as session:
        assert [row.body["n"] for row in rows(session)] == [2]


def test_a_fact_that_grew_a_field_reads_the_older_rows(session: Session) -> None:
    who = person()
    note(session, (who, 1))
    row = rows(session)[0]
    row.body = {"person_id": str(who), "gone": 1}
    assert outbox.read(Noted, row) == Noted(person_id=who, n=None)  # type: ignore[arg-type]
