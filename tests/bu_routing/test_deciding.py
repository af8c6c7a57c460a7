from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bu_routing.rules.reach import contact_of
from bu_routing.rules.routing import EXCLUDED, compile_book, decide
from bu_routing.rules.sentences import misses, why
from hub.kernel import conditions
from hub.pool.rules.fields import PERSON
from tests.bu_routing.places import SECTION, FakeSubject

BUS = ("automation", "power", "water")
_leaf = st.one_of(
    st.builds(lambda n: {"field": "score", "gte": n}, st.integers(0, 3)),
    st.builds(lambda v: {"field": "traits.interest", "equals": v}, st.sampled_from("ab")),
    st.builds(lambda k: {"activity": "menu_click", "key": k, "within": "7d"}, st.sampled_from("PQ")),
)
_when = st.recursive(
    _leaf,
    lambda inner: st.one_of(
        st.builds(lambda parts: {"all": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda parts: {"any": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda part: {"not": part}, inner),
    ),
    max_leaves=5,
)
_sections = st.builds(
    lambda rules, fallback: {
        "rules": [{"name": f"rule {i}", "when": when, "to": to} for i, (when, to) in enumerate(rules)],
        "fallback": fallback,
    },
    st.lists(st.tuples(_when, st.sampled_from(BUS)), max_size=5),
    st.sampled_from(BUS),
)
_subjects = st.builds(
    lambda score, interest, keys: FakeSubject(
        {"score": score, "traits.interest": interest}, [("menu_click", key) for key in keys]
    ),
    st.integers(0, 3),
    st.sampled_from(["a", "b", None]),
    st.lists(st.sampled_from("PQ"), max_size=2),
)
_excluded = st.frozensets(st.sampled_from(BUS))


@settings(max_examples=60, deadline=None)
@given(_sections, _subjects, _excluded)
def test_deciding_twice_gives_the_same(section: dict[str, Any], subject: FakeSubject, excluded: frozenset[str]) -> None:
    once, again = (decide(compile_book(1, section, PERSON), subject, excluded) for _ in range(2))
    assert once == again


@settings(max_examples=60, deadline=None)
@given(_sections, _subjects, _excluded)
def test_the_first_rule_that_matches_is_chosen_else_the_fallback(
    section: dict[str, Any], subject: FakeSubject, excluded: frozenset[str]
) -> None:
    matching = [
        rule
        for rule in section["rules"]
        if rule["to"] not in excluded and conditions.compile_python(conditions.parse(rule["when"], PERSON))(subject)
    ]
    decision = decide(compile_book(1, section, PERSON), subject, excluded)
    assert decision.rule == (matching[0]["name"] if matching else None)
    if matching:
        assert decision.bu == matching[0]["to"]
    else:
        assert decision.bu == (None if section["fallback"] in excluded else section["fallback"])


@settings(max_examples=60, deadline=None)
@given(_sections, _subjects, _excluded)
def test_an_excluded_bu_is_never_chosen(
    section: dict[str, Any], subject: FakeSubject, excluded: frozenset[str]
) -> None:
    assert decide(compile_book(1, section, PERSON), subject, excluded).bu not in excluded


@settings(max_examples=60, deadline=None)
@given(_sections, _subjects)
def test_every_rule_answers_as_the_condition_language_explains(section: dict[str, Any], subject: FakeSubject) -> None:
    outcomes = decide(compile_book(1, section, PERSON), subject).outcomes
    assert [outcome.rule for outcome in outcomes] == [rule["name"] for rule in section["rules"]]
    for outcome, rule in zip(outcomes, section["rules"], strict=True):
        explained = conditions.explain(conditions.parse(rule["when"], PERSON), subject)
        assert (outcome.matched, outcome.failing) == (explained.matched, explained.failing)


def test_an_excluded_rule_says_so() -> None:
    subject = FakeSubject(activities=[("menu_click", "PRICE")])
    decision = decide(compile_book(1, SECTION, PERSON), subject, frozenset({"automation"}))
    assert decision.outcomes[0].failing == EXCLUDED
    assert decision.bu == "power"


def test_nobody_is_left_when_the_fallback_is_excluded_too() -> None:
    decision = decide(compile_book(1, SECTION, PERSON), FakeSubject(), frozenset({"automation", "power"}))
    assert (decision.bu, decision.rule, decision.need) == (None, None, None)


def test_the_need_is_the_rules_own_or_its_name() -> None:
    book = compile_book(1, SECTION, PERSON)
    assert decide(book, FakeSubject(activities=[("menu_click", "PRICE")])).need == "报价"
    assert decide(book, FakeSubject({"traits.interest": "power"})).need == "储能"


def test_a_value_of_the_wrong_type_is_a_miss_and_not_an_error() -> None:
    decision = decide(compile_book(1, SECTION, PERSON), FakeSubject({"traits.interest": 7}))
    assert decision.bu == "power"
    assert decision.rule is None
    assert decision.outcomes[1].failing == "the field 'traits.interest' should be a text, the subject gave int"


def test_the_hash_follows_what_was_seen_and_nothing_else() -> None:
    book = compile_book(1, SECTION, PERSON)
    base = decide(book, FakeSubject({"traits.interest": "x"})).inputs_hash
    later = FakeSubject({"traits.interest": "x", "score": 99})
    assert decide(book, FakeSubject(later.values, now=later.now + timedelta(days=1))).inputs_hash == base
    assert decide(book, FakeSubject({"traits.interest": "y"})).inputs_hash != base
    assert decide(book, FakeSubject({"traits.interest": "x"}, [("menu_click", "PRICE")])).inputs_hash != base
    assert decide(compile_book(2, SECTION, PERSON), FakeSubject({"traits.interest": "x"})).inputs_hash != base
    assert decide(book, FakeSubject({"traits.interest": "x"}), frozenset({"power"})).inputs_hash != base


def test_a_field_is_asked_for_once_however_many_rules_name_it() -> None:
    asked: list[str] = []

    class Counting(FakeSubject):
        def value(self, name: str) -> Any:
            asked.append(name)
            return None

    when = {"field": "traits.interest", "equals": "a"}
    section = {"rules": [{"name": f"r{i}", "when": when, "to": "power"} for i in range(3)], "fallback": "power"}
    decide(compile_book(1, section, PERSON), Counting())
    assert asked == ["traits.interest"]


def test_the_sentence_names_the_rule_and_its_condition() -> None:
    rule = compile_book(1, SECTION, PERSON).rule("报价")
    assert why(rule, "自动化", PERSON, "zh") == (
        "命中规则「报价」：行为「menu_click」（标识为「PRICE」）至少发生一次。分配给「自动化」。"
    )
    assert why(rule, "automation", PERSON, "en").startswith('The rule "报价" matched: activity "menu_click"')


def test_the_sentence_tells_the_fallback_from_nobody() -> None:
    assert why(None, "能源", PERSON, "zh") == "没有规则命中，按兜底分配给「能源」。"
    assert why(None, None, PERSON, "en") == "No rule matched and no business unit is left: not sent for now."


def test_the_misses_are_those_before_the_chosen_rule() -> None:
    book = compile_book(1, SECTION, PERSON)
    chosen = decide(book, FakeSubject({"traits.interest": "power"}))
    assert misses(chosen.outcomes, chosen.rule, "zh") == (
        '未命中的规则：「报价」不满足 activity "menu_click" key "PRICE"。'
    )
    first = decide(book, FakeSubject(activities=[("menu_click", "PRICE")]))
    assert misses(first.outcomes, first.rule, "zh") == ""
    nobody = decide(book, FakeSubject(), frozenset({"automation"}))
    assert 'rejected this person before; "能源兴趣" fails on' in misses(nobody.outcomes, None, "en")


def test_the_best_member_tells_how_a_cluster_is_reached() -> None:
    assert contact_of(["never_collected", "purged"]) == "purged"
    assert contact_of(["purged", "available"]) == "available"
    assert contact_of([]) == "never_collected"
