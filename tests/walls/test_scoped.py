"""The first wall: queries say whose rows they mean, and no other query on a BU's rows exists."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from uuid import UUID

import pytest
from sqlalchemy import Table, delete, select, update
from sqlalchemy.orm import aliased

from bu_routing.models import Lead, LeadTransition, RuleSet
from hub.kernel import db
from hub.kernel.scoped import NotBound, every_bu_unsafe, scoped
from tests.test_house import SOURCES, named, tree

BU_ID = UUID(int=7)
WRAPPERS = {"scoped", "every_bu_unsafe"}
READING = {"select", "update", "delete", "exists", "get", "get_one", "query", "with_loader_criteria"}
MAY_SEE_EVERY_BU = {
    "bu_routing/service/browsing.py": 2,  # the group's own people browse
    "bu_routing/service/decisions.py": 3,  # an admin asks why, by a lead or a decision; the sentences of leads at hand
    "bu_routing/service/queue.py": 1,  # the clock ends leases
    "bu_routing/service/route.py": 1,  # routing sees all that a person has
    "privacy/service/keeping.py": 1,  # the group's own people read the ledger
}
SOMEWHERE_ELSE = {"hub/kernel/scoped.py"}


def where(statement: object) -> str:
    return str(statement).split("WHERE")[1]


def test_a_scoped_query_is_narrowed_in_every_table_that_it_names() -> None:
    other = aliased(Lead)
    assert "lead.bu_id = " in where(scoped(select(Lead.id), BU_ID))
    assert "lead.bu_id = " in where(scoped(update(Lead).values(note=None), BU_ID))
    assert "lead.bu_id = " in where(scoped(delete(Lead), BU_ID))
    joined = where(scoped(select(Lead).join(LeadTransition, LeadTransition.lead_id == Lead.id), BU_ID))
    assert "lead.bu_id = " in joined
    assert "lead_transition.bu_id = " in joined
    assert "lead_1.bu_id = " in where(scoped(select(other), BU_ID))
    assert "lead" not in str(scoped(select(other), BU_ID).get_final_froms()[1:])


def test_a_query_without_a_bu_is_refused() -> None:
    with pytest.raises(NotBound):
        scoped(select(RuleSet), BU_ID)


def test_the_way_around_changes_nothing() -> None:
    query = select(Lead)
    assert every_bu_unsafe(query) is query


def bound() -> dict[str, str]:
    """Return the models whose rows each belong to a BU (decisions too, though some name none) with their tables."""
    return {
        mapper.class_.__name__: table.name
        for mapper in db.Base.registry.mappers
        if isinstance(table := mapper.local_table, Table) and "bu_id" in table.c
        if not table.c.bu_id.nullable or table.name == "decision"
    }


def test_leads_their_steps_decisions_and_disclosures_are_bound() -> None:
    assert {"Lead", "LeadTransition", "Decision", "Disclosure"} <= bound().keys()


def naked(source: ast.Module, models: set[str]) -> Iterator[int]:
    """Yield the line of every query on one of `models` that is not inside scoped() or every_bu_unsafe()."""
    covered = {
        id(inner)
        for node in ast.walk(source)
        if isinstance(node, ast.Call) and called(node) in WRAPPERS
        for inner in ast.walk(node)
    }
    for node in ast.walk(source):
        if isinstance(node, ast.Call) and called(node) in READING and id(node) not in covered:
            names = {inner.id for argument in node.args for inner in ast.walk(argument) if isinstance(inner, ast.Name)}
            if names & models:
                yield node.lineno


def called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def test_the_search_finds_naked_queries() -> None:
    source = ast.parse("a = select(Lead.id)\nb = scoped(select(Lead), bu)\nc = session.get(Lead, 1)\nd = select(Bu)")
    assert list(naked(source, {"Lead"})) == [1, 3]


def test_no_query_on_a_business_units_rows_is_naked() -> None:
    found = {named(path): list(naked(tree(path), set(bound()))) for path in SOURCES}
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_no_sql_text_names_a_business_units_table() -> None:
    """Text cannot be narrowed, so there is none; inserts carry their `bu_id`."""
    names = "|".join(bound().values())
    words = re.compile(rf"\b(FROM|JOIN|UPDATE|INTO)\s+({names})\b", re.IGNORECASE)
    texts = [
        (named(path), node.lineno)
        for path in SOURCES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and words.search(node.value)
    ]
    assert texts == []


def test_few_may_see_every_business_unit_and_they_are_known() -> None:
    uses = {
        named(path): sum(isinstance(n, ast.Call) and called(n) == "every_bu_unsafe" for n in ast.walk(tree(path)))
        for path in SOURCES
        if named(path) not in SOMEWHERE_ELSE
    }
    assert {path: n for path, n in uses.items() if n} == MAY_SEE_EVERY_BU
