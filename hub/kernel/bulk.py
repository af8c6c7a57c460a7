"""Set-based writes: many rows in one statement and one parameter."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Table, TextClause, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session


def recordset(table: Table, columns: Sequence[str], name: str = "rows") -> str:
    """Return SQL that reads a JSON parameter called `name` as rows `r` with the types of `table`'s columns."""
    types = ", ".join(f"{c} {table.c[c].type.compile(dialect=_dialect())}" for c in columns)
    return f"json_to_recordset(cast(:{name} AS json)) AS r({types})"


def dump(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return `rows` as the JSON text that `recordset` reads."""
    return json.dumps(rows, default=_plain, ensure_ascii=False)


def insert_rows(
    session: Session,
    model: Any,
    rows: Sequence[Mapping[str, Any]],
    *,
    conflict: str = "",
    returning: str = "",
) -> list[Row[Any]]:
    """Insert `rows` (equal keys each) in one statement; return the rows named by `returning`.

    `conflict` is what follows ON CONFLICT, such as "DO NOTHING".
    """
    if not rows:
        return []
    statement = _insert(model.__table__, tuple(rows[0]), conflict, returning)
    result = session.execute(statement, {"rows": dump(rows)})
    return list(result) if returning else []


@cache
def _insert(table: Table, columns: tuple[str, ...], conflict: str, returning: str) -> TextClause:
    names = ", ".join(columns)
    sql = f"INSERT INTO {table.name} ({names}) SELECT {names} FROM {recordset(table, columns)}"
    if conflict:
        sql += f" ON CONFLICT {conflict}"
    if returning:
        sql += f" RETURNING {returning}"
    return text(sql.replace("::", "\\:\\:"))


@cache
def _dialect() -> Any:
    return postgresql.dialect()  # type: ignore[no-untyped-call]


def _bytes(value: bytes) -> str:
    return "\\x" + value.hex()


_PLAIN: Mapping[type, Callable[[Any], object]] = {
    UUID: str,
    datetime: datetime.isoformat,
    date: date.isoformat,
    Decimal: str,
    bytes: _bytes,
    MappingProxyType: dict,
}
"""Type -> how JSON writes it; looked up by the very type, as every value of every batch passes here."""


def _plain(value: Any) -> object:
    convert = _PLAIN.get(type(value))
    if convert is None:
        raise TypeError(f"{type(value).__name__} has no place in a row")
    return convert(value)
