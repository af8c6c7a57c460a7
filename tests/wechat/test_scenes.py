"""Scenes: short and plain, and nobody's contact data."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wechat.rules.scenes import LONGEST, PERMANENT_CODES, PURPOSES, cap_level, scene_problem, suggest

PLAIN = st.from_regex(r"[A-Za-z][A-Za-z._-]{0,20}", fullmatch=True)


@given(PLAIN)
def test_letters_and_dots_make_a_scene_unless_they_are_wechats_own(scene: str) -> None:
    assert scene_problem(scene) == ("reserved" if scene.lower().startswith(("qrscene_", "last_trade_no_")) else None)


@given(st.text(max_size=80))
def test_whatever_is_taken_fits_into_wechats_field_and_an_address(scene: str) -> None:
    if scene_problem(scene) is None:
        assert re.fullmatch(r"[A-Za-z0-9._-]{1,64}", scene)


@given(PLAIN, st.integers(13_000_000_000, 19_999_999_999), st.sampled_from(["", ".", "-"]))
def test_a_mobile_number_is_never_part_of_a_scene(head: str, mobile: int, between: str) -> None:
    assert scene_problem(f"{head}{between}{mobile}") in ("contact", "reserved")


@pytest.mark.parametrize(
    ("scene", "problem"),
    [
        ("auto.expo25.sh", None),
        ("E1024", None),
        ("employee.E1024", None),
        ("2025-11-21.hall_2", None),
        ("", "form"),
        ("x" * 65, "form"),
        ("展台", "form"),
        ("a b", "form"),
        (".hidden", "form"),
        ("qrscene_auto", "reserved"),
        ("LAST_TRADE_NO_1", "reserved"),
        ("138-0000-0000", "contact"),
        ("staff.13800000000", "contact"),
        ("a.310101199001011234", "contact"),
    ],
)
def test_scenes_and_what_is_wrong_with_them(scene: str, problem: str | None) -> None:
    assert scene_problem(scene) == problem


@given(st.sampled_from(PURPOSES), st.from_regex(r"[a-z0-9]{1,40}", fullmatch=True), PLAIN)
def test_a_suggested_scene_begins_with_what_it_is_for(purpose: str, reference: str, place: str) -> None:
    scene = suggest(purpose, reference, place)
    assert len(scene) <= LONGEST
    assert scene.startswith(reference if purpose in ("bu", "campaign") else f"{purpose}.{reference}")


@pytest.mark.parametrize(("used", "level"), [(0, 0), (79_999, 0), (80_000, 1), (95_000, 2), (PERMANENT_CODES, 3)])
def test_the_alarm_rises_with_the_codes_that_are_used(used: int, level: int) -> None:
    assert cap_level(used) == level
