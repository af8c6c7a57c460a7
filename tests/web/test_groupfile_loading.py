"""Reading YAML: the data, the lines, and what is refused before anything is judged."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.web.groupfile import GroupFileError, loading, writing


@pytest.fixture(params=["c", "python"], autouse=True)
def _parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "python":
        monkeypatch.setattr(loading, "LOADER", yaml.SafeLoader)


def refusal(text: str | bytes) -> str:
    with pytest.raises(GroupFileError) as caught:
        loading.load(text)
    return str(caught.value)


def test_every_place_knows_its_line() -> None:
    text = "# a comment\ngroup:\n  slug: a\nlist:\n  - one\n  -\n    key: {inner: [1,\n      2]}\n"
    document = loading.load(text)
    assert document.data == {"group": {"slug": "a"}, "list": ["one", {"key": {"inner": [1, 2]}}]}
    lines = document.lines
    assert (lines[()], lines["group",], lines["group", "slug"], lines["list", 0]) == (2, 2, 3, 5)
    assert (lines["list", 1], lines["list", 1, "key"], lines["list", 1, "key", "inner", 1]) == (7, 7, 8)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("12", 12),
        ("-3", -3),
        ("1.50", 1.5),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ('"12"', "12"),
        ("no", "no"),
        ("on", "on"),
        ("12:30", "12:30"),
        ("0123", "0123"),
        ("1e5", "1e5"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("2030-01-31", "2030-01-31"),
        ("2030-01-31T08:00:00+08:00", "2030-01-31T08:00:00+08:00"),
        ("12345678901234567890123456789012", "12345678901234567890123456789012"),
        ("=", "="),
        ("|\n  two\n  lines", "two\nlines\n"),
    ],
)
def test_only_what_can_be_nothing_else_is_more_than_a_text(written: str, value: object) -> None:
    found = loading.load(f"key: {written}\n").data["key"]
    assert (type(found), found) == (type(value), value)


def test_a_key_that_stands_twice_is_a_mistake_with_both_lines() -> None:
    document = loading.load("a: 1\nb:\n  c: 1\n  c: 2\na: 3\n")
    assert [str(m) for m in document.mistakes] == [
        "line 4: b.c: the key 'c' stands on line 3 already",
        "line 5: a: the key 'a' stands on line 1 already",
    ]
    assert document.data == {"a": 1, "b": {"c": 1}}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: &name x", "line 2: b: an anchor (&) has no place"),
        ("a: 1\nb: *name", "line 2: b: an alias (*) has no place"),
        ("a: 1\nb: !!python/object/apply:os.system [x]", "line 2: b: a tag (!) has no place"),
        ("a: 1\nb: !mine x", "line 2: b: a tag (!) has no place"),
        ("&k a: 1", "line 1: a: an anchor (&) has no place"),
        ('a: 1\nb: "x\\0y"', "line 2: b: an escaped control character"),
        ('a: 1\n"b\\x07": 1', "line 2: 'b\\x07': an escaped control character has no place in a key"),
    ],
)
def test_yaml_beyond_plain_data_is_a_mistake(text: str, expected: str) -> None:
    assert expected in "\n".join(str(mistake) for mistake in loading.load(text).mistakes)


def test_aliases_never_multiply() -> None:
    laughs = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n"
    document = loading.load(laughs)
    assert document.data["d"] == [None, None]
    assert {mistake.line for mistake in document.mistakes} == {1, 2, 3, 4}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"a: 1\nname: \xd6\xd0\xce\xc4\n", "line 2: byte 0xd6 is not UTF-8"),
        ("a: 1\n\nb: \x07", "line 3: the control character U+0007"),
        ("a: 1\nb: \ud800", "line 2: byte 0xed is not UTF-8"),
        ("a: 1\n---\nb: 2\n", "line 2: a second document begins here"),
        ("a: 1\n? [x]\n: y\n", "line 2: a key must be one word"),
        ("a: 1\nb: c: d\n", "line 2: this is not YAML: mapping values are not allowed"),
        ("a: 1\n\tb: 2\n", "line 2: this is not YAML"),
        ("a: 1\nb: 'x\n", "this is not YAML: found unexpected end of stream"),
        ("\n" + "[" * 5000, "line 2: nested deeper than 32 levels"),
    ],
)
def test_a_text_that_cannot_be_read_says_where(text: str | bytes, expected: str) -> None:
    assert expected in refusal(text)


def test_a_huge_file_is_refused_unread() -> None:
    assert "at most 5,000,000 are taken" in refusal("#" * 5_000_001)


def test_a_byte_order_mark_is_no_part_of_the_file() -> None:
    assert loading.load(b"\xef\xbb\xbfa: 1").data == {"a": 1}


def test_an_empty_file_holds_nothing() -> None:
    assert loading.load("# nothing\n").data is None


TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), max_size=20)
SCALARS = (
    TEXTS
    | st.integers(-(10**17), 10**17)
    | st.booleans()
    | st.none()
    | st.sampled_from(
        [
            "no",
            "12:30",
            "0123",
            "tRuE",
            "1e5",
            "1.0e+5",
            "2030-01-31",
            "~",
            "null",
            "${X}",
            "- a",
            "a: b",
            "#",
            "'",
            '"',
            "<<",
        ]
    )
)
TREES = st.recursive(
    SCALARS | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(["group", "accounts", "routing"]), TREES, min_size=1))
def test_what_is_written_is_read_back(sections: dict[str, Any]) -> None:
    document = loading.load(writing.write(sections))
    assert document.data == sections
    assert document.mistakes == []
