"""Find anything by its exact name: one hit is gone to, several are listed, none says what can be searched."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from flask import redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

import bu_routing.service as routing
from hub.group import service as group
from hub.kernel.access import BU_USERS, allow, caller
from hub.kernel.db import transaction
from hub.kernel.http import not_found
from hub.pool import service as pool
from hub.web.console.page import READERS, blp, known_id, page, short, way
from hub.web.console.people import namespaces, places
from hub.web.languages import _, language

SEARCHERS = (*READERS, *BU_USERS)
LONGEST = 200


@dataclass(frozen=True, slots=True)
class Hit:
    """Hold one thing that was found: what it is, its name, and its page."""

    kind: str
    name: str
    url: str


@blp.get("/search")
@allow(*SEARCHERS)
def search() -> str | Response:
    """Go to what has exactly this id or name, as far as the caller may see it."""
    asked = request.args.get("q", "").strip()[:LONGEST]
    with transaction() as session:
        hits = list(_hits(session, asked)) if asked and asked.isprintable() else []
        if len(hits) == 1:
            return redirect(hits[0].url)
        return page(session, "search.html", asked=asked, hits=hits, in_bu=caller().bu_id is not None)


@blp.get("/decisions/<decision_id>")
@allow(*READERS)
def decision(decision_id: str) -> str:
    """Show one routing decision: how every rule answered, which was chosen, and why."""
    with transaction() as session:
        try:
            found = routing.explain(session, known_id(decision_id, "decision"))
        except routing.DecisionNotFound:
            raise not_found("decision") from None
        return page(session, "decision.html", found=found, sentence=found.sentence[language()])


def _hits(session: Session, asked: str) -> Iterator[Hit]:
    """Yield what the caller may see of what is called `asked`: scans of names come last, when no id is one."""
    if caller().role in BU_USERS:
        yield from _own_leads(session, asked)
        return
    exact = [*_by_id(session, asked), *_people(session, asked), *_accounts(session, asked)]
    yield from exact or _named(session, asked)


def _own_leads(session: Session, asked: str) -> Iterator[Hit]:
    id_, bu_id = _uuid(asked), caller().bu_id
    if id_ is None or bu_id is None:
        return
    try:
        lead = routing.get(session, id_, bu_id)
    except routing.LeadNotFound:
        return
    yield Hit(_("线索"), lead.need or short(lead.id), url_for(".lead", lead_id=lead.id))


def _by_id(session: Session, asked: str) -> Iterator[Hit]:
    id_ = _uuid(asked)
    if id_ is None:
        return
    for lead in routing.browse(session, ids=[id_], limit=1):
        person = url_for(".person", person_id=lead.person_id, _anchor=f"lead-{lead.id}")
        yield Hit(_("线索"), lead.need or short(lead.id), person)
    if routing.is_decision(session, id_):
        yield Hit(_("分配决定"), short(id_), url_for(".decision", decision_id=id_))
    if pool.conflict(session, id_) is not None:
        yield Hit(_("身份冲突"), short(id_), url_for(".conflict", conflict_id=id_))


def _people(session: Session, asked: str) -> Iterator[Hit]:
    for root in pool.find_people(session, asked, namespaces(session)):
        yield Hit(_("人"), short(root), url_for(".person", person_id=root))


def _accounts(session: Session, asked: str) -> Iterator[Hit]:
    if group.account(session, asked) is not None:
        url = way("console.touchpoint", appid=asked)
        yield from [Hit(_("触点"), places(session)[asked], url)] if url else []


def _named(session: Session, asked: str) -> Iterator[Hit]:
    for field, kind in (("last_scene", _("来源场景")), ("traits.company", _("公司"))):
        when = {"field": field, "equals": asked}
        if pool.anybody(session, field, asked):
            yield Hit(kind, asked, url_for(".people", when=json.dumps(when, ensure_ascii=False)))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
