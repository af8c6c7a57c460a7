"""What a parsed condition means for one subject, why, and how it reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Literal

import pytest

from hub.kernel.conditions import (
    Field,
    Namespace,
    Registry,
    SubjectError,
    compile_python,
    describe,
    explain,
    parse,
)
from hub.kernel.conditions.closures import Found
from hub.kernel.conditions.registry import OPERATORS

NOW = datetime(2030, 1, 31, 8, tzinfo=UTC)
REGISTRY = Registry(
    fields=[
        Field("scene", "text", "最近场景", "last scene"),
        Field("score", "number", "评分", "score"),
        Field("fan", "boolean", "已关注", "subscribed"),
        Field("seen_at", "time", "最近访问时间", "last visit"),
        Field("tags", "list", "标签", "tags"),
    ],
    namespaces=[Namespace("traits", "text", "特征", "trait")],
)


@dataclass(frozen=True)
class Someone:
    """Hold one subject in memory: its values, and its activities as (kind, key, time)."""

    values: Mapping[str, Found] = field(default_factory=dict)
    activities: tuple[tuple[str, str | None, datetime], ...] = ()
    now: datetime = NOW

    def value(self, name: str) -> Found:
        return self.values.get(name)

    def activity_count(self, kind: str, key: str | None, key_starts_with: str | None, since: datetime | None) -> int:
        return sum(
            own_kind == kind
            and (key is None or own_key == key)
            and (key_starts_with is None or (own_key or "").startswith(key_starts_with))
            and (since is None or at > since)
            for own_kind, own_key, at in self.activities
        )


def _holds(tree: object, someone: Someone) -> bool:
    return compile_python(parse(tree, REGISTRY))(someone)


@pytest.mark.parametrize(
    ("name", "value", "comparison", "expected"),
    [
        ("scene", "auto.show", {"starts_with": "auto."}, True),
        ("scene", "autoXshow", {"starts_with": "auto."}, False),
        ("scene", "100%", {"contains": "%"}, True),
        ("scene", "100", {"contains": "%"}, False),
        ("scene", "ＡＢ", {"equals": "AB"}, False),
        ("scene", "e\u0301", {"equals": "\u00e9"}, False),
        ("scene", "", {"exists": True}, True),
        ("scene", "a", {"not_in": ["b", "c"]}, True),
        ("scene", "b", {"not_in": ["b", "c"]}, False),
        ("score", 3, {"equals": 3.0}, True),
        ("score", Decimal("0.1"), {"equals": 0.1}, True),
        ("score", 0.1, {"equals": 0.1}, True),
        ("score", 0.1, {"in": [0.1, 2]}, True),
        ("score", Decimal("0.10"), {"in": [0.1, 2]}, True),
        ("score", Decimal("59.999"), {"gte": 60}, False),
        ("score", 60, {"lte": 60}, True),
        ("score", float("nan"), {"exists": True}, False),
        ("score", Decimal("NaN"), {"gt": 0}, False),
        ("score", float("nan"), {"not_equals": 1}, True),
        ("fan", False, {"equals": False}, True),
        ("fan", False, {"not_equals": True}, True),
        ("seen_at", NOW, {"equals": "2030-01-31T16:00:00+08:00"}, True),
        ("seen_at", NOW, {"gt": "2030-01-31T16:00:00+08:00"}, False),
        ("seen_at", NOW, {"gte": "2030-01-31T16:00:00+08:00"}, True),
        ("tags", ["a", "b"], {"contains": "b"}, True),
        ("tags", ("ab",), {"contains": "a"}, False),
        ("tags", ["a", "b"], {"in": ["z", "b"]}, True),
        ("tags", ["a", "b"], {"not_in": ["z", "b"]}, False),
        ("tags", [], {"exists": True}, True),
        ("tags", [], {"not_in": ["z"]}, True),
    ],
)
def test_a_comparison_holds_or_not(name: str, value: Found, comparison: dict[str, object], expected: bool) -> None:
    someone = Someone({name: value})
    assert _holds({"field": name, **comparison}, someone) is expected
    assert _holds({"not": {"field": name, **comparison}}, someone) is not expected


@pytest.mark.parametrize(
    ("comparison", "expected"),
    [
        ({"field": "scene", "equals": ""}, False),
        ({"field": "scene", "starts_with": ""}, False),
        ({"field": "scene", "not_equals": "a"}, True),
        ({"field": "traits.x", "not_in": ["a"]}, True),
        ({"field": "score", "lt": 1}, False),
        ({"field": "fan", "equals": False}, False),
        ({"field": "fan", "not_equals": False}, True),
        ({"field": "tags", "not_in": ["a"]}, True),
        ({"field": "seen_at", "exists": True}, False),
        ({"field": "seen_at", "exists": False}, True),
    ],
)
def test_a_missing_value_fails_every_comparison_but_the_negative_ones(comparison: object, expected: bool) -> None:
    assert _holds(comparison, Someone()) is expected
    assert _holds({"not": comparison}, Someone()) is not expected


@pytest.mark.parametrize(
    ("clause", "expected"),
    [
        ({}, True),
        ({"at_least": 3}, True),
        ({"at_least": 4}, False),
        ({"key": "PRICE", "at_least": 2}, False),
        ({"key_starts_with": "PR", "at_least": 2}, True),
        ({"within": "7d", "at_least": 2}, False),
        ({"within": "7d"}, True),
        ({"within": "7d", "key": "PROMO"}, False),
    ],
)
def test_activities_are_counted_by_kind_key_and_window(clause: dict[str, object], expected: bool) -> None:
    clicks = (
        ("click", "PRICE", NOW),
        ("click", "PROMO", NOW - timedelta(days=7)),
        ("click", None, NOW - timedelta(days=9)),
        ("view", "PRICE", NOW),
    )
    assert _holds({"activity": "click", **clause}, Someone(activities=clicks)) is expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("scene", 5),
        ("score", True),
        ("score", "5"),
        ("fan", 1),
        ("seen_at", NOW.replace(tzinfo=None)),
        ("tags", "a"),
    ],
)
def test_a_value_of_the_wrong_type_is_a_clear_error_without_the_value(name: str, value: Found) -> None:
    with pytest.raises(SubjectError, match=f"the field '{name}' should be") as caught:
        _holds({"field": name, "exists": True}, Someone({name: value}))
    assert str(caught.value).endswith(type(value).__name__)


def test_an_outcome_names_the_first_failing_clause_and_traces_all_of_them() -> None:
    tree = {
        "all": [
            {"activity": "menu_click", "key": "PRICE"},
            {"any": [{"field": "score", "gt": 5}, {"field": "tags", "contains": "x"}]},
            {"field": "scene", "starts_with": "auto."},
        ]
    }
    someone = Someone({"score": Decimal("7.5"), "scene": "power.1"}, (("menu_click", "PRICE", NOW),))
    outcome = explain(parse(tree, REGISTRY), someone)
    assert (outcome.matched, outcome.failing) == (False, 'scene starts_with "auto."')
    assert json.loads(json.dumps(outcome.trace)) == {
        "all": [
            {"activity": "menu_click", "key": "PRICE", "found": 1, "matched": True},
            {
                "any": [
                    {"field": "score", "gt": 5, "found": 7.5, "matched": True},
                    {"field": "tags", "contains": "x", "found": None, "matched": False},
                ],
                "matched": True,
            },
            {"field": "scene", "starts_with": "auto.", "found": "power.1", "matched": False},
        ],
        "matched": False,
    }


@pytest.mark.parametrize(
    ("tree", "failing"),
    [
        ({"not": {"field": "scene", "equals": "a"}}, 'not(scene equals "a")'),
        ({"not": {"field": "scene", "equals": "b"}}, None),
        (
            {"any": [{"field": "score", "gt": 9}, {"field": "fan", "equals": True}]},
            "any(score gt 9, fan equals true)",
        ),
        ({"all": [{"all": [{"activity": "v", "within": "36h"}]}]}, 'activity "v" within "36h"'),
        ({"field": "traits.x", "in": ["甲", '"']}, 'traits.x in ["甲", "\\""]'),
        ({"field": "scene", "equals": "x" * 900}, 'scene equals "' + "x" * 185 + "…"),
    ],
)
def test_the_failing_clause_is_short_canonical_text(tree: object, failing: str | None) -> None:
    outcome = explain(parse(tree, REGISTRY), Someone({"scene": "a", "score": 1}))
    assert outcome.failing == failing
    assert outcome.matched is (failing is None)


def test_a_trace_can_always_be_written_as_json() -> None:
    values: dict[str, Found] = {
        "score": Decimal("Infinity"),
        "seen_at": NOW,
        "tags": ["t" * 300],
        "scene": "s" * 300,
        "fan": True,
    }
    tree = {"all": [{"field": name, "exists": True} for name in values]}
    trace = explain(parse(tree, REGISTRY), Someone(values)).trace
    found = [leaf["found"] for leaf in json.loads(json.dumps(trace, allow_nan=False))["all"]]
    assert found == ["Infinity", NOW.isoformat(), ["t" * 199 + "…"], "s" * 199 + "…", True]


@pytest.mark.parametrize(
    ("tree", "zh", "en"),
    [
        (
            {
                "all": [
                    {"activity": "menu_click", "key": "PRICE", "within": "7d", "at_least": 2},
                    {"any": [{"field": "score", "gte": 60}, {"field": "fan", "equals": True}]},
                    {"not": {"field": "traits.interest", "in": ["power", "energy"]}},
                ]
            },
            "行为「menu_click」（标识为「PRICE」）在最近 7 天内至少发生 2 次，并且"
            "（评分不小于 60，或者已关注为是），并且不满足（特征 interest是「power」、「energy」之一）。",
            'activity "menu_click" with key "PRICE" within the last 7 days at least 2 times and '
            '(score is at least 60 or subscribed is yes) and not (trait interest is one of "power", "energy").',
        ),
        ({"field": "scene", "exists": False}, "最近场景没有值。", "last scene has no value."),
        ({"field": "tags", "not_in": ["a"]}, "标签不包含「a」中的任何一个。", 'tags contains none of "a".'),
        (
            {"field": "seen_at", "gt": "2030-01-31T16:00:00+08:00"},
            "最近访问时间晚于 2030-01-31 16:00:00+08:00。",
            "last visit is after 2030-01-31 16:00:00+08:00.",
        ),
        (
            {"activity": "follow", "key_starts_with": "a.", "within": "1h"},
            "行为「follow」（标识以「a.」开头）在最近 1 小时内至少发生一次。",
            'activity "follow" with a key that starts with "a." within the last 1 hour at least once.',
        ),
        (
            {"field": "scene", "equals": "{0} {x}"},
            "最近场景等于「{0} {x}」。",
            'last scene is "{0} {x}".',
        ),
    ],
)
def test_a_condition_reads_as_a_sentence_in_both_languages(tree: object, zh: str, en: str) -> None:
    condition = parse(tree, REGISTRY)
    assert describe(condition, REGISTRY, "zh") == zh
    assert describe(condition, REGISTRY, "en") == en


def test_every_operator_of_every_type_has_words_in_both_languages() -> None:
    texts: dict[str, object] = {"scene": "a", "score": 1, "fan": True, "seen_at": NOW, "tags": "a"}
    languages: tuple[Literal["zh", "en"], ...] = ("zh", "en")
    for name, value in texts.items():
        known = REGISTRY.find(name)
        assert known is not None
        for op in OPERATORS[known.type]:
            wanted = {"exists": True}.get(op, [value] if op in {"in", "not_in"} else value)
            condition = parse({"field": name, op: wanted}, REGISTRY)
            assert len({describe(condition, REGISTRY, lang) for lang in languages}) == 2


def test_another_language_is_refused() -> None:
    with pytest.raises(ValueError, match="use zh or en"):
        describe(parse({"activity": "follow"}, REGISTRY), REGISTRY, "fr")  # type: ignore[arg-type]
