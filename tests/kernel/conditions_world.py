"""The small world that the two compilers are compared in: its tables, its subjects and how to draw conditions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    DateTime,
    Double,
    Integer,
    MetaData,
    Numeric,
    Select,
    Table,
    Text,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB

from hub.kernel.conditions import Field, Namespace, Registry
from hub.kernel.conditions.closures import Found
from hub.kernel.conditions.nodes import Tree
from hub.kernel.conditions.registry import OPERATORS
from hub.kernel.conditions.sql import starts_with

NOW = datetime(2030, 1, 31, 8, tzinfo=UTC)
REGISTRY = Registry(
    fields=[
        Field("scene", "text", "场景", "scene"),
        Field("visits", "number", "次数", "visits"),
        Field("amount", "number", "金额", "amount"),
        Field("ratio", "number", "比率", "ratio"),
        Field("fan", "boolean", "关注", "fan"),
        Field("seen_at", "time", "访问", "seen"),
        Field("tags", "list", "标签", "tags"),
    ],
    namespaces=[Namespace("traits", "text", "特征", "trait")],
)
METADATA = MetaData()
SUBJECTS = Table(
    "subject",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("scene", Text),
    Column("visits", BigInteger),
    Column("amount", Numeric),
    Column("ratio", Double),
    Column("fan", Boolean),
    Column("seen_at", DateTime(timezone=True)),
    Column("tags", ARRAY(Text)),
    Column("traits", JSONB, nullable=False),
    prefixes=["TEMPORARY"],
)
ACTIVITIES = Table(
    "activity",
    METADATA,
    Column("subject_id", Integer),
    Column("kind", Text),
    Column("key", Text),
    Column("occurred_at", DateTime(timezone=True)),
    prefixes=["TEMPORARY"],
)


@dataclass(frozen=True)
class Someone:
    """Hold one subject in memory: its row, and its activities as (kind, key, time)."""

    row: dict[str, Any]
    activities: tuple[tuple[str, str | None, datetime], ...]
    now: datetime = NOW

    def value(self, name: str) -> Found:
        found: Found = self.row["traits"].get(name[7:]) if name.startswith("traits.") else self.row[name]
        return found

    def activity_count(self, kind: str, key: str | None, key_starts_with: str | None, since: datetime | None) -> int:
        return sum(
            own_kind == kind
            and (key is None or own_key == key)
            and (key_starts_with is None or (own_key is not None and own_key.startswith(key_starts_with)))
            and (since is None or at > since)
            for own_kind, own_key, at in self.activities
        )


def column(name: str) -> ColumnElement[Any]:
    """Return the column of a field."""
    if name.startswith("traits."):
        trait: ColumnElement[Any] = SUBJECTS.c.traits[name.removeprefix("traits.")].astext
        return trait
    return SUBJECTS.c[name]


def activity_owners(
    kind: str, key: str | None, key_starts_with: str | None, since: ColumnElement[datetime] | None
) -> Select[Any]:
    """Return the owners of the activities asked for."""
    own = ACTIVITIES.c
    rows = select(own.subject_id).where(own.kind == kind)
    if key is not None:
        rows = rows.where(own.key == key)
    if key_starts_with is not None:
        rows = rows.where(starts_with(own.key, key_starts_with))
    return rows if since is None else rows.where(own.occurred_at > since)


TRICKY = ["", "a", "A", "a%", "a_", "ab", "%", "_", "\\", "\\%", "/", "//%", "'", '"', "a'--", "{}", "{a,b}", "NULL"]
TRICKY += ["Ａ", "é", "e\u0301", "😀", "😀%", "中文", "中", " a", "a ", "\n", ":x", "%(x)s", "$1", "\x7f", "\uffff"]
INTEGERS = [0, 1, -1, 2, 60, 2**53, 2**53 + 1, 10**18 - 1]
DOUBLES = [0.1, 0.3, 0.1 + 0.2, -2.5, 1e-9, 1.0, 60.0, float(2**53), 1e17]
DECIMALS = [Decimal(text) for text in ("0.1", "0.10", "0.3", "0.30000000000000004", "1", "60.0", "-2.5", "1e-9")]
KEYS = ["PRICE", "PRO%", "PRO_MO", "😀", "a\\b"]
texts = st.sampled_from(TRICKY) | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=4)
texts = texts | st.builds(str.__add__, st.sampled_from(TRICKY), st.sampled_from(TRICKY))
ages = st.sampled_from([timedelta(0), timedelta(days=7), timedelta(days=7, microseconds=-1), timedelta(days=-1)])
times = st.sampled_from([NOW + timedelta(microseconds=step) for step in (-1, 0, 1)])
numbers: st.SearchStrategy[Any] = st.sampled_from([*INTEGERS, *DOUBLES, *DECIMALS])
odd_numbers = ["NaN", "Infinity", "-Infinity"]
SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "text": texts,
    "number": numbers,
    "boolean": st.booleans(),
    "time": times.map(lambda at: at.astimezone().isoformat()),
    "list": texts,
}


@st.composite
def comparisons(draw: st.DrawFn) -> Tree:
    """Draw one comparison of a field by an operator of its type."""
    name = draw(st.sampled_from([*REGISTRY.fields, "traits.x", "traits.it's %(a)s"]))
    known = REGISTRY.find(name)
    assert known is not None
    op = draw(st.sampled_from(OPERATORS[known.type]))
    scalars = SCALARS[known.type]
    several = st.lists(scalars, min_size=1, max_size=4)
    value = {"exists": st.booleans(), "in": several, "not_in": several}.get(op, scalars)
    return {"field": name, op: draw(value)}


activity_clauses: st.SearchStrategy[Tree] = st.fixed_dictionaries(
    {"activity": st.sampled_from(["click", "view"])},
    optional={"within": st.sampled_from(["7d", "1m"]), "at_least": st.integers(1, 4)},
)
keyed_clauses = st.builds(
    lambda clause, name, key: {**clause, name: key},
    activity_clauses,
    st.sampled_from(["key", "key_starts_with"]),
    st.sampled_from([*KEYS, "P", "PRO_", "%", "\\"]),
)


def _deeper(inner: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    groups = st.tuples(st.sampled_from(["all", "any"]), st.lists(inner, min_size=1, max_size=3))
    grouped: st.SearchStrategy[Tree] = groups.map(lambda pair: {pair[0]: pair[1]})
    negated: st.SearchStrategy[Tree] = inner.map(lambda tree: {"not": tree})
    return grouped | negated


trees = st.recursive(comparisons() | activity_clauses | keyed_clauses, _deeper, max_leaves=6)
rows = st.fixed_dictionaries(
    {
        "scene": st.none() | texts,
        "visits": st.none() | st.sampled_from(INTEGERS),
        "amount": st.none() | st.sampled_from([*DECIMALS, *map(Decimal, odd_numbers)]),
        "ratio": st.none() | st.sampled_from([*DOUBLES, *map(float, odd_numbers)]),
        "fan": st.none() | st.booleans(),
        "seen_at": st.none() | times,
        "tags": st.none() | st.lists(texts, max_size=3),
        "traits": st.dictionaries(st.sampled_from(["x", "it's %(a)s"]), texts),
    }
)
past = st.tuples(st.sampled_from(["click", "view"]), st.none() | st.sampled_from(KEYS), ages.map(lambda age: NOW - age))
people = st.builds(Someone, rows, st.lists(past, max_size=5).map(tuple))


def everybody() -> list[Someone]:
    """Return subjects that cover every tricky value and a missing one for each field."""
    empty: dict[str, Any] = dict.fromkeys(REGISTRY.fields) | {"traits": {}}
    odd = [float(text) for text in odd_numbers]
    values: dict[str, Sequence[Any]] = {
        "scene": TRICKY,
        "visits": INTEGERS,
        "amount": [*DECIMALS, *map(Decimal, odd_numbers)],
        "ratio": [*DOUBLES, *odd],
        "fan": [True, False],
        "seen_at": [NOW, NOW + timedelta(microseconds=1)],
        "tags": [[], [""], ["a", "%"], ["{a,b}"], ["NULL"]],
        "traits": [{"x": text} for text in TRICKY],
    }
    return [Someone(empty, ())] + [
        Someone({**empty, name: value}, ()) for name, several in values.items() for value in several
    ]
