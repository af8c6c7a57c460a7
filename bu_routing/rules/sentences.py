"""A routing decision as a sentence, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bu_routing.rules.routing import EXCLUDED, Outcome, Rule
from hub.kernel.conditions import Registry, describe
from hub.kernel.conditions.registry import Language

_SHOWN = 3  # misses named in a sentence; the decision holds them all


@dataclass(frozen=True, slots=True)
class _Words:
    """Hold the phrases of one language."""

    matched: str
    fallback: str
    nobody: str
    missed: str
    excluded: str
    before: str
    link: str
    end: str


_LANGUAGES: Mapping[str, _Words] = {
    "zh": _Words(
        matched="命中规则「{rule}」：{condition}分配给「{bu}」。",
        fallback="没有规则命中，按兜底分配给「{bu}」。",
        nobody="没有规则命中，且没有可分配的事业部，暂不分配。",
        missed="「{rule}」不满足 {failing}",
        excluded="「{rule}」的事业部曾拒绝此人",
        before="未命中的规则：",
        link="；",
        end="。",
    ),
    "en": _Words(
        matched='The rule "{rule}" matched: {condition} Sent to {bu}.',
        fallback="No rule matched: sent to {bu}, the fallback.",
        nobody="No rule matched and no business unit is left: not sent for now.",
        missed='"{rule}" fails on {failing}',
        excluded='the business unit of "{rule}" rejected this person before',
        before=" Rules that did not match: ",
        link="; ",
        end=".",
    ),
}


def why(rule: Rule | None, bu: str | None, registry: Registry, lang: Language) -> str:
    """Return why a person goes to the BU named `bu`; `rule` None means the fallback, `bu` None nobody."""
    words = _LANGUAGES[lang]
    if bu is None:
        return words.nobody
    if rule is None:
        return words.fallback.format(bu=bu)
    condition = describe(rule.condition, registry, lang)
    return words.matched.format(rule=rule.name, condition=condition, bu=bu)


def misses(outcomes: Sequence[Outcome], chosen: str | None, lang: Language) -> str:
    """Return why the rules before the chosen one did not match, three of them at most; empty when none came before."""
    words = _LANGUAGES[lang]
    names = [outcome.rule for outcome in outcomes]
    before = outcomes[: names.index(chosen)] if chosen in names else outcomes
    if not before:
        return ""
    phrases = [
        (words.excluded if outcome.failing == EXCLUDED else words.missed).format(
            rule=outcome.rule, failing=outcome.failing
        )
        for outcome in before[:_SHOWN]
    ]
    return words.before + words.link.join(phrases) + words.end
