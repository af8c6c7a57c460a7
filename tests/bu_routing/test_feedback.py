from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bu_routing import service
from bu_routing.facts import LeadRejected
from bu_routing.models import Lead, LeadTransition
from bu_routing.service import HeldByAnother, LeadNotFound, LeaseOver, Progress, WrongState
from hub.kernel import clock, outbox
from hub.kernel.ids import new_id
from hub.kernel.outbox import FactRow
from privacy import service as privacy
from tests.bu_routing.places import make_group, make_leads

KEY, OTHER = new_id(), new_id()


@pytest.fixture
def bus(session: Session) -> dict[str, UUID]:
    return make_group(session)


@pytest.fixture
def claimed(session: Session, bus: dict[str, UUID]) -> UUID:
    make_leads(session, "power", [10])
    return service.claim(session, bu_id=bus["power"], actor_id=KEY, limit=1, lease_minutes=30)[0].id


@pytest.fixture
def accepted(session: Session, bus: dict[str, UUID], claimed: UUID) -> UUID:
    return service.accept(session, lead_id=claimed, bu_id=bus["power"], actor_id=KEY).id


def report(
    session: Session, bus: dict[str, UUID], lead: UUID, state: str, at: datetime | None = None, key: UUID = OTHER
) -> Lead:
    done = Progress(state, occurred_at=at)
    return service.progress(session, lead_id=lead, bu_id=bus["power"], actor_id=key, report=done)


def moves(session: Session, lead: UUID) -> list[tuple[str | None, str, list[str]]]:
    query = select(LeadTransition).where(LeadTransition.lead_id == lead).order_by(LeadTransition.id)
    return [(move.from_state, move.to_state, move.skipped) for move in session.scalars(query)]


def test_accepting_ends_the_lease(session: Session, bus: dict[str, UUID], claimed: UUID) -> None:
    lead = service.accept(session, lead_id=claimed, bu_id=bus["power"], actor_id=KEY)
    assert (lead.state, lead.lease_until, lead.claimed_by) == ("accepted", None, KEY)
    clock.set_offset(timedelta(days=1))
    assert service.expire_leases(session, 10) == 0


def test_accepting_twice_is_one_acceptance(session: Session, bus: dict[str, UUID], accepted: UUID) -> None:
    service.accept(session, lead_id=accepted, bu_id=bus["power"], actor_id=KEY)
    assert [to for _, to, _ in moves(session, accepted)] == ["queued", "claimed", "accepted"]


def test_a_stale_holder_cannot_accept(session: Session, bus: dict[str, UUID], claimed: UUID) -> None:
    clock.set_offset(timedelta(minutes=31))
    with pytest.raises(LeaseOver, match="claim the lead again"):
        service.accept(session, lead_id=claimed, bu_id=bus["power"], actor_id=KEY)
    with pytest.raises(LeaseOver):
        service.reject(session, lead_id=claimed, bu_id=bus["power"], actor_id=KEY, reason="no_need")
    service.claim(session, bu_id=bus["power"], actor_id=OTHER, limit=1)
    with pytest.raises(HeldByAnother):
        service.accept(session, lead_id=claimed, bu_id=bus["power"], actor_id=KEY)


def test_nobody_answers_for_another_holder(session: Session, bus: dict[str, UUID], claimed: UUID) -> None:
    for verb in (service.accept, service.release):
        with pytest.raises(HeldByAnother):
            verb(session, lead_id=claimed, bu_id=bus["power"], actor_id=OTHER)
    with pytest.raises(HeldByAnother):
        service.reject(session, lead_id=claimed, bu_id=bus["power"], actor_id=OTHER, reason="no_need")
    with pytest.raises(HeldByAnother):
        service.contact(session, lead_id=claimed, bu_id=bus["power"], actor_id=OTHER, purpose="first call")


def test_a_lead_of_another_bu_is_not_there(session: Session, bus: dict[str, UUID], claimed: UUID) -> None:
    for lead, bu in ((claimed, "automation"), (new_id(), "power")):
        with pytest.raises(LeadNotFound):
            service.get(session, lead, bus[bu])
        with pytest.raises(LeadNotFound):
            service.accept(session, lead_id=lead, bu_id=bus[bu], actor_id=KEY)


def test_a_released_lead_is_anybodys_again(session: Session, bus: dict[str, UUID], claimed: UUID) -> None:
    lead = service.release(session, lead_id=claimed, bu_id=bus["power"], actor_id=KEY)
    assert (lead.state, lead.claimed_by, lead.lease_until) == ("queued", None, None)
    assert [found.id for found in service.claim(session, bu_id=bus["power"], actor_id=OTHER, limit=1)] == [claimed]
    with pytest.raises(HeldByAnother):
        service.release(session, lead_id=claimed, bu_id=bus["power"], actor_id=KEY)


@pytest.mark.parametrize(
    ("reason", "state", "days"),
    [
        ("wrong_bu", "rejected", None),
        ("no_contact", "recycled", 14),
        ("competitor", "disqualified", None),
        ("no_consent", "held", None),
    ],
)
def test_a_reason_takes_its_effect(
    session: Session, bus: dict[str, UUID], claimed: UUID, reason: str, state: str, days: int | None
) -> None:
    lead = service.reject(session, lead_id=claimed, bu_id=bus["power"], actor_id=KEY, reason=reason)
    assert (lead.state, lead.reason, lead.claimed_by) == (state, reason, None)
    assert (lead.recycle_at is None) == (days is None)
    if lead.recycle_at is not None and days is not None:
        assert abs(lead.recycle_at - clock.now() - timedelta(days=days)) < timedelta(minutes=1)
    session.flush()
    row = session.scalars(select(FactRow).where(FactRow.kind == LeadRejected.kind)).one()
    fact = outbox.read(LeadRejected, row)
    assert (fact.lead_id, fact.bu, fact.reason) == (claimed, "power", reason)
    assert [to for _, to, _ in moves(session, claimed)][2:] == ["rejected", state][: 1 if state == "rejected" else 2]


def test_a_rejection_note_is_sealed(session: Session, bus: dict[str, UUID], claimed: UUID) -> None:
    note = "请改日再联系"
    lead = service.reject(session, lead_id=claimed, bu_id=bus["power"], actor_id=KEY, reason="other", note=note)
    assert lead.note is not None
    assert lead.note_epoch is not None
    assert note.encode() not in lead.note
    assert privacy.open_sealed(lead.note_epoch, lead.note, f"lead:{claimed}").decode() == note


def test_a_lead_may_be_rejected_after_acceptance_by_any_key(
    session: Session, bus: dict[str, UUID], accepted: UUID
) -> None:
    lead = service.reject(session, lead_id=accepted, bu_id=bus["power"], actor_id=OTHER, reason="bad_number")
    assert lead.state == "recycled"


def test_what_was_skipped_is_recorded(session: Session, bus: dict[str, UUID], accepted: UUID) -> None:
    report(session, bus, accepted, "qualified")
    assert report(session, bus, accepted, "won").state == "won"
    assert moves(session, accepted)[-1] == ("qualified", "won", ["opportunity"])


def test_feedback_that_comes_twice_or_late_changes_nothing(
    session: Session, bus: dict[str, UUID], accepted: UUID
) -> None:
    for state in ("opportunity", "opportunity", "qualified"):
        assert report(session, bus, accepted, state).state == "opportunity"
    assert len(moves(session, accepted)) == 4


def test_a_lost_lead_may_be_won_after_all(session: Session, bus: dict[str, UUID], accepted: UUID) -> None:
    report(session, bus, accepted, "lost")
    assert report(session, bus, accepted, "won").state == "won"


def test_an_older_end_does_not_overturn_a_newer_one(session: Session, bus: dict[str, UUID], accepted: UUID) -> None:
    now = clock.now()
    report(session, bus, accepted, "won", now)
    assert report(session, bus, accepted, "lost", now - timedelta(days=1)).state == "won"
    assert report(session, bus, accepted, "lost", now + timedelta(seconds=1)).state == "lost"


def test_progress_keeps_money_and_the_bus_reference(session: Session, bus: dict[str, UUID], accepted: UUID) -> None:
    won = Progress("won", amount=Decimal("1200.50"), currency="CNY", external_id="crm-1")
    service.progress(session, lead_id=accepted, bu_id=bus["power"], actor_id=KEY, report=won)
    report(session, bus, accepted, "won")
    session.flush()
    session.expire_all()
    lead = session.get_one(Lead, accepted)
    assert (lead.amount, lead.currency, lead.external_id) == (Decimal("1200.50"), "CNY", "crm-1")


def test_a_state_that_does_not_allow_it_says_what_it_allows(
    session: Session, bus: dict[str, UUID], claimed: UUID
) -> None:
    with pytest.raises(WrongState, match="A lead that is claimed cannot win: from here it can accept, release"):
        report(session, bus, claimed, "won")


def test_contact_data_is_for_claimed_leads_only(session: Session, bus: dict[str, UUID]) -> None:
    (lead,) = make_leads(session, "power", [10])
    with pytest.raises(WrongState, match="claim it first"):
        service.contact(session, lead_id=lead, bu_id=bus["power"], actor_id=KEY, purpose="first call")


def test_contact_data_is_not_for_a_lease_that_is_over(session: Session, bus: dict[str, UUID], claimed: UUID) -> None:
    clock.set_offset(timedelta(minutes=31))
    with pytest.raises(LeaseOver):
        service.contact(session, lead_id=claimed, bu_id=bus["power"], actor_id=KEY, purpose="first call")
