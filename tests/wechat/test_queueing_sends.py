"""Sends are queued once, refused by their field, taken back and put back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hub.kernel import clock, rollups, work
from hub.pool.service import OPENID, IdentityRef, NewActivity, people_of, record_activities
from wechat.models import Send
from wechat.service import ContentRefused, NewSend, cancel_sends, queue_sends, restore_sends

APPID = "wx7a10c3e5d2f49b18"
FAN = "oExample-Follower_0000000001"
HELLO = NewSend(
    appid=APPID,
    openid=FAN,
    channel="custom",
    content={"msgtype": "text", "text": {"content": "您好"}},
    purpose="service",
)
CAMPAIGN = replace(
    HELLO,
    channel="template",
    content={"template_id": "tplA", "data": {"thing2": "展会提醒"}},
    purpose="marketing",
    campaign="expo25",
    dedupe_key="expo25:1",
)


def rows(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Send)) or 0


def counted(session: Session) -> dict[str, int]:
    return {name: sums["expo25"] for name, sums in rollups.totals(session).items() if "expo25" in sums}


def test_a_send_waits_in_the_lane_of_its_person(session: Session) -> None:
    (id_,) = queue_sends(session, [HELLO])
    row = session.get_one(Send, id_)
    assert (row.state, row.attempts, row.person_id) == ("pending", 0, None)
    assert row.shard == work.shard_of(f"{APPID}:{FAN}")
    assert row.client_msg_id == id_.hex
    assert work.due_lanes(session, Send) == [row.shard % work.LANES]


def test_a_send_planned_for_later_is_not_due_before(session: Session) -> None:
    queue_sends(session, [replace(HELLO, not_before=clock.now() + timedelta(hours=1))])
    assert work.due_lanes(session, Send) == []
    clock.set_offset(timedelta(hours=2))
    assert work.due_lanes(session, Send) != []


def test_a_send_names_the_person_behind_its_openid(session: Session) -> None:
    ref = IdentityRef(OPENID, APPID, FAN)
    record_activities(session, [NewActivity(ref, "message", clock.now())])
    (id_,) = queue_sends(session, [HELLO])
    assert session.get_one(Send, id_).person_id == people_of(session, [ref])[ref]


def test_a_dedupe_key_makes_one_send_of_many(session: Session) -> None:
    first, second, other = queue_sends(session, [CAMPAIGN, CAMPAIGN, replace(CAMPAIGN, dedupe_key="expo25:2")])
    assert first == second != other
    assert queue_sends(session, [CAMPAIGN]) == [first]
    assert rows(session) == 2
    assert counted(session) == {"sends_pending": 2}


def test_the_same_key_for_another_purpose_is_another_send(session: Session) -> None:
    assert len(set(queue_sends(session, [CAMPAIGN, replace(CAMPAIGN, purpose="service")]))) == 2


def test_without_a_key_each_send_is_its_own(session: Session) -> None:
    assert len(set(queue_sends(session, [HELLO, HELLO]))) == 2


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"channel": "fax"}, "channel"),
        ({"purpose": "spam"}, "purpose"),
        ({"content": {"msgtype": "text", "text": {"content": "请拨打 139 0000 0001"}}}, "content.text.content"),
        ({"content": {"msgtype": "text", "text": {"content": "写信到 a@example.com"}}}, "content.text.content"),
        ({"reference": "13900000001"}, "reference"),
    ],
)
def test_one_bad_send_refuses_them_all_and_names_its_field(
    session: Session, change: dict[str, Any], field: str
) -> None:
    with pytest.raises(ContentRefused) as refused:
        queue_sends(session, [HELLO, replace(HELLO, **change)])
    assert refused.value.field == field
    assert rows(session) == 0


def test_what_waits_can_be_taken_back_and_put_back(session: Session) -> None:
    (id_,) = queue_sends(session, [CAMPAIGN])
    assert cancel_sends(session, [id_]) == [id_]
    assert cancel_sends(session, [id_]) == []
    assert work.due_lanes(session, Send) == []
    assert counted(session) == {"sends_cancelled": 1}
    assert restore_sends(session, [id_]) == [id_]
    assert work.due_lanes(session, Send) != []
    session.expire_all()
    assert session.get_one(Send, id_).error is None
