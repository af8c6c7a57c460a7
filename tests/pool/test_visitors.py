"""A visitor who logs in becomes the person who did, once, and a shared browser makes nobody one with another."""

from __future__ import annotations

from sqlalchemy.orm import Session

from hub.kernel import clock
from hub.pool import service as pool
from hub.pool.service import OPENID, UNIONID, VISITOR, IdentityRef, Link, NewActivity

VISIT, FIRST, SECOND = (
    IdentityRef(VISITOR, "", "visitor-1"),
    IdentityRef(OPENID, "wx1", "oA"),
    IdentityRef(OPENID, "wx1", "oB"),
)
ELSEWHERE = IdentityRef(OPENID, "wx2", "oC")


def act(session: Session, *who: IdentityRef) -> None:
    pool.record_activities(session, [NewActivity(ref, "download", clock.now()) for ref in who])


def one(session: Session, *refs: IdentityRef) -> bool:
    people = pool.people_of(session, refs)
    return len(set(pool.roots_of(session, people.values()).values())) == 1


def test_what_a_visitor_did_is_the_persons(session: Session) -> None:
    act(session, VISIT, FIRST)
    assert not one(session, VISIT, FIRST)
    assert pool.link_visitor(session, VISIT, FIRST)
    assert one(session, VISIT, FIRST)
    assert pool.link_visitor(session, VISIT, FIRST)  # again: nothing changes


def test_a_visitor_nobody_knows_yet_may_log_in_too(session: Session) -> None:
    assert pool.link_visitor(session, VISIT, FIRST)
    assert one(session, VISIT, FIRST)


def test_a_shared_browser_stays_the_first_persons(session: Session) -> None:
    act(session, VISIT, FIRST, SECOND)
    assert pool.link_visitor(session, VISIT, FIRST)
    assert not pool.link_visitor(session, VISIT, SECOND)
    assert not pool.link_visitor(session, VISIT, ELSEWHERE)
    assert not one(session, FIRST, SECOND)
    assert not one(session, FIRST, ELSEWHERE)
    assert pool.open_conflicts(session, before=None, limit=10) == []


def test_a_person_may_have_many_browsers(session: Session) -> None:
    other = IdentityRef(VISITOR, "", "visitor-2")
    act(session, VISIT, other)
    assert pool.link_visitor(session, VISIT, FIRST)
    assert pool.link_visitor(session, other, FIRST)
    assert one(session, VISIT, other, FIRST)


def test_a_unionid_learnt_later_finds_the_same_person(session: Session) -> None:
    act(session, VISIT, FIRST, ELSEWHERE)
    assert pool.link_visitor(session, VISIT, FIRST)
    union = IdentityRef(UNIONID, "main", "uA")
    pool.link_identities(session, [Link(ELSEWHERE, union, "batchget"), Link(FIRST, union, "batchget")])
    assert one(session, VISIT, FIRST, ELSEWHERE)
    assert pool.link_visitor(session, VISIT, ELSEWHERE)
