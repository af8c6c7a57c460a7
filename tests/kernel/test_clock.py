"""The one clock and its offset."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.kernel import clock


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("+31d", timedelta(days=31)),
        ("-2h", timedelta(hours=-2)),
        ("90m", timedelta(minutes=90)),
        ("30s", timedelta(seconds=30)),
        (" +1d ", timedelta(days=1)),
        ("-0s", timedelta(0)),
        ("36525d", timedelta(days=36525)),
    ],
)
def test_a_span_is_a_number_and_a_unit(text: str, span: timedelta) -> None:
    assert clock.parse_offset(text) == span


@pytest.mark.parametrize("text", ["", "31", "d", "+31", "1w", "1.5d", "+-1d", "1d2h", "--1d", "1 d", "1D", "1234567s"])
def test_anything_else_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match="is not a span such as"):
        clock.parse_offset(text)


@pytest.mark.parametrize("text", ["999999d", "-999999d", "36526d", "+900000h"])
def test_a_span_that_would_leave_the_calendar_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="more than a hundred years"):
        clock.parse_offset(text)


@given(st.sampled_from("+-"), st.integers(0, 999_999), st.sampled_from("dhms"))
def test_a_span_is_refused_or_makes_a_date(sign: str, number: int, unit: str) -> None:
    try:
        span = clock.parse_offset(f"{sign}{number}{unit}")
    except ValueError:
        assert unit in "dh"
    else:
        assert isinstance(datetime(2026, 2, 28, tzinfo=UTC) + span, datetime)
        assert abs(span) == clock.parse_offset(f"{number}{unit}")


def test_now_is_the_wall_and_the_offset_in_utc() -> None:
    clock.set_offset(timedelta(days=31))
    before, now, after = clock.wall(), clock.now(), clock.wall()
    assert before + timedelta(days=31) <= now <= after + timedelta(days=31)
    assert now.utcoffset() == timedelta(0)
    assert clock.offset() == timedelta(days=31)


def test_the_wall_knows_no_offset() -> None:
    clock.set_offset(timedelta(days=-365))
    assert abs(clock.wall() - datetime.fromtimestamp(time.time(), UTC)) < timedelta(seconds=5)
