"""A condition as one plain sentence, in Chinese or English, for the console and for "why"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.kernel.conditions.nodes import Activity, All, Comparison, Condition, Not, Scalar, write_span
from hub.kernel.conditions.registry import Language, Registry


@dataclass(frozen=True, slots=True)
class _Words:
    """Hold the phrases of one language; comparisons go by operator, and by "type operator" where the type matters."""

    comparisons: Mapping[str, str]
    quote: str
    bare: str
    listing: str
    yes: str
    no: str
    both: str
    either: str
    negated: str
    group: str
    end: str
    activity: str
    key: str
    prefix: str
    within: str
    times: str
    once: str
    units: Mapping[str, tuple[str, str]]


_EN = _Words(
    comparisons={
        "equals": "{0} is {1}",
        "not_equals": "{0} is not {1}",
        "in": "{0} is one of {1}",
        "not_in": "{0} is none of {1}",
        "starts_with": "{0} starts with {1}",
        "contains": "{0} contains {1}",
        "gt": "{0} is more than {1}",
        "gte": "{0} is at least {1}",
        "lt": "{0} is less than {1}",
        "lte": "{0} is at most {1}",
        "time gt": "{0} is after {1}",
        "time gte": "{0} is at or after {1}",
        "time lt": "{0} is before {1}",
        "time lte": "{0} is at or before {1}",
        "list in": "{0} contains any of {1}",
        "list not_in": "{0} contains none of {1}",
        "exists yes": "{0} has a value",
        "exists no": "{0} has no value",
    },
    quote='"{}"',
    bare="{}",
    listing=", ",
    yes="yes",
    no="no",
    both=" and ",
    either=" or ",
    negated="not ({})",
    group="({})",
    end=".",
    activity='activity "{}"{}{} {}',
    key=' with key "{}"',
    prefix=' with a key that starts with "{}"',
    within=" within the last {}",
    times="at least {} times",
    once="at least once",
    units={"d": ("day", "days"), "h": ("hour", "hours"), "m": ("minute", "minutes")},
)
_ZH = _Words(
    comparisons={
        "equals": "{0}等于{1}",
        "not_equals": "{0}不等于{1}",
        "in": "{0}是{1}之一",
        "not_in": "{0}不是{1}中的任何一个",
        "starts_with": "{0}以{1}开头",
        "contains": "{0}包含{1}",
        "gt": "{0}大于{1}",
        "gte": "{0}不小于{1}",
        "lt": "{0}小于{1}",
        "lte": "{0}不大于{1}",
        "time gt": "{0}晚于{1}",
        "time gte": "{0}不早于{1}",
        "time lt": "{0}早于{1}",
        "time lte": "{0}不晚于{1}",
        "boolean equals": "{0}为{1}",
        "boolean not_equals": "{0}不为{1}",
        "list in": "{0}包含{1}之一",
        "list not_in": "{0}不包含{1}中的任何一个",
        "exists yes": "{0}有值",
        "exists no": "{0}没有值",
    },
    quote="「{}」",
    bare=" {} ",
    listing="、",
    yes="是",
    no="否",
    both="，并且",
    either="，或者",
    negated="不满足（{}）",
    group="（{}）",
    end="。",
    activity="行为「{}」{}{}{}",
    key="（标识为「{}」）",
    prefix="（标识以「{}」开头）",
    within="在最近 {}内",
    times="至少发生 {} 次",
    once="至少发生一次",
    units={"d": ("天", "天"), "h": ("小时", "小时"), "m": ("分钟", "分钟")},
)
_LANGUAGES: Mapping[str, _Words] = {"zh": _ZH, "en": _EN}


def describe(condition: Condition, registry: Registry, lang: Language) -> str:
    """Return `condition` as one sentence in `lang`, with the labels of `registry`; raise ValueError for another `lang`.

    A field that the registry no longer knows is shown by its name.
    """
    if lang not in _LANGUAGES:
        raise ValueError(f"{lang!r} is not a language of the hub: use zh or en")
    words = _LANGUAGES[lang]
    return _phrase(condition, registry, lang) + words.end


def _phrase(condition: Condition, registry: Registry, lang: Language) -> str:
    words = _LANGUAGES[lang]
    if isinstance(condition, Comparison):
        return _comparison(condition, registry.label(condition.field, lang), words)
    if isinstance(condition, Activity):
        return _activity(condition, words)
    if isinstance(condition, Not):
        return words.negated.format(_phrase(condition.part, registry, lang))
    link = words.both if isinstance(condition, All) else words.either
    return link.join(_grouped(part, _phrase(part, registry, lang), words) for part in condition.parts)


def _grouped(part: Condition, phrase: str, words: _Words) -> str:
    alone = isinstance(part, Comparison | Activity | Not) or len(part.parts) == 1
    return phrase if alone else words.group.format(phrase)


def _comparison(comparison: Comparison, label: str, words: _Words) -> str:
    if comparison.op == "exists":
        return words.comparisons["exists yes" if comparison.value else "exists no"].format(label)
    special = words.comparisons.get(f"{comparison.type} {comparison.op}")
    pattern = special or words.comparisons[comparison.op]
    several = comparison.value if isinstance(comparison.value, tuple) else (comparison.value,)
    return pattern.format(label, words.listing.join(_constant(value, words) for value in several)).rstrip()


def _constant(value: Scalar, words: _Words) -> str:
    if isinstance(value, bool):
        return words.yes if value else words.no
    if isinstance(value, str):
        return words.quote.format(value)
    return words.bare.format(value.isoformat(" ") if isinstance(value, datetime) else value)


def _activity(activity: Activity, words: _Words) -> str:
    key = words.key.format(activity.key) if activity.key else ""
    prefix = words.prefix.format(activity.key_starts_with) if activity.key_starts_with else ""
    times = words.once if activity.at_least == 1 else words.times.format(activity.at_least)
    within = "" if activity.within is None else words.within.format(_span(activity.within, words))
    return words.activity.format(activity.kind, key + prefix, within, times)


def _span(span: timedelta, words: _Words) -> str:
    text = write_span(span)
    number, (one, many) = text[:-1], words.units[text[-1]]
    return f"{number} {one if number == '1' else many}"
