"""Recording what people do."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hub.kernel import rollups
from hub.pool.models import Activity, Identity, Person, ScorePoint
from hub.pool.service import NewActivity
from tests.pool.making import SECTION, A, B, act, facts, model, openid, profile, record


def test_the_first_activity_makes_a_person_and_the_next_finds_it(session: Session) -> None:
    first = record(session, act(openid("1"), "follow"))
    second = record(session, act(openid("1"), "scan", "auto.x", scene="auto.x"))
    assert first.identities[openid("1")].fresh
    assert not second.identities[openid("1")].fresh
    assert first.identities[openid("1")].person_id == second.identities[openid("1")].person_id
    assert session.scalar(select(func.count()).select_from(Person)) == 1
    assert session.scalar(select(func.count()).select_from(Activity)) == 2


def test_the_same_openid_of_two_accounts_is_two_people(session: Session) -> None:
    record(session, act(openid("1", A), "follow"), act(openid("1", B), "follow"))
    assert session.scalar(select(func.count()).select_from(Person)) == 2


def test_points_name_their_activity_and_rule(session: Session) -> None:
    model(session)
    record(session, act(openid("1"), "follow"), act(openid("1"), "menu_click", "PRICE"))
    points = session.execute(
        select(ScorePoint.rule, ScorePoint.points, Activity.kind).join(Activity, Activity.id == ScorePoint.activity_id)
    ).all()
    assert sorted(tuple(p) for p in points) == [("关注", 10, "follow"), ("询价", 50, "menu_click")]
    assert profile(session, openid("1")).score == 60


def test_limits_hold_across_batches(session: Session) -> None:
    model(session)
    for _ in range(3):
        record(session, act(openid("1"), "follow"), act(openid("1"), "download"))
    assert profile(session, openid("1")).score == 10 + 2 * 20


def test_a_day_ends_at_midnight_of_the_group(session: Session) -> None:
    from datetime import UTC, datetime

    model(session)
    late, early = datetime(2026, 3, 2, 15, 59, tzinfo=UTC), datetime(2026, 3, 2, 16, 1, tzinfo=UTC)  # 23:59, 00:01
    clicks = [NewActivity(openid("1"), "menu_click", at, "PRICE") for at in (late, early, early)]
    record(session, *clicks)
    assert profile(session, openid("1")).score == 100


def test_mql_is_told_once_per_model_version(session: Session) -> None:
    model(session)
    record(session, act(openid("1"), "follow"), act(openid("1"), "menu_click", "PRICE"))
    record(session, act(openid("1"), "download"))
    told = facts(session, "mql_reached")
    assert [fact.body["score"] for fact in told] == [60]
    assert profile(session, openid("1")).qualified


def test_who_stays_below_the_threshold_is_no_mql(session: Session) -> None:
    model(session)
    record(session, act(openid("1"), "menu_click", "PRICE"))
    assert not facts(session, "mql_reached")


def test_a_new_model_scores_history_anew_and_may_qualify_again(session: Session) -> None:
    from hub.pool import service

    model(session)
    record(session, act(openid("1"), "follow"), act(openid("1"), "menu_click", "PRICE"))
    model(session, {"mql_at": 5, "rules": [{"name": "关注", "when": {"activity": "follow"}, "points": 7}]})
    assert service.rescore(session, 100) == 1
    assert service.rescore(session, 100) == 0
    assert profile(session, openid("1")).score == 7
    assert [fact.body["model_version"] for fact in facts(session, "mql_reached")] == [1, 2]


def test_a_stale_profile_is_derived_anew_by_its_next_activity(session: Session) -> None:
    model(session)
    record(session, act(openid("1"), "follow"))
    model(session, {"mql_at": 500, "rules": [{"name": "关注", "when": {"activity": "follow"}, "points": 7}]})
    record(session, act(openid("1"), "follow"))
    assert profile(session, openid("1")).score == 14


def test_external_ids_are_taken_in_once(session: Session) -> None:
    from hub.kernel.ids import new_id

    touchpoint = new_id()
    items = [NewActivity(openid("1"), "download", act(openid("1"), "x").occurred_at, "", touchpoint, {}, "a-1")]
    assert record(session, *items, *items).new == 1
    assert record(session, *items).new == 0


def test_the_newest_follow_state_wins_whatever_the_order_of_arrival(session: Session) -> None:
    record(session, act(openid("1"), "follow", minutes=-10))
    record(session, act(openid("1"), "follow", minutes=-1))
    record(session, act(openid("1"), "unfollow", minutes=-5))
    following = session.scalar(select(Identity.following))
    assert following is True
    assert profile(session, openid("1")).follows == 1


def test_the_last_scene_is_the_latest_not_the_last_to_arrive(session: Session) -> None:
    record(session, act(openid("1"), "scan", "b", minutes=-1, scene="b"))
    record(session, act(openid("1"), "scan", "a", minutes=-5, scene="a"))
    assert profile(session, openid("1")).last_scene == "b"


def test_counters_move_with_the_work(session: Session) -> None:
    model(session)
    record(session, act(openid("1"), "follow"), act(openid("2"), "follow"), act(openid("1"), "menu_click", "PRICE"))
    totals = rollups.totals(session)
    assert totals["people"] == {"": 2}
    assert totals["activities"] == {"follow": 2, "menu_click": 1}
    assert totals["mqls"] == {"": 1}


def test_who_reached_the_threshold_is_an_mql_however_the_acts_came_in_batches(session: Session) -> None:
    rules = [*SECTION["rules"], {"name": "取关", "when": {"activity": "unfollow"}, "points": -20, "once": True}]
    model(session, {"mql_at": 60, "rules": rules})
    acts = [("follow", ""), ("menu_click", "PRICE"), ("unfollow", "")]
    record(session, *(act(openid("1"), kind, key) for kind, key in acts))
    for kind, key in acts:
        record(session, act(openid("2"), kind, key))
    assert [fact.body["score"] for fact in facts(session, "mql_reached")] == [60, 60]
    assert [profile(session, openid(name)).score for name in "12"] == [40, 40]
