"""Cursors, paging and problems."""

from __future__ import annotations

import base64
import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from hub.kernel.http import PageQuery, Problem, not_found, read_cursor, write_cursor
from hub.kernel.ids import new_id

_plain = st.one_of(st.text(max_size=20), st.integers(), st.booleans(), st.none(), st.floats(allow_nan=False))


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@given(st.lists(_plain, min_size=1, max_size=4))
def test_a_cursor_comes_back_as_the_position_it_was_made_of(position: list[object]) -> None:
    cursor = write_cursor(position)
    assert cursor.isascii()
    assert not set(cursor) & set("=+/ ?&#%")
    assert read_cursor(cursor, len(position)) == position


def test_ids_become_text() -> None:
    made = new_id()
    assert read_cursor(write_cursor([3, made]), 2) == [3, str(made)]


def test_no_cursor_is_the_beginning() -> None:
    assert read_cursor(None, 2) is None


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "garbage!",
        "中文",
        "\x00",
        encoded("[1"),
        encoded("[]"),
        encoded("[1]"),
        encoded("[1, 2, 3]"),
        encoded('{"a": 1, "b": 2}'),
        encoded('"ab"'),
        encoded("null"),
        base64.urlsafe_b64encode(b"\xff\xfe\xfd").decode(),
        encoded("[" * 2000),
        encoded(json.dumps(["x" * 1000, 2])),
        write_cursor([1, 2])[:-2],
    ],
)
def test_a_broken_cursor_is_a_problem_with_the_field_named(cursor: str) -> None:
    with pytest.raises(Problem) as caught:
        read_cursor(cursor, 2)
    assert caught.value.status == 422
    assert list(caught.value.errors) == ["cursor"]
    assert cursor not in caught.value.detail or len(cursor) < 2


@given(st.text(max_size=60))
def test_no_text_at_all_makes_a_cursor_fail_otherwise(cursor: str) -> None:
    with contextlib.suppress(Problem):
        position = read_cursor(cursor, 1)
        assert isinstance(position, list)
        assert len(position) == 1


def test_a_page_has_fifty_items_unless_asked_otherwise() -> None:
    assert PageQuery().load({}) == {"limit": 50, "cursor": None}
    assert PageQuery().load({"limit": "200", "cursor": "abc"}) == {"limit": 200, "cursor": "abc"}


@pytest.mark.parametrize(
    "query", [{"limit": "0"}, {"limit": "201"}, {"limit": "-1"}, {"limit": "x"}, {"cursor": "x" * 1001}, {"page": "2"}]
)
def test_a_page_query_refuses_what_it_does_not_know_or_allow(query: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as caught:
        PageQuery().load(query)
    assert isinstance(caught.value.messages, dict)
    assert list(caught.value.messages) == list(query)


def test_not_there_and_not_yours_are_one_answer() -> None:
    assert (not_found("lead").status, not_found("lead").detail) == (404, "There is no such lead.")
    assert not_found("lead").errors == {}
