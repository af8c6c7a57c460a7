"""The states of a send, arrow by arrow, and what a send may say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from wechat.rules import content, sends
from wechat.rules.content import ContentRefused
from wechat.rules.sends import NotAllowed

ARROWS = [(state, verb, target) for state, verbs in sends.TABLE.items() for verb, target in verbs.items()]
VERBS = sorted({verb for _, verb, _ in ARROWS})
NO_ARROWS = [(state, verb) for state in sends.STATES for verb in VERBS if verb not in sends.TABLE[state]]
AT = datetime(2026, 3, 1, tzinfo=UTC)
TEXT = {"msgtype": "text", "text": {"content": "您的资料已准备好"}}
TEMPLATE = {"template_id": "tplA", "data": {"thing2": "展会提醒", "time3": "2026-03-19 10:00"}}
ONCE = {**TEMPLATE, "scene": "17", "title": "活动提醒", "data": {"content": "活动明天开始"}}


@pytest.mark.parametrize(("state", "verb", "target"), ARROWS)
def test_each_arrow_of_the_table_is_taken(state: str, verb: str, target: str) -> None:
    assert sends.step(state, verb) == target
    assert state in sends.sources(verb)


@pytest.mark.parametrize(("state", "verb"), NO_ARROWS)
def test_where_no_arrow_leads_nothing_moves(state: str, verb: str) -> None:
    with pytest.raises(NotAllowed, match=f"is {state} cannot {verb}"):
        sends.step(state, verb)


def test_the_way_of_a_send_that_arrives() -> None:
    state = sends.PENDING
    for verb in ("wait", "begin", "again", "begin", "repeat", "accept", "deliver"):
        state = sends.step(state, verb)
    assert state == sends.DELIVERED


def test_what_is_over_never_goes_out_again() -> None:
    for state in (sends.FAILED, sends.SKIPPED, sends.UNDELIVERED, sends.DELIVERED, sends.SENT, sends.UNKNOWN):
        assert sends.PENDING not in sends.TABLE[state].values()


@pytest.mark.parametrize("channel", list(sends.CHANNELS))
@pytest.mark.parametrize("minutes", [0, 8, 10, 60 * 22, 60 * 24])
@pytest.mark.parametrize("attempts", [1, 2, 5])
def test_a_doubtful_marketing_send_is_repeated_only_where_wechat_knows_its_id(
    channel: str, minutes: int, attempts: int
) -> None:
    now = AT + timedelta(minutes=minutes)
    remembered = {"template": 9, "mass": 60 * 23}.get(channel, 0)
    wanted = "repeat" if minutes < remembered else "doubt"
    assert sends.in_doubt(channel, sends.MARKETING, attempts, AT, now) == wanted


def test_a_doubtful_service_message_is_repeated_once() -> None:
    assert sends.in_doubt("custom", sends.SERVICE, 1, AT, AT) == "repeat"
    assert sends.in_doubt("custom", sends.SERVICE, 2, AT, AT) == "doubt"


@pytest.mark.parametrize(
    ("channel", "shape"),
    [
        ("custom", TEXT),
        ("custom", {**TEXT, "customservice": {"kf_account": "test1@brand"}}),
        ("mass", {"msgtype": "mpnews", "mpnews": {"media_id": "m1"}, "send_ignore_reprint": 1}),
        ("template", {**TEMPLATE, "url": "https://h5.example.com/a"}),
        ("notice", {**TEMPLATE, "page": "https://h5.example.com/a"}),
        ("miniprogram_notice", {**TEMPLATE, "miniprogram_state": "formal"}),
        ("one_time", ONCE),
    ],
)
def test_what_a_channel_takes_is_taken(channel: str, shape: dict[str, Any]) -> None:
    content.check(channel, shape)


@pytest.mark.parametrize(
    ("channel", "shape", "field"),
    [
        ("custom", {}, "content.msgtype"),
        ("custom", {"msgtype": "fax", "fax": {}}, "content.msgtype"),
        ("custom", {"msgtype": "text"}, "content.text"),
        ("custom", {"msgtype": "text", "text": {"content": " "}}, "content.text.content"),
        ("custom", {"msgtype": "text", "text": {"content": "字" * 700}}, "content.text.content"),
        ("custom", {**TEXT, "touser": "o1"}, "content.touser"),
        ("mass", {"msgtype": "news", "news": {"articles": []}}, "content.msgtype"),
        ("template", {"data": {"thing1": "x"}}, "content.template_id"),
        ("template", {"template_id": "a b", "data": {"thing1": "x"}}, "content.template_id"),
        ("template", {"template_id": "t"}, "content.data"),
        ("template", {"template_id": "t", "data": {}}, "content.data"),
        ("template", {"template_id": "t", "data": {"thing1": 5}}, "content.data.thing1"),
        ("template", {"template_id": "t", "data": {"thing1": "x" * 201}}, "content.data.thing1"),
        ("template", {"template_id": "t", "data": {"1thing": "x"}}, "content.data.1thing"),
        ("template", {**TEMPLATE, "client_msg_id": "mine"}, "content.client_msg_id"),
        ("one_time", TEMPLATE, "content.scene"),
        ("one_time", {**ONCE, "scene": "10001"}, "content.scene"),
        ("one_time", {**ONCE, "title": "字" * 16}, "content.title"),
        ("notice", {**TEMPLATE, "page": "x" * 9000}, "content"),
    ],
)
def test_what_a_channel_does_not_take_is_refused_by_its_field(channel: str, shape: dict[str, Any], field: str) -> None:
    with pytest.raises(ContentRefused) as refused:
        content.check(channel, shape)
    assert refused.value.field == field
