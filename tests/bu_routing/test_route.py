from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from bu_routing import jobs, service
from bu_routing.facts import LeadRejected
from bu_routing.models import Decision, Lead, LeadTransition, RuleSet, Unrouted
from hub.kernel import clock, outbox, rollups
from hub.kernel.db import transaction
from hub.kernel.ids import new_id
from hub.kernel.outbox import FactRow
from hub.pool import service as pool
from hub.pool.facts import MqlReached
from hub.pool.service import IdentityRef, Link
from tests.bu_routing.places import SECTION, make_group, make_person, states


@pytest.fixture
def bus(session: Session) -> dict[str, UUID]:
    ids = make_group(session)
    service.apply(session, SECTION)
    return ids


def decisions(session: Session) -> list[Decision]:
    return list(session.scalars(select(Decision).order_by(Decision.id)))


def reject(session: Session, lead_id: UUID, reason: str = "wrong_bu") -> None:
    """Let the BU of a queued lead claim and reject it, and let the listener hear of it."""
    lead, key = session.get_one(Lead, lead_id), new_id()
    service.claim(session, bu_id=lead.bu_id, actor_id=key, limit=100)
    service.reject(session, lead_id=lead_id, bu_id=lead.bu_id, actor_id=key, reason=reason)
    session.flush()
    row = session.scalars(select(FactRow).where(FactRow.kind == LeadRejected.kind).order_by(FactRow.id.desc())).first()
    assert row is not None
    jobs.on_lead_rejected(session, [outbox.read(LeadRejected, row)])


def test_a_batch_of_people_becomes_leads_with_their_why(session: Session, bus: dict[str, UUID]) -> None:
    clicked = make_person(session, "a", clicks=["PRICE"])
    interested = make_person(session, "b", traits={"interest": "power"})
    neither = make_person(session, "c")
    ids = service.route(session, [clicked, interested, neither])
    leads = [session.get_one(Lead, id_) for id_ in ids]
    assert [(lead.person_id, lead.bu_id) for lead in leads] == [
        (clicked, bus["automation"]),
        (interested, bus["power"]),
        (neither, bus["power"]),
    ]
    assert [lead.need for lead in leads] == ["报价", "储能", None]
    assert {lead.state for lead in leads} == {"queued"}
    assert leads[0].why.startswith("命中规则「报价」：行为「menu_click」")
    assert leads[2].why == "没有规则命中，按兜底分配给「能源」。"
    assert leads[0].sla_due_at is None
    assert leads[1].sla_due_at == leads[1].created_at + timedelta(hours=24)
    assert rollups.totals(session)["leads_routed"] == {"automation": 1, "power": 2}


def test_every_lead_has_its_decision_and_its_first_transition(session: Session, bus: dict[str, UUID]) -> None:
    (lead_id,) = service.route(session, [make_person(session, "a", clicks=["PRICE"])])
    (decision,) = decisions(session)
    lead = session.get_one(Lead, lead_id)
    assert (lead.decision_id, decision.lead_id, decision.bu_id) == (decision.id, lead_id, bus["automation"])
    assert (decision.rule_set_version, decision.chosen) == (1, "报价")
    assert decision.outcomes == [
        {"rule": "报价", "matched": True, "failing": None},
        {"rule": "能源兴趣", "matched": False, "failing": 'traits.interest equals "power"'},
    ]
    (move,) = session.scalars(select(LeadTransition))
    assert (move.from_state, move.to_state, move.actor, move.reason) == (None, "queued", "system", "rule set v1")


@pytest.mark.usefixtures("bus")
def test_routing_again_decides_again_but_keeps_the_open_lead(session: Session) -> None:
    person = make_person(session, "a")
    assert service.route(session, [person, person]) == service.route(session, [person])
    assert len(states(session)) == 1
    first, second = decisions(session)
    assert first.lead_id == second.lead_id
    assert first.inputs_hash == second.inputs_hash


@pytest.mark.usefixtures("bus")
def test_the_open_lead_of_a_merged_person_counts(session: Session) -> None:
    older, newer = make_person(session, "a"), make_person(session, "b")
    (lead_id,) = service.route(session, [newer])
    union = IdentityRef(pool.UNIONID, "main", "union-1")
    pool.link_identities(
        session, [Link(IdentityRef(pool.VISITOR, "", f"visitor-{name}"), union, "test") for name in ("a", "b")]
    )
    assert service.route(session, [older]) == [lead_id]
    assert service.route(session, [older, newer]) == [lead_id]


@pytest.mark.usefixtures("bus")
def test_a_closed_lead_does_not_stop_a_new_one(session: Session) -> None:
    person = make_person(session, "a")
    (lead_id,) = service.route(session, [person])
    session.get_one(Lead, lead_id).state = "won"
    session.flush()
    assert service.route(session, [person]) != [lead_id]


def test_a_rejected_person_goes_to_another_bu(session: Session, bus: dict[str, UUID]) -> None:
    person = make_person(session, "a", clicks=["PRICE"])
    (lead_id,) = service.route(session, [person])
    reject(session, lead_id)
    assert sorted(states(session).values()) == ["queued", "rejected"]
    second = session.scalars(select(Lead).where(Lead.state == "queued")).one()
    assert (second.person_id, second.bu_id) == (person, bus["power"])
    assert decisions(session)[1].outcomes[0] == {"rule": "报价", "matched": False, "failing": "excluded"}


@pytest.mark.usefixtures("bus")
def test_nobody_gets_a_person_whom_every_bu_rejected(session: Session) -> None:
    person = make_person(session, "a", clicks=["PRICE"])
    (lead_id,) = service.route(session, [person])
    reject(session, lead_id)
    reject(session, next(id_ for id_, state in states(session).items() if state == "queued"))
    assert set(states(session).values()) == {"rejected"}
    last = decisions(session)[-1]
    assert (last.bu_id, last.lead_id, last.chosen) == (None, None, None)
    assert service.explain(session, last.id).sentence["zh"].startswith("没有规则命中，且没有可分配的事业部")
    assert service.route(session, [person]) == []


@pytest.mark.usefixtures("bus")
def test_a_recycled_person_comes_back_only_after_the_days_of_the_reason(session: Session) -> None:
    person = make_person(session, "a", clicks=["PRICE"])
    (lead_id,) = service.route(session, [person])
    reject(session, lead_id, "no_contact")
    assert states(session) == {lead_id: "recycled"}
    clock.set_offset(timedelta(days=13))
    service.route(session, [person])
    assert decisions(session)[-1].outcomes[0]["failing"] == "excluded"
    clock.set_offset(timedelta(days=15))
    service.route(session, [person])
    assert decisions(session)[-1].chosen == "报价"


def test_without_rules_people_wait_until_there_are_some(session: Session) -> None:
    make_group(session)
    people = [make_person(session, name) for name in "abc"]
    jobs.on_mql_reached(session, [MqlReached(person_id=p, model_version=1, score=60) for p in people + people[:1]])
    assert service.route(session, people) == []
    assert states(session) == {}
    assert rollups.totals(session)["mqls_without_rules"] == {"": 3}
    assert service.route_unrouted(session, 2) == 0
    service.apply(session, SECTION)
    assert [service.route_unrouted(session, 2) for _ in range(3)] == [2, 1, 0]
    assert len(states(session)) == 3
    assert list(session.scalars(select(Unrouted))) == []


def test_nobody_to_route_is_no_work(session: Session) -> None:
    assert service.route(session, []) == []


def test_applying_rules_makes_versions_and_leaves_equal_ones(session: Session) -> None:
    make_group(session)
    changed = {**SECTION, "fallback": "automation"}
    done: list[tuple[str, str]] = []
    for section in (SECTION, SECTION, changed):
        done += [(change.slug, change.action) for change in service.apply(session, section)]
    assert done == [("v1", "created"), ("v1", "left"), ("v2", "changed")]
    assert service.section(session) == changed
    assert dict(session.execute(select(RuleSet.version, RuleSet.status)).all()) == {1: "retired", 2: "published"}


def test_rules_to_unknown_bus_are_refused(session: Session) -> None:
    make_group(session)
    with pytest.raises(service.UnknownTarget, match="slug water"):
        service.apply(session, {"rules": [], "fallback": "water"})
    assert service.section(session) is None


@pytest.mark.usefixtures("bus")
def test_a_decision_explains_itself_by_the_rules_of_its_own_version(session: Session) -> None:
    service.route(session, [make_person(session, "a", traits={"interest": "power"})])
    service.apply(session, {"rules": [], "fallback": "power"})
    (decision,) = decisions(session)
    explained = service.explain(session, decision.id)
    assert explained.bu == "power"
    assert explained.sentence["zh"].startswith(
        "命中规则「能源兴趣」：属性 interest等于「power」。分配给「能源」。未命中"
    )
    assert 'Rules that did not match: "报价" fails on' in explained.sentence["en"]
    with pytest.raises(service.DecisionNotFound):
        service.explain(session, new_id())


def test_two_batches_at_once_make_one_lead_for_a_person(clean: Engine) -> None:
    with transaction() as session:
        make_group(session)
        service.apply(session, SECTION)
        people = [make_person(session, str(n)) for n in range(10)]
    found: list[Any] = []
    start = threading.Barrier(4)

    def work(order: int) -> None:
        start.wait()
        with transaction() as session:
            found.append(sorted(service.route(session, people[::order])))

    threads = [threading.Thread(target=work, args=(order,)) for order in (1, -1, 1, -1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with transaction() as session:
        assert len(states(session)) == 10
        assert len(decisions(session)) == 40
        assert {d.lead_id for d in decisions(session)} == set(states(session))
    assert len(found) == 4
    assert all(leads == found[0] for leads in found)
