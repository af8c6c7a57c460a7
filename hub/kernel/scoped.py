"""Read what belongs to business units: for one of them, or, by a name that nobody types lightly, for all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Delete, FromClause, Join, Select, TextClause, Update

Statement = TypeVar("Statement", bound="Select[*tuple[Any, ...]] | Update | Delete")
Anything = TypeVar("Anything", bound="Select[*tuple[Any, ...]] | Update | Delete | TextClause")


class NotBound(Exception):
    """The statement names no table whose rows belong to business units, so there is nothing to narrow."""


def scoped(statement: Statement, bu_id: UUID) -> Statement:
    """Return `statement` narrowed to one BU's rows in each table with a `bu_id` that it reads or changes.

    Rows are dropped as by WHERE, also those of an outer join. Raises NotBound when it names no such table.
    """
    bound = [table for table in _tables(statement) if "bu_id" in table.c]
    if not bound:
        raise NotBound("scoped() is for statements on tables with a bu_id")
    return statement.where(*_conditions(bound, bu_id))  # type: ignore[return-value]


def every_bu_unsafe(statement: Anything) -> Anything:
    """Return `statement` as it is, over the rows of every BU: for group-wide work, never for what a BU asks."""
    return statement


def _conditions(bound: list[FromClause], bu_id: UUID) -> list[ColumnElement[bool]]:
    return [table.c.bu_id == bu_id for table in bound]


def _tables(statement: Select[*tuple[Any, ...]] | Update | Delete) -> Iterator[FromClause]:
    froms = statement.get_final_froms() if isinstance(statement, Select) else [statement.table]
    for found in froms:
        yield from _joined(found)


def _joined(found: Any) -> Iterator[FromClause]:
    if isinstance(found, Join):
        yield from _joined(found.left)
        yield from _joined(found.right)
    else:
        yield found
