"""A masked identifier is recognised and cannot be used."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hub.pool.rules.masking import mask


@given(st.text(min_size=1, max_size=80))
def test_a_mask_shows_seven_characters_at_most_and_never_the_whole(value: str) -> None:
    shown = mask(value)
    assert len(shown) <= 8
    assert "…" in shown
    assert shown != value
