"""Set-based writes: whatever goes in comes out, in one statement."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Date,
    Double,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    SmallInteger,
    Table,
    Text,
    Uuid,
    event,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session

from hub.kernel import bulk, db
from hub.kernel.ids import new_id
from hub.kernel.leases import Lease
from hub.web import tables  # noqa: F401 - every mapped column is looked at below

SAMPLE = Table(
    "bulk_sample",
    MetaData(),
    Column("id", Uuid, primary_key=True),
    Column("small", SmallInteger),
    Column("whole", Integer),
    Column("big", BigInteger),
    Column("flag", Boolean),
    Column("words", Text),
    Column("day", Date),
    Column("at", TIMESTAMP(timezone=True)),
    Column("amount", Numeric(18, 2)),
    Column("share", Double),
    Column("body", JSONB(none_as_null=True)),
    Column("list", ARRAY(Text)),
    Column("sealed", LargeBinary),
    prefixes=["TEMPORARY"],
)
SAMPLE_MODEL = SimpleNamespace(__table__=SAMPLE)

_words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
_words |= st.sampled_from(["'\"\\", "😀🏳️‍🌈", "\\u0041 \\n \\\\x", "{}", "null", ":name ::text %(x)s", "\u2028\x01\x7f"])
_moments = st.integers(-2 * 10**15, 2 * 10**17).map(
    lambda n: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=n)
)
_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | _words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_words, inner, max_size=3),
    max_leaves=5,
)
_row = st.fixed_dictionaries(
    {
        "small": st.none() | st.integers(-(2**15), 2**15 - 1),
        "whole": st.none() | st.integers(-(2**31), 2**31 - 1),
        "big": st.none() | st.integers(-(2**63), 2**63 - 1),
        "flag": st.none() | st.booleans(),
        "words": st.none() | _words,
        "day": st.none() | st.dates(date(1, 1, 1)),
        "at": st.none() | _moments,
        "amount": st.none() | st.decimals(-(10**15), 10**15, places=2),
        "share": st.none() | st.floats(allow_nan=False, allow_infinity=False),
        "body": _json,
        "list": st.none() | st.lists(st.none() | _words, max_size=3),
        "sealed": st.none() | st.binary(max_size=40),
    }
)


@contextmanager
def sample(database: Engine) -> Iterator[Session]:
    with database.connect() as connection, connection.begin() as outer:
        SAMPLE.create(connection)
        yield Session(connection)
        outer.rollback()


@given(st.lists(_row, min_size=1, max_size=5))
@settings(max_examples=50, deadline=None)
def test_every_type_comes_out_as_it_went_in(database: Engine, values: list[dict[str, Any]]) -> None:
    rows = [{"id": new_id(), **row} for row in values]
    with sample(database) as session:
        bulk.insert_rows(session, SAMPLE_MODEL, rows)
        found = [dict(row._mapping) for row in session.execute(select(SAMPLE).order_by(SAMPLE.c.id))]
    assert found == rows


def test_the_sample_has_every_type_that_the_hub_stores() -> None:
    bases = (db.Base, db.VaultBase)
    used = {type(c.type) for base in bases for table in base.metadata.tables.values() for c in table.columns}
    covered = {type(column.type).__name__ for column in SAMPLE.columns}
    assert {kind.__name__ for kind in used} <= covered


def test_five_hundred_rows_are_one_statement_with_one_parameter(database: Engine) -> None:
    seen: list[Any] = []
    with sample(database) as session:
        event.listen(session.connection(), "before_cursor_execute", lambda *call: seen.append(call[3]))
        returned = bulk.insert_rows(
            session, SAMPLE_MODEL, [{"id": new_id(), "whole": n} for n in range(500)], returning="whole"
        )
    assert len(seen) == 1
    assert len(seen[0]) == 1
    assert [row.whole for row in returned] == list(range(500))


def test_no_rows_are_no_statement(database: Engine) -> None:
    with sample(database) as session:
        event.listen(session.connection(), "before_cursor_execute", lambda *_: pytest.fail("nothing to say"))
        assert bulk.insert_rows(session, SAMPLE_MODEL, [], returning="id") == []


def test_a_conflict_does_what_is_asked(session: Session) -> None:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    row = {"name": "test:'a'", "token": 1, "until": at}
    assert len(bulk.insert_rows(session, Lease, [row], returning="token")) == 1
    again = [row, {**row, "name": "test:b"}]
    assert [r.name for r in bulk.insert_rows(session, Lease, again, conflict="DO NOTHING", returning="name")] == [
        "test:b"
    ]
    bulk.insert_rows(
        session, Lease, [{**row, "token": 7}], conflict="(name) DO UPDATE SET token = lease.token + excluded.token"
    )
    assert session.get_one(Lease, row["name"], populate_existing=True).token == 8
    with pytest.raises(IntegrityError), session.begin_nested():
        bulk.insert_rows(session, Lease, [row])


def test_a_nul_is_an_error_of_the_data_not_a_cut_text(database: Engine) -> None:
    with sample(database) as session, pytest.raises(DataError):
        bulk.insert_rows(session, SAMPLE_MODEL, [{"id": new_id(), "words": "a\0b"}])


def test_a_value_without_a_place_in_a_row_is_refused() -> None:
    with pytest.raises(TypeError, match="set has no place in a row"):
        bulk.dump([{"words": {"a"}}])


def test_decimals_keep_every_digit() -> None:
    assert bulk.dump([{"amount": Decimal("0.10")}]) == '[{"amount": "0.10"}]'
