"""Stitching OpenIDs to people by UnionID."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hub.kernel.ids import new_id
from hub.pool import service
from hub.pool.models import Activity, Identity, IdentityConflict, MergeEdge, Person, Profile
from hub.pool.service import UnknownMerge
from tests.pool.making import A, B, act, facts, link, model, openid, profile, record, union


def roots(session: Session) -> int:
    return session.scalar(select(func.count(func.distinct(Person.root_id)))) or 0


def test_a_late_unionid_stitches_two_people_into_one(session: Session) -> None:
    model(session)
    record(session, act(openid("1", A), "follow"), act(openid("9", B), "menu_click", "PRICE"))
    assert roots(session) == 2
    assert link(session, (openid("1", A), union("x")), (openid("9", B), union("x"))) == 1
    assert roots(session) == 1
    joined = profile(session, openid("9", B))
    assert joined.score == 60
    assert joined.person_id == profile(session, openid("1", A)).person_id
    assert [f.body["score"] for f in facts(session, "mql_reached")] == [60]


def test_a_merge_rewrites_no_identity_and_no_activity(session: Session) -> None:
    record(session, act(openid("1", A), "follow"), act(openid("9", B), "follow"))
    before = session.execute(select(Identity.id, Identity.person_id).where(Identity.kind == "openid")).all()
    acts = session.execute(select(Activity.id, Activity.person_id)).all()
    link(session, (openid("1", A), union("x")), (openid("9", B), union("x")))
    assert set(session.execute(select(Identity.id, Identity.person_id).where(Identity.kind == "openid"))) == set(before)
    assert set(session.execute(select(Activity.id, Activity.person_id))) == set(acts)
    assert session.scalar(select(func.count()).select_from(MergeEdge)) == 1


def test_linking_twice_changes_nothing(session: Session) -> None:
    record(session, act(openid("1", A), "follow"), act(openid("9", B), "follow"))
    pairs = [(openid("1", A), union("x")), (openid("9", B), union("x"))]
    assert link(session, *pairs) == 1
    assert link(session, *pairs) == 0
    assert session.scalar(select(func.count()).select_from(MergeEdge)) == 1
    assert len(facts(session, "people_merged")) == 1


def test_once_rules_count_once_for_the_merged_person(session: Session) -> None:
    model(session)
    record(session, act(openid("1", A), "follow"), act(openid("9", B), "follow"))
    link(session, (openid("1", A), union("x")), (openid("9", B), union("x")))
    assert profile(session, openid("1", A)).score == 10
    assert session.scalar(select(func.count()).select_from(Profile)) == 1


def test_a_person_who_already_was_an_mql_is_not_told_again_after_the_merge(session: Session) -> None:
    model(session)
    for name, appid in (("1", A), ("9", B)):
        record(session, act(openid(name, appid), "follow"), act(openid(name, appid), "menu_click", "PRICE"))
    link(session, (openid("1", A), union("x")), (openid("9", B), union("x")))
    record(session, act(openid("1", A), "download"))
    assert len(facts(session, "mql_reached")) == 2


def test_different_unionids_of_one_platform_never_merge(session: Session) -> None:
    record(session, act(openid("1", A), "follow"), act(openid("2", A), "follow"))
    link(session, (openid("1", A), union("x")), (openid("2", A), union("y")))
    assert link(session, (openid("1", A), union("y"))) == 0
    assert roots(session) == 2
    assert session.scalar(select(func.count()).select_from(IdentityConflict)) == 1


def test_an_openid_that_reports_a_second_unionid_is_a_conflict_not_a_merge(session: Session) -> None:
    record(session, act(openid("1", A), "follow"))
    link(session, (openid("1", A), union("x")))
    link(session, (openid("1", A), union("z")))
    assert session.scalar(select(func.count()).select_from(IdentityConflict)) == 1
    assert roots(session) == 2


def test_unionids_of_two_platforms_live_side_by_side(session: Session) -> None:
    record(session, act(openid("1", A), "follow"))
    link(session, (openid("1", A), union("x", "main")))
    link(session, (openid("1", A), union("x", "other")))
    assert roots(session) == 1
    assert not session.scalar(select(func.count()).select_from(IdentityConflict))


def test_undoing_a_merge_gives_both_people_back_exactly(session: Session) -> None:
    model(session)
    record(session, act(openid("1", A), "follow"), act(openid("9", B), "download"))
    before = {name: profile(session, who).score for name, who in (("1", openid("1", A)), ("9", openid("9", B)))}
    link(session, (openid("1", A), union("x")), (openid("9", B), union("x")))
    edge = session.scalars(select(MergeEdge)).one()
    service.undo_merge(session, edge.id)
    assert roots(session) == 2
    assert profile(session, openid("1", A)).score == before["1"]
    assert profile(session, openid("9", B)).score == before["9"]
    with pytest.raises(UnknownMerge):
        service.undo_merge(session, edge.id)


def test_undoing_an_unknown_merge_says_so(session: Session) -> None:
    with pytest.raises(UnknownMerge):
        service.undo_merge(session, new_id())


def test_old_ids_lead_to_the_merged_person(session: Session) -> None:
    made = record(session, act(openid("1", A), "follow"), act(openid("9", B), "follow"))
    link(session, (openid("1", A), union("x")), (openid("9", B), union("x")))
    people = [known.person_id for known in made.identities.values()]
    for person in people:
        seen = service.snapshot(session, [person])
        assert len(seen) == 1
        assert set(next(iter(seen.values())).members) >= set(people)
