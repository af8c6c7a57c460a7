"""Routing decisions, with the sentence that says why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from bu_routing.models import Decision
from bu_routing.rules import sentences
from bu_routing.rules.routing import Outcome
from bu_routing.service.rule_sets import book_of
from hub.group import service as group
from hub.kernel.conditions.registry import Language
from hub.pool.rules.fields import PERSON

_LANGUAGES: tuple[Language, Language] = ("zh", "en")


class DecisionNotFound(Exception):
    """There is no such decision."""


@dataclass(frozen=True, slots=True)
class Explained:
    """Hold a decision with the slug of its BU and its sentence in both languages."""

    decision: Decision
    bu: str | None
    sentence: Mapping[Language, str]


def explain(session: Session, decision_id: UUID) -> Explained:
    """Return the decision and why it fell as it did; raise DecisionNotFound."""
    found = session.get(Decision, decision_id)
    if found is None:
        raise DecisionNotFound(f"no decision {decision_id}")
    bu = None if found.bu_id is None else group.bu_by_id(session, found.bu_id)
    name = None if bu is None else bu.name
    sentence = {lang: _sentence(session, found, name, lang) for lang in _LANGUAGES}
    return Explained(found, None if bu is None else bu.slug, sentence)


def _sentence(session: Session, found: Decision, bu: str | None, lang: Language) -> str:
    book = book_of(session, found.rule_set_version)
    rule = None if book is None else book.rule(found.chosen)
    outcomes = [Outcome(**outcome) for outcome in found.outcomes]
    return sentences.why(rule, bu, PERSON, lang) + sentences.misses(outcomes, found.chosen, lang)
