"""Routing decisions, with the sentence that says why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from bu_routing.models import Decision, Lead
from bu_routing.rules import sentences
from bu_routing.rules.routing import Outcome
from bu_routing.service.rule_sets import book_of
from hub.group import service as group
from hub.kernel.conditions.registry import Language
from hub.kernel.scoped import every_bu_unsafe
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
    found = session.scalar(every_bu_unsafe(select(Decision)).where(Decision.id == decision_id))
    if found is None:
        raise DecisionNotFound(f"no decision {decision_id}")
    bu = None if found.bu_id is None else group.bu_by_id(session, found.bu_id)
    name = None if bu is None else bu.name
    sentence = {lang: _sentence(session, found, name, lang) for lang in _LANGUAGES}
    return Explained(found, None if bu is None else bu.slug, sentence)


def is_decision(session: Session, id_: UUID) -> bool:
    """Tell whether this is the id of a decision: for the group's own people only."""
    return session.scalar(every_bu_unsafe(select(Decision.id)).where(Decision.id == id_)) is not None


def sentences_of(session: Session, leads: Sequence[Lead], lang: Language) -> dict[UUID, str]:
    """Return why each lead went to its BU, in `lang`, by lead id; a few statements however many leads."""
    if lang == "zh" or not leads:
        return {lead.id: lead.why for lead in leads}
    wanted = [lead.decision_id for lead in leads]
    # Whoever holds the leads may know their decisions, which carry the same `bu_id`.
    query = every_bu_unsafe(select(Decision.id, Decision.rule_set_version, Decision.chosen))
    rows = session.execute(query.where(Decision.id.in_(wanted)))
    made = {id_: (version, chosen) for id_, version, chosen in rows}
    books = {version: book_of(session, version) for version in {version for version, _ in made.values()}}
    names = {bu.id: bu.name for bu in group.bus(session)}
    found = {}
    for lead in leads:
        version, chosen = made[lead.decision_id]
        book = books[version]
        rule = None if book is None else book.rule(chosen)
        found[lead.id] = sentences.why(rule, names[lead.bu_id], PERSON, lang)
    return found


def _sentence(session: Session, found: Decision, bu: str | None, lang: Language) -> str:
    book = book_of(session, found.rule_set_version)
    rule = None if book is None else book.rule(found.chosen)
    outcomes = [Outcome(**outcome) for outcome in found.outcomes]
    return sentences.why(rule, bu, PERSON, lang) + sentences.misses(outcomes, found.chosen, lang)
