"""What a human decides about two persons in conflict, and how each decision is taken back."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hub.kernel import rollups
from hub.kernel.ids import new_id
from hub.pool import service
from hub.pool.models import IdentityConflict, MergeEdge, Person
from hub.pool.service import AlreadyDecided, UnknownConflict, UnknownMerge
from tests.pool.making import A, B, act, link, model, openid, profile, record, union

WHO = new_id()


def roots(session: Session) -> int:
    return session.scalar(select(func.count(func.distinct(Person.root_id)))) or 0


def people_counted(session: Session) -> int:
    return rollups.totals(session)["people"][""]


def in_conflict(session: Session) -> UUID:
    """Make two persons who carry different UnionIDs and share one of them; return the conflict's id."""
    model(session)
    record(session, act(openid("1", A), "follow"), act(openid("2", A), "download"))
    link(session, (openid("1", A), union("x")), (openid("2", A), union("y")))
    link(session, (openid("1", A), union("y")))
    return session.scalars(select(IdentityConflict.id)).one()


def test_a_conflict_shows_what_joins_and_what_keeps_apart(session: Session) -> None:
    shown = service.conflict(session, in_conflict(session))
    assert shown is not None
    assert [side.activities for side in shown.sides] == [1, 1]
    assert [joined.other[0] for joined in shown.joined] == ["unionid"]
    assert shown.differing == (("main", ("…-x",), ("…-y",)),)
    assert [len(side.person.conflicts) for side in shown.sides] == [1, 1]


def test_a_human_merges_them_and_the_edge_says_who(session: Session) -> None:
    conflict = in_conflict(session)
    edge = session.get(MergeEdge, service.decide_same(session, conflict, WHO))
    assert edge is not None
    assert edge.evidence == {"by": "human", "conflict": str(conflict), "decided_by": str(WHO)}
    assert (roots(session), people_counted(session)) == (1, 1)
    assert profile(session, openid("2", A)).score == 30
    assert service.open_conflicts(session, before=None, limit=9) == []
    (row,) = service.decided_conflicts(session, before=None, limit=9)
    assert (row.decision, row.decided_by) == ("same", WHO)


def test_a_person_with_two_unionids_by_a_humans_word_takes_more_openids(session: Session) -> None:
    service.decide_same(session, in_conflict(session), WHO)
    record(session, act(openid("9", B), "follow"))
    assert link(session, (openid("9", B), union("y"))) == 1
    assert roots(session) == 1


def test_a_merge_by_a_human_is_undone_and_its_conflict_waits_again(session: Session) -> None:
    conflict = in_conflict(session)
    edge = service.decide_same(session, conflict, WHO)
    assert edge is not None
    service.undo_merge(session, edge, WHO)
    assert (roots(session), people_counted(session)) == (2, 2)
    assert [row.id for row in service.open_conflicts(session, before=None, limit=9)] == [conflict]
    service.decide_same(session, conflict, WHO)
    service.reopen(session, conflict, WHO)
    assert roots(session) == 2
    assert [row.id for row in service.open_conflicts(session, before=None, limit=9)] == [conflict]


def test_who_is_kept_apart_is_never_asked_about_again(session: Session) -> None:
    conflict = in_conflict(session)
    service.decide_apart(session, conflict, WHO)
    link(session, (openid("1", A), union("y")))
    record(session, act(openid("8", B), "follow"))
    link(session, (openid("8", B), union("x")))  # a third joins the first, and then is told to be the second too
    link(session, (openid("8", B), union("y")))
    assert service.open_conflicts(session, before=None, limit=9) == []
    assert roots(session) == 2
    service.reopen(session, conflict, WHO)
    assert len(service.open_conflicts(session, before=None, limit=9)) == 1


def test_what_one_decides_settles_every_conflict_between_the_two(session: Session) -> None:
    model(session)
    record(session, act(openid("1", A), "follow"), act(openid("2", A), "follow"), act(openid("3", B), "follow"))
    link(session, (openid("1", A), union("x")), (openid("2", A), union("y")), (openid("3", B), union("x")))
    link(session, (openid("1", A), union("y")), (openid("3", B), union("y")))
    first, second = service.open_conflicts(session, before=None, limit=9)
    assert set(first.people) == set(second.people)
    service.decide_apart(session, first.id, WHO)
    assert service.open_conflicts(session, before=None, limit=9) == []


def test_a_judged_person_who_reports_one_more_unionid_is_a_new_conflict(session: Session) -> None:
    service.decide_same(session, in_conflict(session), WHO)
    assert link(session, (openid("1", A), union("z"))) == 0
    assert len(service.open_conflicts(session, before=None, limit=9)) == 1


def test_a_merge_that_a_human_undid_is_not_made_again_by_the_same_evidence(session: Session) -> None:
    record(session, act(openid("1", A), "follow"), act(openid("9", B), "follow"))
    pairs = [(openid("1", A), union("x")), (openid("9", B), union("x"))]
    link(session, *pairs)
    edge = session.scalars(select(MergeEdge.id)).one()
    service.undo_merge(session, edge, WHO)
    assert link(session, *pairs) == 0
    assert roots(session) == 2
    restored = service.restore_merge(session, edge, WHO)
    assert restored is not None
    assert roots(session) == 1
    service.undo_merge(session, restored, WHO)
    assert roots(session) == 2


def test_what_is_not_there_or_decided_already_is_said(session: Session) -> None:
    conflict = in_conflict(session)
    with pytest.raises(UnknownConflict):
        service.decide_same(session, new_id(), WHO)
    with pytest.raises(AlreadyDecided):
        service.reopen(session, conflict, WHO)
    service.decide_apart(session, conflict, WHO)
    with pytest.raises(AlreadyDecided):
        service.decide_same(session, conflict, WHO)
    with pytest.raises(UnknownMerge):
        service.restore_merge(session, new_id(), WHO)
    assert service.conflict(session, new_id()) is None
