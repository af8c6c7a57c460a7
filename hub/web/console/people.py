"""People: search, filter, and one person with the why of everything."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

import bu_routing.service as routing
from hub.group import service as group
from hub.kernel.access import allow
from hub.kernel.conditions.registry import OPERATORS
from hub.kernel.db import transaction
from hub.kernel.http import not_found, read_place, write_cursor
from hub.pool import service as pool
from hub.pool.rules.fields import PERSON
from hub.pool.service import OPENID, UNIONID, VISITOR, Found, PersonShown
from hub.web.console import filters, views
from hub.web.console.page import READERS, blp, known_id, page, read_position
from hub.web.languages import _, language
from privacy import service as privacy
from wechat import service as wechat

PAGE = 50
_POINTS = 20
_COUNTED = 100
"""Conflicts up to which the page counts."""
_SENDS = 10
_TRAITS = ("traits.interest", "traits.company_size")


@blp.get("/people")
@allow(*READERS)
def people() -> str | Response:
    """List people, newest first; a search goes straight to the person."""
    asked = request.args.get("q", "").strip()
    chosen = filters.read(request.args.get("when", ""))
    if request.args.get("field"):
        return redirect(url_for(".people", when=filters.add(chosen, request.args)))
    before = read_place(request.args.get("cursor"))
    with transaction() as session:
        if asked and (known := pool.find_person(session, asked, namespaces(session))):
            return redirect(url_for(".person", person_id=known))
        found = Found([], None)
        if not chosen.error and not asked:
            found = pool.search_people(session, when=chosen.condition, before=before, limit=PAGE)
        return page(
            session,
            "people.html",
            asked=asked,
            views=views.read(session, "people"),
            chosen=chosen,
            fields=_fields(),
            operators=_operators(),
            people=found.rows,
            more=found.more,
            conflicts=pool.count_open_conflicts(session, most=_COUNTED),
            cursor=write_cursor([found.place]) if found.place else None,
            first=before is None,
        )


@blp.get("/people/<person_id>")
@allow(*READERS)
def person(person_id: str) -> str | Response:
    """Show one person: identities masked, first and next follow, timeline, score with its why, leads, PII state."""
    wanted = known_id(person_id, "person")
    kind = request.args.get("kind") or None
    place = read_position(request.args.get("cursor"), datetime.fromisoformat, UUID)
    with transaction() as session:
        shown = pool.show_person(session, wanted)
        if shown is None:
            raise not_found("person")
        if shown.row.id != wanted:  # merged since: the old id leads on for ever
            return redirect(url_for(".person", person_id=shown.row.id))
        acts = pool.timeline(session, shown.members, kind=kind, before=place, limit=PAGE + 1)
        last = acts[PAGE - 1] if len(acts) > PAGE else None
        return page(
            session,
            "person.html",
            shown=shown,
            kind=kind,
            acts=acts[:PAGE],
            cursor=write_cursor([last.occurred_at.isoformat(), last.id]) if last else None,
            places=places(session),
            why=pool.explain_score(session, shown.row.id, shown.members, limit=_POINTS),
            kept=privacy.kept_of(session, shown.members),
            disclosures=privacy.disclosures(session, people=shown.members, limit=_POINTS),
            reach=wechat.reach_of(session, shown.row.id),
            sends=wechat.list_sends(session, where={}, people=shown.members, before=None, limit=_SENDS),
            lang=language(),
            **_leads(session, shown),
        )


def _leads(session: Session, shown: PersonShown) -> dict[str, Any]:
    leads = routing.browse(session, people=shown.members, limit=PAGE)
    return {
        "leads": leads,
        "sentences": routing.sentences_of(session, leads, language()),
        "bus": {bu.id: bu for bu in group.bus(session)},
    }


def places(session: Session) -> dict[Any, str]:
    """Return the name of every touchpoint by its id and by its slug."""
    return {key: place.name for place in group.touchpoints(session) for key in (place.id, place.slug)}


def namespaces(session: Session) -> dict[str, list[str]]:
    """Return for each kind of identity where the group's people may have one."""
    appids = [account.appid for account in group.accounts(session)]
    return {OPENID: appids, UNIONID: sorted(group.open_platforms(session)), VISITOR: [""]}


def _fields() -> list[tuple[str, str, str]]:
    """Return (name, type, label) of what the form offers."""
    lang = language()
    named = [(field.name, field.type, PERSON.label(field.name, lang)) for field in PERSON.fields.values()]
    traits = [(name, "text", _trait(name)) for name in _TRAITS]
    return [*named, *traits, (filters.ACTIVITY, "activity", _("做过的行为"))]


def _trait(name: str) -> str:
    return {"traits.interest": _("关注方向"), "traits.company_size": _("公司规模")}[name]


def _operators() -> list[tuple[str, str, str]]:
    """Return (operator, the types that take it, label)."""
    labels = {
        "gte": _("大于等于"),
        "lte": _("小于等于"),
        "equals": _("等于"),
        "not_equals": _("不等于"),
        "in": _("属于（逗号分隔）"),
        "not_in": _("不属于（逗号分隔）"),
        "starts_with": _("开头是"),
        "contains": _("包含"),
        "gt": _("大于"),
        "lt": _("小于"),
        "exists": _("有值（是/否）"),
    }
    return [(op, " ".join(kind for kind, ops in OPERATORS.items() if op in ops), text) for op, text in labels.items()]
