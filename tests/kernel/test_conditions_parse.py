"""What the parser takes, refuses and gives back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from hub.kernel.conditions import (
    Activity,
    All,
    Comparison,
    ConditionError,
    Field,
    Namespace,
    Not,
    Registry,
    parse,
)

REGISTRY = Registry(
    fields=[
        Field("last_scene", "text", "最近场景", "last scene"),
        Field("score", "number", "评分", "score"),
        Field("subscribed", "boolean", "已关注", "subscribed"),
        Field("seen_at", "time", "最近访问", "last seen"),
        Field("tags", "list", "标签", "tags"),
        Field("traits.size", "number", "规模", "size"),
    ],
    namespaces=[Namespace("traits", "text", "特征", "trait")],
    activities=frozenset({"follow", "menu_click", "download"}),
)


def test_a_tree_becomes_frozen_nodes() -> None:
    tree = {
        "all": [
            {"activity": "menu_click", "key": "PRICE", "within": "7d", "at_least": 2},
            {"not": {"field": "traits.interest", "in": ["power", "energy"]}},
        ]
    }
    expected = All(
        (
            Activity("menu_click", key="PRICE", within=timedelta(days=7), at_least=2),
            Not(Comparison("traits.interest", "text", "in", ("power", "energy"))),
        )
    )
    assert parse(tree, REGISTRY) == expected
    assert hash(expected) == hash(parse(tree, REGISTRY))


@pytest.mark.parametrize(
    ("tree", "canonical"),
    [
        ({"field": "score", "gt": 2.0}, {"field": "score", "gt": 2}),
        ({"field": "score", "gt": Decimal("0.10")}, {"field": "score", "gt": 0.1}),
        ({"field": "score", "in": (1, -0.0, 1e17)}, {"field": "score", "in": [1, 0, 10**17]}),
        (
            {"field": "seen_at", "lt": "2030-01-31T08:00:00Z"},
            {"field": "seen_at", "lt": "2030-01-31T08:00:00+00:00"},
        ),
        (
            {"field": "seen_at", "gte": datetime(2030, 1, 31, tzinfo=UTC)},
            {"field": "seen_at", "gte": "2030-01-31T00:00:00+00:00"},
        ),
        ({"activity": "follow", "within": "48h", "at_least": 1}, {"activity": "follow", "within": "2d"}),
        ({"activity": "follow", "within": "90m"}, {"activity": "follow", "within": "90m"}),
        (
            {"key_starts_with": "a.", "activity": "download"},
            {"activity": "download", "key_starts_with": "a."},
        ),
        ({"any": [{"field": "tags", "exists": False}]}, {"any": [{"field": "tags", "exists": False}]}),
        ({"field": "traits.size", "gte": 3}, {"field": "traits.size", "gte": 3}),
    ],
)
def test_the_canonical_tree_comes_back_and_parses_to_the_same(tree: object, canonical: object) -> None:
    condition = parse(tree, REGISTRY)
    assert condition.to_tree() == canonical
    assert parse(condition.to_tree(), REGISTRY) == condition


@pytest.mark.parametrize(
    ("tree", "path", "words"),
    [
        ("follow", "", "found a text"),
        (None, "", "found nothing"),
        ({}, "", "expected one of all, any, not, field or activity"),
        ({"filed": "score", "gt": 1}, "", 'did you mean "field"?'),
        ({"all": []}, "all", "not empty"),
        ({"any": {"field": "score"}}, "any", "expected a list, found a mapping"),
        ({"all": [{"activity": "follow"}], "any": []}, "", "only one of"),
        ({"all": [{"activity": "follow"}], "note": "x"}, "", "unknown key 'note'"),
        ({"all": [{"activity": "follow"}, {"field": "scoer", "gt": 1}]}, "all[1].field", 'did you mean "score"?'),
        ({"not": {"any": [{"field": "trait.x", "equals": "a"}]}}, "not.any[0].field", 'did you mean "traits."?'),
        ({"field": "traits.", "equals": "a"}, "field", "known field"),
        ({"field": "", "equals": "a"}, "field", "not empty"),
        ({"field": 3, "equals": "a"}, "field", "expected a text in quotes, found a number"),
        ({"field": "score"}, "", "exactly one of"),
        ({"field": "score", "gt": 1, "lt": 3}, "", "found gt and lt"),
        ({"field": "score", "grt": 1}, "", 'did you mean "gt"?'),
        ({"field": "score", True: 1}, "", "unknown key True"),
        ({"field": "score", "starts_with": "1"}, "starts_with", '"score" is a number field'),
        ({"field": "last_scene", "gt": "a"}, "gt", '"last_scene" is a text field'),
        ({"field": "tags", "equals": "a"}, "equals", '"tags" is a list field'),
        ({"field": "last_scene", "equals": 5}, "equals", "expected a text in quotes, found a number"),
        ({"field": "last_scene", "equals": None}, "equals", "found nothing"),
        ({"field": "last_scene", "equals": "x" * 1001}, "equals", "at most 1000 characters"),
        ({"field": "last_scene", "contains": "a\0b"}, "contains", "without NUL"),
        ({"field": "last_scene", "contains": "\ud83d"}, "contains", "surrogates"),
        ({"field": "last_scene", "in": []}, "in", "not empty"),
        ({"field": "last_scene", "in": "auto"}, "in", "expected a list, found a text"),
        ({"field": "last_scene", "in": ["a", 1]}, "in[1]", "found a number"),
        ({"field": "last_scene", "in": ["a"] * 501}, "in", "at most 500"),
        ({"field": "score", "equals": True}, "equals", "expected a number, found true/false"),
        ({"field": "score", "equals": "5"}, "equals", "expected a number, found a text"),
        ({"field": "score", "equals": float("nan")}, "equals", "between"),
        ({"field": "score", "equals": Decimal("Infinity")}, "equals", "between"),
        ({"field": "score", "equals": 10**5000}, "equals", "between"),
        ({"field": "score", "equals": 1e-40}, "equals", "further from it"),
        ({"field": "score", "equals": Decimal("0.1234567890123456789")}, "equals", "15 significant digits"),
        ({"field": "subscribed", "equals": 1}, "equals", "expected true or false"),
        ({"field": "subscribed", "exists": "yes"}, "exists", "expected true or false"),
        ({"field": "seen_at", "gt": "2030-01-31T08:00:00"}, "gt", "without offset"),
        ({"field": "seen_at", "gt": "soon"}, "gt", "expected a time with offset"),
        ({"field": "seen_at", "gt": date(2030, 1, 31)}, "gt", "found a date"),
        ({"field": "seen_at", "gt": "0001-01-01T00:00:00+08:00"}, "gt", "expected a year"),
        ({"activity": "folow"}, "activity", 'did you mean "follow"?'),
        ({"activity": "follow", "at_most": 3}, "", 'did you mean "at_least"?'),
        ({"activity": "follow", "key": 100}, "key", "expected a text in quotes"),
        ({"activity": "follow", "key": ""}, "key", "not empty"),
        ({"activity": "follow", "key": "a", "key_starts_with": "a"}, "", "found both"),
        ({"activity": "follow", "within": "7 days"}, "within", 'such as "7d"'),
        ({"activity": "follow", "within": "0d"}, "within", "found '0d'"),
        ({"activity": "follow", "within": "７d"}, "within", "expected a span"),
        ({"activity": "follow", "within": 10**5000}, "within", "found a number"),
        ({"activity": "follow", "at_least": 0}, "at_least", "whole number from 1"),
        ({"activity": "follow", "at_least": True}, "at_least", "whole number from 1"),
        ({"activity": "follow", "at_least": 10**5000}, "at_least", "found a number"),
    ],
)
def test_a_wrong_tree_is_refused_with_its_place_and_what_was_expected(tree: object, path: str, words: str) -> None:
    with pytest.raises(ConditionError) as caught:
        parse(tree, REGISTRY)
    assert caught.value.path == path
    assert words in caught.value.message
    assert str(caught.value) == (f"{path}: {caught.value.message}" if path else caught.value.message)


def _nested(levels: int) -> object:
    tree: object = {"activity": "follow"}
    for _ in range(levels - 1):
        tree = {"not": tree}
    return tree


def test_depth_and_size_have_a_limit() -> None:
    parse(_nested(8), REGISTRY)
    with pytest.raises(ConditionError, match="at most 8 levels"):
        parse(_nested(9), REGISTRY)
    parse({"all": [{"activity": "follow"}] * 199}, REGISTRY)
    with pytest.raises(ConditionError, match="at most 200 clauses"):
        parse({"all": [{"activity": "follow"}] * 200}, REGISTRY)


def test_a_tree_that_holds_itself_is_refused() -> None:
    tree: dict[str, object] = {}
    tree["not"] = tree
    with pytest.raises(ConditionError, match="at most 8 levels"):
        parse(tree, REGISTRY)


def test_any_activity_is_taken_when_none_are_listed() -> None:
    registry = Registry(fields=[])
    assert parse({"activity": "whatever"}, registry) == Activity("whatever")


def test_a_registered_field_wins_over_its_namespace_and_the_longest_prefix_wins() -> None:
    registry = Registry(
        [Field("a.b", "number", "乙", "b")],
        [Namespace("a.", "text", "甲", "a"), Namespace("a.c.", "boolean", "丙", "c")],
    )
    found = {name: registry.find(name) for name in ("a.b", "a.x", "a.c.d", "a.", "z")}
    assert {name: field.type for name, field in found.items() if field} == {
        "a.b": "number",
        "a.x": "text",
        "a.c.d": "boolean",
    }
    assert registry.label("a.x", "zh") == "甲 x"
    assert registry.label("gone", "en") == "gone"


def test_a_registry_that_contradicts_itself_is_refused() -> None:
    field = Field("a", "text", "甲", "a")
    with pytest.raises(ValueError, match="registered twice"):
        Registry([field, field])
    with pytest.raises(ValueError, match="registered twice"):
        Registry([], [Namespace("a", "text", "甲", "a"), Namespace("a.", "text", "甲", "a")])
    with pytest.raises(ValueError, match="needs a name"):
        Registry([Field("", "text", "甲", "a")])
    with pytest.raises(ValueError, match="has type 'money'"):
        Registry([Field("a", "money", "甲", "a")])  # type: ignore[arg-type]
