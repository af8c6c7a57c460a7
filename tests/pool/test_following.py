"""Follows in the pool: intervals, who follows now, and what an import adds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hub.kernel import clock, rollups
from hub.kernel.ids import new_id
from hub.pool import service
from hub.pool.models import Activity, FollowInterval, Identity, MergeEdge, Profile
from hub.pool.service import Follower, NewActivity
from tests.pool.making import NOON, SECTION, A, B, link, model, openid, profile, record, union


def at(minutes: float) -> datetime:
    """Return a moment, so many minutes after noon."""
    return NOON + timedelta(minutes=minutes)


def told(name: str, kind: str, minutes: float, appid: str = A) -> NewActivity:
    """Return a push of a follow or an unfollow."""
    return NewActivity(openid(name, appid), kind, at(minutes))


def intervals(session: Session, name: str, appid: str = A) -> Sequence[tuple[datetime | None, datetime | None]]:
    """Return the intervals of an OpenID."""
    query = (
        select(FollowInterval.began_at, FollowInterval.ended_at)
        .join(Identity, Identity.id == FollowInterval.identity_id)
        .where(Identity.value == f"o-{name}", Identity.namespace == appid)
        .order_by(FollowInterval.at)
    )
    return [tuple(row) for row in session.execute(query)]


def following(session: Session, name: str) -> tuple[bool | None, datetime | None]:
    """Return what the identity says."""
    row = session.execute(
        select(Identity.following, Identity.follow_changed_at).where(Identity.value == f"o-{name}")
    ).one()
    return row.following, row.follow_changed_at


def followers(session: Session, appid: str = A) -> int:
    """Return the account's followers as counted."""
    return rollups.totals(session).get("followers", {}).get(appid, 0)


def imported(session: Session, *names: str, minutes: float = 0) -> int:
    """Import followers as a full sync does; return how many follows were news."""
    found = [Follower(openid(name), at(minutes), "auto.x", "ADD_SCENE_QR_CODE") for name in names]
    return service.import_followers(session, found, source="sync").new


PUSHES = st.permutations([("follow", 1), ("unfollow", 2), ("follow", 5), ("unfollow", 8), ("follow", 9)])


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pushes=PUSHES, split=st.integers(0, 5))
def test_pushes_in_any_order_and_any_batches_make_the_same_intervals(
    session: Session, pushes: list[tuple[str, int]], split: int
) -> None:
    name = str(new_id())
    before = followers(session)
    for batch in (pushes[:split], pushes[split:], pushes[:2]):
        if batch:
            record(session, *[told(name, kind, minutes) for kind, minutes in batch])
    assert intervals(session, name) == [(at(1), at(2)), (at(5), at(8)), (at(9), None)]
    assert following(session, name) == (True, at(9))
    assert profile(session, openid(name)).follows == 1
    assert followers(session) == before + 1


def test_an_unfollow_that_is_late_does_not_end_a_newer_follow(session: Session) -> None:
    record(session, told("1", "follow", 1))
    record(session, told("1", "follow", 9))
    record(session, told("1", "unfollow", 5))
    assert intervals(session, "1") == [(at(1), at(5)), (at(9), None)]
    assert (following(session, "1"), followers(session)) == ((True, at(9)), 1)


def test_who_unfollowed_is_no_follower_and_is_remembered_to_have_been(session: Session) -> None:
    record(session, told("1", "follow", 1), told("1", "unfollow", 2))
    assert intervals(session, "1") == [(at(1), at(2))]
    assert (following(session, "1")[0], followers(session), profile(session, openid("1")).follows) == (False, 0, 0)


def test_first_and_next_account_survive_unfollowing_late_unionids_and_the_undoing_of_a_merge(session: Session) -> None:
    record(session, told("b", "follow", 5, B))
    record(session, told("a", "follow", 1), told("a", "unfollow", 2), told("a", "follow", 9))
    link(session, (openid("a"), union("1")), (openid("b", B), union("1")))
    person = profile(session, openid("a")).person_id
    shown = service.show_person(session, person)
    assert shown is not None
    assert shown.followed == ((A, at(1)), (B, at(5)))
    service.undo_merge(session, session.scalars(select(MergeEdge.id)).one())
    own = service.show_person(session, profile(session, openid("b", B)).person_id)
    assert own is not None
    assert own.followed == ((B, at(5)),)


def test_a_follow_of_before_the_hub_becomes_an_activity_once_and_scores(session: Session) -> None:
    model(session, SECTION)
    assert imported(session, "1", "2", minutes=-1000) == 2
    assert imported(session, "1", "2", "2", minutes=-1000) == 0
    acts = session.scalars(select(Activity)).all()
    assert {(a.kind, a.occurred_at, a.key, a.properties["source"]) for a in acts} == {
        ("follow", at(-1000), "auto.x", "sync")
    }
    assert len(acts) == 2
    assert [row.score for row in session.scalars(select(Profile))] == [10, 10]
    kept = session.scalars(select(FollowInterval)).first()
    assert kept is not None
    assert (kept.source, kept.scene, kept.subscribe_scene) == ("sync", "auto.x", "ADD_SCENE_QR_CODE")
    assert (following(session, "1"), followers(session)) == ((True, at(-1000)), 2)


def test_a_follow_known_by_push_makes_nothing_when_it_is_imported(session: Session) -> None:
    record(session, told("1", "follow", 0))
    assert imported(session, "1", minutes=0.02) == 0
    assert session.scalar(select(func.count()).select_from(Activity)) == 1


def test_a_push_that_arrives_after_the_import_of_its_follow_makes_no_second_interval(session: Session) -> None:
    imported(session, "1", minutes=0)
    record(session, told("1", "follow", 0))
    assert intervals(session, "1") == [(at(0), None)]
    assert followers(session) == 1


def test_a_missed_refollow_is_learnt_from_the_import(session: Session) -> None:
    record(session, told("1", "follow", 0), told("1", "unfollow", 10))
    assert imported(session, "1", minutes=30) == 1
    assert intervals(session, "1") == [(at(0), at(10)), (at(30), None)]
    assert followers(session) == 1


def test_an_end_that_wechat_tells_leaves_alone_who_followed_again_since(session: Session) -> None:
    imported(session, "1", "2", minutes=0)
    record(session, told("2", "follow", 20))
    ended = service.end_follows(session, [openid("1"), openid("2")], at(10), source="reconcile")
    assert ended == 1
    assert service.end_follows(session, [openid("1")], at(11), source="reconcile") == 0
    assert (following(session, "1"), following(session, "2")) == ((False, at(10)), (True, at(20)))
    assert followers(session) == 1
    query = select(Activity.properties).where(Activity.kind == "unfollow")
    assert session.scalars(query).all() == [{"source": "reconcile"}]


def test_who_is_believed_to_follow_is_read_page_by_page(session: Session) -> None:
    imported(session, "1", "2", "3", minutes=0)
    record(session, told("2", "unfollow", 5))
    soon = clock.now() + timedelta(minutes=1)
    first = service.believed_followers(session, A, after="", before=soon, limit=1)
    rest = service.believed_followers(session, A, after=first[0][1], before=soon, limit=9)
    assert [openid_ for _, openid_ in [*first, *rest]] == ["o-1", "o-3"]
    assert service.believed_followers(session, A, after="", before=at(0), limit=9) == []
    assert service.count_followers(session, A) == 2
