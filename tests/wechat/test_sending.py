"""Sends against the simulated WeChat: what arrives, what is refused, and nothing twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy import text as sql

from hub.kernel import clock
from hub.kernel.db import transaction
from tests.sample import APPID
from tests.wechat import sending as s
from tests.wechat.simulated import later
from wechat.jobs import sync_templates
from wechat.service import list_templates
from wechat.simulator import World

CUSTOM, TEMPLATE = "/cgi-bin/message/custom/send", "/cgi-bin/message/template/send"


@pytest.fixture
def world(clean: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Yield a simulated WeChat that the hub's client talks to."""
    with s.simulated(monkeypatch) as made:
        yield made


def test_a_message_within_the_window_arrives(world: World) -> None:
    openid = s.fan(world, message=True)
    (id_,) = s.queue(s.text(openid, "资料已备好"))
    assert s.drain() == 1
    sent = s.row(id_)
    assert (sent.state, sent.attempts, sent.errcode) == ("sent", 1, None)
    assert sent.why["verdict"]["reason"] == "open"
    assert sent.person_id is not None
    assert world.sent[0]["text"] == {"content": "资料已备好"}


def test_a_message_after_the_window_is_skipped_without_a_call(world: World) -> None:
    openid = s.fan(world)
    later(120)
    (id_,) = s.queue(s.text(openid))
    s.drain()
    assert s.state(id_) == ("skipped", "no_window")
    assert world.calls[CUSTOM] == 0


def test_each_trigger_allows_what_wechat_says_and_no_more(world: World) -> None:
    openid = s.fan(world, message=True)
    ids = s.queue(*(s.text(openid, f"第 {n} 条") for n in range(10)))
    s.drain()
    assert [s.state(id_) for id_ in ids] == [("sent", None)] * 8 + [("skipped", "window_used")] * 2
    assert world.calls[CUSTOM] == 8
    assert [sent["text"] for sent in world.sent] == [{"content": f"第 {n} 条"} for n in range(8)]


def test_the_answer_may_come_before_the_push_that_allows_it(world: World) -> None:
    openid = world.openid(APPID, 7)
    (id_,) = s.queue(s.text(openid, patience=timedelta(seconds=30)))
    s.drain()
    assert s.state(id_) == ("pending", "no_window")
    assert s.fan(world, 7) == openid
    later(3)
    s.drain()
    assert s.state(id_) == ("sent", None)
    assert s.row(id_).person_id is not None


def test_patience_ends(world: World) -> None:
    (id_,) = s.queue(s.text(world.openid(APPID, 7), patience=timedelta(seconds=30)))
    s.drain()
    later(31)
    s.drain()
    assert s.state(id_) == ("skipped", "no_window")


def test_a_template_is_closed_by_its_result(world: World) -> None:
    good, bad = s.fan(world, 1), s.fan(world, 2)
    world.outbox.blockers.add((APPID, bad))
    ids = s.queue(s.template(good), s.template(bad))
    s.drain()
    assert s.states() == ["sent", "sent"]
    assert s.results(world) == 2
    assert [s.state(id_) for id_ in ids] == [("delivered", None), ("undelivered", "failed:user block")]
    (again,) = s.queue(s.template(bad))
    s.drain()
    assert s.state(again) == ("skipped", "blocked")


@pytest.mark.parametrize("status", ["failed: system failed", "failed:freq limit", "failed:something new"])
def test_whatever_begins_with_failed_is_undelivered(world: World, status: str) -> None:
    openid = s.fan(world)
    world.outbox.failures[APPID] = status
    (id_,) = s.queue(s.template(openid))
    s.drain()
    s.results(world)
    assert s.state(id_) == ("undelivered", status)


def test_who_does_not_follow_gets_no_template(world: World) -> None:
    openid = s.fan(world)
    s.tell(s.event(openid, "unsubscribe"))
    (id_,) = s.queue(s.template(openid))
    s.drain()
    assert s.state(id_) == ("skipped", "unfollowed")


def test_wechat_knows_better_who_follows(world: World) -> None:
    openid = s.fan(world)
    world.unfollow(APPID, openid)
    first, second = s.queue(s.template(openid), s.template(openid))
    s.drain()
    assert s.state(first) == ("failed", "wechat 43004")
    (third,) = s.queue(s.template(openid))
    s.drain()
    assert s.state(third) == ("skipped", "unfollowed")


def test_a_wrong_field_fails_with_its_name(world: World) -> None:
    openid = s.fan(world)
    (id_,) = s.queue(s.template(openid, content={"template_id": s.TEMPLATE, "data": {"thing2": "x"}}))
    s.drain()
    assert s.state(id_) == ("failed", "wechat 47003")
    assert "data.time3.value" in (s.row(id_).detail or "")


def test_a_template_that_is_gone_makes_the_mirror_be_read_anew(world: World) -> None:
    openid = s.fan(world)
    assert list(sync_templates().values()) == [3]
    world.outbox.templates[APPID] = world.outbox.templates[APPID][1:]
    (id_,) = s.queue(s.template(openid))
    s.drain()
    assert s.state(id_) == ("failed", "wechat 40037")
    with transaction() as session:
        titles = {shown.title: shown.fields for shown in list_templates(session, APPID)}
    assert titles == {
        "进度通知": (("thing1", "事项"), ("phrase4", "状态")),
        "预约成功通知": (("thing1", "内容"), ("date2", "日期")),
    }


def test_a_lost_answer_is_not_a_second_message(world: World) -> None:
    openid = s.fan(world, message=True)
    world.fail(CUSTOM, "cut")
    (id_,) = s.queue(s.text(openid, purpose="marketing"))
    s.drain()
    later(120)
    s.drain()
    assert s.state(id_) == ("unknown", "wechat -2")
    assert world.outbox.received[APPID, openid, "custom"] == 1


def test_a_service_message_whose_answer_is_lost_is_repeated_once(world: World) -> None:
    openid = s.fan(world, message=True)
    world.fail(CUSTOM, "cut", times=3)
    (id_,) = s.queue(s.text(openid))
    for _ in range(4):
        s.drain()
        later(120)
    assert s.state(id_) == ("unknown", "wechat -2")
    assert s.row(id_).why["repeated"] == 1
    assert world.calls[CUSTOM] == 2


def test_a_template_whose_answer_is_lost_is_repeated_with_its_id(world: World) -> None:
    openid = s.fan(world)
    world.fail(TEMPLATE, "cut", times=2)
    (id_,) = s.queue(s.template(openid))
    for _ in range(4):
        s.drain()
        later(30)
    sent = s.row(id_)
    assert (sent.state, world.calls[TEMPLATE]) == ("sent", 3)
    assert world.outbox.received[APPID, openid, sent.client_msg_id] == 1
    s.results(world)
    assert s.state(id_) == ("delivered", None)


def test_a_template_is_doubted_once_wechat_may_have_forgotten_its_id(world: World) -> None:
    openid = s.fan(world)
    world.fail(TEMPLATE, "cut", times=1)
    (id_,) = s.queue(s.template(openid))
    s.drain()
    later(600)
    s.drain()
    assert s.state(id_)[0] == "unknown"
    assert world.outbox.received[APPID, openid, s.row(id_).client_msg_id] == 1


def test_a_refusal_gives_the_message_back(world: World) -> None:
    openid = s.fan(world, message=True)
    world.fail(CUSTOM, errcode=40008)
    s.queue(*(s.text(openid) for _ in range(8)))
    s.drain()
    assert sorted(s.states()) == ["failed", *["sent"] * 7]
    ids = s.queue(s.text(openid), s.text(openid))
    s.drain()
    assert [s.state(id_) for id_ in ids] == [("sent", None), ("skipped", "window_used")]


@pytest.mark.parametrize(("errcode", "seconds"), [(45009, 86_400 + 120), (45011, 120)])
def test_a_quota_that_is_used_up_is_waited_for_and_nobody_else_calls(world: World, errcode: int, seconds: int) -> None:
    first, second = s.fan(world, 1), s.fan(world, 2)
    world.fail(TEMPLATE, errcode=errcode)
    one, two = *s.queue(s.template(first)), None
    s.drain()
    (two,) = s.queue(s.template(second))
    s.drain()
    assert s.state(one) == ("pending", f"wechat {errcode}")
    assert s.state(two) == ("pending", "quota")
    assert world.calls[TEMPLATE] == 1
    later(seconds)
    s.drain()
    assert s.states() == ["sent", "sent"]


def test_the_quota_of_the_group_file_is_kept(world: World) -> None:
    limited = f"outbound: {{accounts: [{{appid: {APPID}, daily: {{template: 2}}}}]}}"
    s.apply_sample(limited.encode())
    openids = [s.fan(world, n) for n in range(3)]
    s.queue(*map(s.template, openids))
    s.drain()
    assert sorted(s.states()) == ["pending", "sent", "sent"]
    assert world.calls[TEMPLATE] == 2
    later(86_400)
    s.drain()
    assert s.states() == ["sent"] * 3


def test_a_notice_uses_the_consent_it_was_given(world: World) -> None:
    openid = s.fan(world)
    world.consent(APPID, openid, s.NOTICE)
    item = {"TemplateId": s.NOTICE, "SubscribeStatusString": "accept", "PopupScene": 1}
    s.tell(s.event(openid, "subscribe_msg_popup_event", SubscribeMsgPopupEvent={"List": item}))
    content = {"template_id": s.NOTICE, "data": {"thing1": "预约成功", "date2": "2026-03-19"}}
    ids = s.queue(*(s.template(openid, channel="notice", content=content) for _ in range(2)))
    s.drain()
    s.results(world)
    assert [s.state(id_) for id_ in ids] == [("delivered", None), ("skipped", "no_credit")]


def test_a_consent_that_wechat_denies_is_gone(world: World) -> None:
    openid = s.fan(world)
    items = [{"TemplateId": s.NOTICE, "SubscribeStatusString": "accept", "PopupScene": 1}] * 2
    s.tell(s.event(openid, "subscribe_msg_popup_event", SubscribeMsgPopupEvent={"List": items}))
    content = {"template_id": s.NOTICE, "data": {"thing1": "预约成功", "date2": "2026-03-19"}}
    (one,) = s.queue(s.template(openid, channel="notice", content=content))
    s.drain()
    (two,) = s.queue(s.template(openid, channel="notice", content=content))
    s.drain()
    assert s.state(one) == ("failed", "wechat 43101")
    assert s.state(two) == ("skipped", "no_credit")


def test_what_is_too_old_never_goes_out(world: World) -> None:
    openid = s.fan(world)
    (id_,) = s.queue(s.template(openid, expires_at=clock.now() + timedelta(seconds=5)))
    later(6)
    s.drain()
    assert s.state(id_) == ("skipped", "expired")


def test_a_result_that_comes_before_the_answer_is_kept_and_matched(world: World) -> None:
    openid = s.fan(world)
    world.fail(TEMPLATE, "cut")
    (id_,) = s.queue(s.template(openid))
    s.drain()
    assert s.results(world) == 1
    assert (s.state(id_)[0], s.waiting_results()) == ("sending", 1)
    later(30)
    s.drain()
    assert (s.state(id_), s.waiting_results()) == (("delivered", None), 0)


def test_an_answer_brought_by_who_lost_the_lane_is_dropped(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from wechat.jobs import sends as jobs

    openid = s.fan(world)
    (id_,) = s.queue(s.template(openid))
    calling = jobs.call_all

    def slowly(*arguments: object) -> object:
        answers = calling(*arguments)  # type: ignore[arg-type]
        with transaction() as session:  # as if a minute had passed and somebody else had taken over
            session.execute(sql("UPDATE lease SET token = token + 1 WHERE name LIKE 'sends:%'"))
        return answers

    monkeypatch.setattr(jobs, "call_all", slowly)
    s.drain()
    assert s.state(id_) == ("sending", None)
    monkeypatch.undo()
    with transaction() as session:
        session.execute(sql("UPDATE lease SET until = clock_timestamp()"))
