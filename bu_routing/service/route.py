"""Route people to business units, in batches: one look at the people, one rule book, a handful of statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from bu_routing.models import Decision, Lead, Unrouted
from bu_routing.rules import routing, sentences
from bu_routing.rules.states import OPEN, QUEUED, RECYCLED, REFUSED
from bu_routing.service.rule_sets import current_book
from bu_routing.service.transitions import SYSTEM, Move, record
from hub.group import service as group
from hub.group.service import Bu
from hub.kernel import bulk, clock, rollups
from hub.kernel.ids import new_id
from hub.kernel.logs import log
from hub.kernel.scoped import every_bu_unsafe, scoped
from hub.pool import service as pool
from hub.pool.rules.fields import PERSON
from hub.pool.service import Snapshot

_BECAME_OPEN = f"(person_id, bu_id) WHERE state IN ({', '.join(repr(state) for state in OPEN)}) DO NOTHING"


@dataclass(frozen=True, slots=True)
class _Past:
    """Hold what leads a person has: the open one by BU, and the BUs that do not want the person now."""

    open: Mapping[UUID, UUID]
    refused: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class _Plan:
    """Hold one person's decision, the BU it names, and the lead: an open one that is there already, or a new one."""

    decision_id: UUID
    snapshot: Snapshot
    decision: routing.Decision
    bu: Bu | None
    lead_id: UUID | None
    fresh: bool


def route(session: Session, person_ids: Iterable[UUID]) -> list[UUID]:
    """Decide for each person and make a lead, unless the person has an open one in that BU; return the leads' ids.

    Any id a person ever had is understood. A BU that rejected the person is passed over. Without a published rule set
    the people are remembered until there is one, and nothing else happens.
    """
    people = sorted(set(person_ids))
    if not people:
        return []
    book = current_book(session)
    if book is None:
        _remember(session, people)
        return []
    plans = _plan(session, book, pool.snapshot(session, people))
    settled = _insert_leads(session, book, plans)
    _insert_decisions(session, book, settled)
    return [plan.lead_id for plan in settled if plan.lead_id is not None]


def route_unrouted(session: Session, limit: int) -> int:
    """Route up to `limit` people who wait for a first rule set, oldest first; return how many no longer wait."""
    if current_book(session) is None:
        return 0
    waiting = select(Unrouted.person_id).order_by(Unrouted.since, Unrouted.person_id).limit(limit)
    people = list(session.scalars(waiting.with_for_update(skip_locked=True)))
    session.execute(delete(Unrouted).where(Unrouted.person_id.in_(people)))
    route(session, people)
    return len(people)


def _remember(session: Session, people: Sequence[UUID]) -> None:
    now = clock.now()
    rows = [{"person_id": person, "since": now} for person in people]
    made = bulk.insert_rows(session, Unrouted, rows, conflict="DO NOTHING", returning="person_id")
    rollups.add(session, {("mqls_without_rules", ""): len(made)})
    log.warning("no_rule_set", count=len(people))


def _plan(session: Session, book: routing.RuleBook, snapshots: Mapping[UUID, Snapshot]) -> list[_Plan]:
    units = {bu.slug: bu for bu in group.bus(session)}
    slugs = {bu.id: bu.slug for bu in units.values()}
    gone = book.targets - units.keys()
    pasts = _pasts(session, snapshots.values())
    plans = []
    for root, snapshot in snapshots.items():
        past = pasts[root]
        decision = routing.decide(book, snapshot, gone | {slugs[bu_id] for bu_id in past.refused})
        bu = None if decision.bu is None else units[decision.bu]
        existing = None if bu is None else past.open.get(bu.id)
        lead_id = existing or (None if bu is None else new_id())
        plans.append(_Plan(new_id(), snapshot, decision, bu, lead_id, fresh=bu is not None and existing is None))
    return plans


def _pasts(session: Session, snapshots: Iterable[Snapshot]) -> dict[UUID, _Past]:
    root_of = {member: snapshot.person_id for snapshot in snapshots for member in snapshot.members}
    live: dict[UUID, dict[UUID, UUID]] = defaultdict(dict)
    refused: dict[UUID, set[UUID]] = defaultdict(set)
    now = clock.now()
    query = every_bu_unsafe(select(Lead.id, Lead.person_id, Lead.bu_id, Lead.state, Lead.recycle_at))
    for lead in session.execute(query.where(Lead.person_id == func.any(list(root_of))).order_by(Lead.id)):
        root = root_of[lead.person_id]
        if lead.state in OPEN:
            live[root].setdefault(lead.bu_id, lead.id)
        elif lead.state in REFUSED or (lead.state == RECYCLED and lead.recycle_at > now):
            refused[root].add(lead.bu_id)
    return {root: _Past(live[root], frozenset(refused[root])) for root in root_of.values()}


def _insert_leads(session: Session, book: routing.RuleBook, plans: Sequence[_Plan]) -> list[_Plan]:
    """Insert the new leads; a plan that lost a race points to the lead that won it."""
    now = clock.now()
    # One order everywhere, so that two batches never wait for one another in a circle.
    fresh = sorted((p for p in plans if p.fresh), key=lambda p: p.snapshot.person_id)
    rows = [_lead_row(book, plan, plan.bu, now) for plan in fresh if plan.bu is not None]
    made = {row.id for row in bulk.insert_rows(session, Lead, rows, conflict=_BECAME_OPEN, returning="id")}
    moves = [Move(r["id"], r["bu_id"], None, QUEUED, SYSTEM, now, _cause(book)) for r in rows if r["id"] in made]
    record(session, moves)
    return [
        _with_winner(session, plan, plan.bu) if plan.fresh and plan.bu and plan.lead_id not in made else plan
        for plan in plans
    ]


def _cause(book: routing.RuleBook) -> str:
    return f"rule set v{book.version}"


def _with_winner(session: Session, plan: _Plan, bu: Bu) -> _Plan:
    open_one = (Lead.person_id == plan.snapshot.person_id, Lead.state.in_(OPEN))
    winner = scoped(select(Lead.id), bu.id).where(*open_one)
    return replace(plan, lead_id=session.scalar(winner), fresh=False)


def _lead_row(book: routing.RuleBook, plan: _Plan, bu: Bu, now: datetime) -> dict[str, Any]:
    snapshot, hours = plan.snapshot, bu.accept_within_hours
    return {
        "id": plan.lead_id,
        "person_id": snapshot.person_id,
        "bu_id": bu.id,
        "decision_id": plan.decision_id,
        "need": plan.decision.need,
        "state": QUEUED,
        "score": snapshot.value("score"),
        "stage": snapshot.value("lifecycle"),
        "why": sentences.why(book.rule(plan.decision.rule), bu.name, PERSON, "zh"),
        "claim_token": 0,
        "sla_due_at": None if hours is None else now + timedelta(hours=hours),
        "created_at": now,
        "updated_at": now,
    }


def _insert_decisions(session: Session, book: routing.RuleBook, plans: Iterable[_Plan]) -> None:
    now = clock.now()
    rows = [
        {
            "id": plan.decision_id,
            "person_id": plan.snapshot.person_id,
            "rule_set_version": book.version,
            "inputs_hash": plan.decision.inputs_hash,
            "outcomes": [outcome.to_json() for outcome in plan.decision.outcomes],
            "chosen": plan.decision.rule,
            "bu_id": None if plan.bu is None else plan.bu.id,
            "lead_id": plan.lead_id,
            "created_at": now,
        }
        for plan in plans
    ]
    bulk.insert_rows(session, Decision, rows)
