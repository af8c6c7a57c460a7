"""Choose the BU for a person: the first rule that matches, else the fallback, with the reason of every miss."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bu_routing.rules.seen import Seen
from hub.kernel import conditions
from hub.kernel.conditions import All, Condition, Registry, Subject, SubjectError
from hub.kernel.conditions.nodes import shorten

EXCLUDED = "excluded"
"""Stands as the failing clause of a rule whose BU does not want this person."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Say how one rule answered; `failing` is None on a match."""

    rule: str
    matched: bool
    failing: str | None

    def to_json(self) -> dict[str, Any]:
        """Return the outcome as it is stored."""
        return {"rule": self.rule, "matched": self.matched, "failing": self.failing}


@dataclass(frozen=True, slots=True)
class Rule:
    """Send whoever meets `condition` to the BU `to`.

    `clauses` are the condition's parts that must all hold, ready to ask, each with the outcome of its miss.
    """

    name: str
    to: str
    need: str
    condition: Condition
    clauses: tuple[tuple[Callable[[Subject], bool], Outcome], ...]
    hit: Outcome

    def ask(self, subject: Subject) -> Outcome:
        """Return a match, or the first clause that does not hold for `subject`.

        A value of another type than the field's holds in no clause: the person is not to wait for it to be mended.
        """
        try:
            for test, miss in self.clauses:
                if not test(subject):
                    return miss
        except SubjectError as error:
            return Outcome(self.name, False, str(error))
        return self.hit


@dataclass(frozen=True, slots=True)
class RuleBook:
    """Hold one version of the routing rules, ready to use."""

    version: int
    rules: tuple[Rule, ...]
    fallback: str

    @property
    def targets(self) -> frozenset[str]:
        """Return the slugs of every BU that the book names."""
        return frozenset({rule.to for rule in self.rules} | {self.fallback})

    def rule(self, name: str | None) -> Rule | None:
        """Return the rule called `name`, None for the fallback."""
        return next((rule for rule in self.rules if rule.name == name), None)


@dataclass(frozen=True, slots=True)
class Decision:
    """Hold what was decided: `rule` None means the fallback, `bu` None that no BU is left for this person."""

    bu: str | None
    rule: str | None
    need: str | None
    outcomes: tuple[Outcome, ...]
    inputs_hash: str


def compile_book(version: int, body: Mapping[str, Any], registry: Registry) -> RuleBook:
    """Return the rule book that `body` (the routing section of a group file) writes; raise ConditionError."""
    rules = []
    for raw in body["rules"]:
        condition = conditions.parse(raw["when"], registry)
        name = raw["name"]
        clauses = tuple(
            (conditions.compile_python(part), Outcome(name, False, shorten(part.text()))) for part in _parts(condition)
        )
        need = raw.get("need") or name
        rules.append(Rule(name, raw["to"], need, condition, clauses, Outcome(name, True, None)))
    return RuleBook(version, tuple(rules), body["fallback"])


def decide(book: RuleBook, subject: Subject, exclude: frozenset[str] = frozenset()) -> Decision:
    """Return where `subject` goes by `book`, never to a BU in `exclude`; every rule is asked and answers."""
    seen = Seen(subject)
    outcomes = tuple(
        Outcome(rule.name, False, EXCLUDED) if rule.to in exclude else rule.ask(seen) for rule in book.rules
    )
    chosen = next((rule for rule, outcome in zip(book.rules, outcomes, strict=True) if outcome.matched), None)
    inputs_hash = seen.digest(version=book.version, exclude=sorted(exclude))
    if chosen is not None:
        return Decision(chosen.to, chosen.name, chosen.need, outcomes, inputs_hash)
    fallback = None if book.fallback in exclude else book.fallback
    return Decision(fallback, None, None, outcomes, inputs_hash)


def _parts(condition: Condition) -> Iterator[Condition]:
    """Yield the parts of nested `all`s in order: asked one by one they name the first miss at no further cost."""
    if isinstance(condition, All):
        for part in condition.parts:
            yield from _parts(part)
    else:
        yield condition
