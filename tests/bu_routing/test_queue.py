from __future__ import annotations

import threading
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from bu_routing import jobs, service
from bu_routing.models import Lead, LeadTransition
from hub.kernel import clock, rollups
from hub.kernel.db import transaction
from hub.kernel.ids import new_id
from tests.bu_routing.places import make_group, make_leads, states


def test_a_claim_takes_the_best_leads_first_then_the_oldest(session: Session) -> None:
    bus = make_group(session)
    low, best, tied = make_leads(session, "power", [10, 90, 10])
    key = new_id()
    claimed = service.claim(session, bu_id=bus["power"], actor_id=key, limit=2, lease_minutes=5, assignee="甲")
    assert [lead.id for lead in claimed] == [best, low]
    assert {(lead.claimed_by, lead.assignee, lead.claim_token) for lead in claimed} == {(key, "甲", 1)}
    assert all(lead.lease_until == lead.updated_at + timedelta(minutes=5) for lead in claimed)
    assert states(session) == {low: "claimed", best: "claimed", tied: "queued"}


def test_a_bu_claims_only_its_own(session: Session) -> None:
    bus = make_group(session)
    make_leads(session, "power", [10])
    assert service.claim(session, bu_id=bus["automation"], actor_id=new_id(), limit=10) == []


def test_every_claim_is_recorded_and_counted(session: Session) -> None:
    bus = make_group(session)
    (lead_id,) = make_leads(session, "power", [10])
    key = new_id()
    service.claim(session, bu_id=bus["power"], actor_id=key, limit=10)
    moves = select(LeadTransition).where(LeadTransition.lead_id == lead_id).order_by(LeadTransition.id)
    assert [(m.from_state, m.to_state, m.actor) for m in session.scalars(moves)] == [
        (None, "queued", "system"),
        ("queued", "claimed", str(key)),
    ]
    assert rollups.totals(session)["leads_claimed"] == {"power": 1}


def test_a_lease_that_is_over_returns_to_the_queue(session: Session) -> None:
    bus = make_group(session)
    soon, later = make_leads(session, "power", [20, 10])
    service.claim(session, bu_id=bus["power"], actor_id=new_id(), limit=1, lease_minutes=5)
    service.claim(session, bu_id=bus["power"], actor_id=new_id(), limit=1, lease_minutes=60)
    assert service.expire_leases(session, 10) == 0
    clock.set_offset(timedelta(minutes=6))
    assert service.expire_leases(session, 10) == 1
    assert states(session) == {soon: "queued", later: "claimed"}
    lead = session.get_one(Lead, soon)
    assert (lead.claimed_by, lead.assignee, lead.lease_until) == (None, None, None)
    last = session.scalars(select(LeadTransition).order_by(LeadTransition.id.desc())).first()
    assert last is not None
    assert (last.lead_id, last.actor, last.reason) == (soon, "system", "lease over")


def test_an_overdue_lead_can_be_claimed_before_anybody_swept(session: Session) -> None:
    bus = make_group(session)
    (lead_id,) = make_leads(session, "power", [20])
    service.claim(session, bu_id=bus["power"], actor_id=new_id(), limit=1, lease_minutes=5)
    assert service.claim(session, bu_id=bus["power"], actor_id=new_id(), limit=1) == []
    clock.set_offset(timedelta(minutes=6))
    (lead,) = service.claim(session, bu_id=bus["power"], actor_id=new_id(), limit=1)
    assert (lead.id, lead.claim_token) == (lead_id, 2)


def test_the_queue_pages_in_the_order_in_which_it_is_claimed(session: Session) -> None:
    bus = make_group(session)
    make_leads(session, "power", [5, 9, 5, 7, 9, 1])
    seen: list[UUID] = []
    after = None
    while page := service.waiting(session, bus["power"], after=after, limit=2):
        seen += [lead.id for lead in page]
        after = service.Place(page[-1].score, page[-1].created_at, page[-1].id)
    claimed = service.claim(session, bu_id=bus["power"], actor_id=new_id(), limit=10)
    assert seen == [lead.id for lead in claimed]
    assert len(seen) == 6


def test_twenty_pullers_never_get_the_same_lead(clean: Engine) -> None:
    with transaction() as session:
        bus = make_group(session)
        make_leads(session, "power", [n % 7 for n in range(100)])
    taken: list[UUID] = []
    start = threading.Barrier(20)

    def pull() -> None:
        key = new_id()
        start.wait()
        while True:
            with transaction() as session:
                ids = [lead.id for lead in service.claim(session, bu_id=bus["power"], actor_id=key, limit=3)]
                assert len(ids) <= 3
            if not ids:
                return
            taken.extend(ids)

    threads = [threading.Thread(target=pull) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(set(taken)) == 100
    with transaction() as session:
        assert set(states(session).values()) == {"claimed"}
        claims = select(func.count()).select_from(LeadTransition).where(LeadTransition.to_state == "claimed")
        assert session.scalar(claims) == 100


def test_the_job_expires_every_lease_that_is_over(clean: Engine) -> None:
    with transaction() as session:
        bus = make_group(session)
        make_leads(session, "power", [1, 2, 3])
        service.claim(session, bu_id=bus["power"], actor_id=new_id(), limit=3, lease_minutes=1)
    clock.set_offset(timedelta(minutes=2))
    assert jobs.expire_leases() == 3
    assert jobs.expire_leases() == 0
    assert jobs.route_unrouted() == 0
