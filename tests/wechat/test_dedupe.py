"""Two deliveries of one push share a key, and no two pushes do."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wechat.pushes import FAN, KEYS, MINI, NOW, ROBOT, SENT, as_json, opened, request, xml
from wechat.rules import Push, dedupe_key, open_push, read_envelope

OTHER = "oExample-Follower_0000000002"


def key(document: str) -> bytes:
    return read_envelope(MINI, document).dedupe_key


def event(name: str, **fields: object) -> bytes:
    """Return the key of an event, after seeing that XML and JSON agree on it."""
    keys = {key(make(MsgType="event", Event=name, **fields)) for make in (xml, as_json)}
    assert len(keys) == 1
    return keys.pop()


def message(**fields: object) -> bytes:
    return key(xml(**{"MsgType": "text", "Content": "示例", **fields}))


def all_differ(*keys: bytes) -> bool:
    return len(set(keys)) == len(keys)


@pytest.mark.parametrize("mode", ["plain", "compatible", "safe"])
def test_a_redelivery_has_the_same_key_whatever_its_wrapping(mode: str) -> None:
    keys = replace(KEYS, mode=mode)
    for document in (xml(MsgType="event", Event="CLICK", EventKey="A"), xml(MsgType="text", Content="甲")):
        first = opened(keys, document)
        query, body = request(keys, document, at=NOW + timedelta(seconds=5), nonce="2", random=b"f" * 16)
        again = open_push(keys, query, body, now=NOW + timedelta(seconds=6))
        assert again == first


def test_a_message_is_known_by_its_id_in_its_account() -> None:
    assert message(MsgId=1) == message(MsgId=1, CreateTime=SENT + 1, Content="other")
    assert message(MsgId=1) == key(as_json(MsgType="text", Content="示例", MsgId=1))
    assert all_differ(message(MsgId=1), message(MsgId=2), message(MsgID=1), message())
    document = xml(MsgType="text", Content="示例", MsgId=1)
    assert read_envelope(replace(KEYS, appid="wx1"), document).dedupe_key != key(document)


def test_a_message_without_an_id_is_known_by_its_body() -> None:
    assert message() == message()
    assert all_differ(message(), message(Content="又"), message(FromUserName=OTHER), message(CreateTime=SENT + 1))


def test_an_event_is_known_by_person_second_name_and_key() -> None:
    assert event("CLICK", EventKey="A") == event("click", EventKey="A", MsgId=7, Ticket="t")
    assert all_differ(
        event("CLICK", EventKey="A"),
        event("CLICK", EventKey="B"),
        event("CLICK"),
        event("VIEW", EventKey="A"),
        event("CLICK", EventKey="A", CreateTime=SENT + 1),
        event("CLICK", EventKey="A", FromUserName=OTHER),
        event("subscribe"),
        event("unsubscribe"),
        event("subscribe", EventKey="qrscene_A"),
        event("subscribe", EventKey="A"),
    )


@pytest.mark.parametrize("name", ["MASSSENDJOBFINISH", "TEMPLATESENDJOBFINISH"])
def test_a_send_job_is_known_by_its_own_id(name: str) -> None:
    assert event(name, MsgID=9) == event(name, MsgID=9, CreateTime=SENT + 5, FromUserName=OTHER, MsgId=1)
    assert all_differ(event(name, MsgID=9), event(name, MsgID=8), event(name))
    assert event(name, MsgId=9) == event(name)
    assert event("MASSSENDJOBFINISH", MsgID=9) != event("TEMPLATESENDJOBFINISH", MsgID=9)


def test_two_people_who_take_back_consent_in_one_second_are_two() -> None:
    def revoke(**fields: object) -> bytes:
        return event("user_authorization_revoke", **{"FromUserName": ROBOT, "OpenID": FAN, **fields})

    assert revoke(RevokeInfo="1") == revoke(RevokeInfo="1", FromUserName=OTHER)
    assert all_differ(revoke(), revoke(OpenID=OTHER), revoke(RevokeInfo="1"), revoke(RevokeInfo="2"))
    assert revoke() != event("user_authorization_cancellation", FromUserName=ROBOT, OpenID=FAN)


def test_privacy_events_that_name_nobody_are_told_apart_by_their_bodies() -> None:
    def nobody(**fields: object) -> bytes:
        return key(xml(FromUserName=ROBOT, MsgType="event", Event="user_info_modified", **fields))

    assert nobody() == nobody()
    assert all_differ(nobody(), nobody(UnionID="oUnion1"), nobody(UnionID="oUnion2"))


def notice(name: str, *items: dict[str, object]) -> bytes:
    """Return the key of a subscription notice, after seeing that no wrapping and no order changes it."""
    head = {"MsgType": "event", "Event": name}
    several, turned = list(items), list(reversed(items))
    keys = {
        key(xml(**head, SubscribeMsgPopupEvent={"List": several})),
        key(xml(**head, SubscribeMsgSentEvent={"List": turned})),
        key(xml(**head, List=several)),
        key(as_json(**head, List=several)),
        key(as_json(**head, List=turned if len(turned) > 1 else turned[0])),
        key(as_json(**head, SubscribeMsgChangeEvent={"List": several})),
    }
    assert len(keys) == 1
    return keys.pop()


@pytest.mark.parametrize("name", ["subscribe_msg_popup_event", "subscribe_msg_change_event"])
def test_a_notice_is_known_by_its_templates_in_any_order(name: str) -> None:
    one = {"TemplateId": "tplA", "SubscribeStatusString": "accept", "PopupScene": 1}
    two = {"TemplateId": "tplB", "SubscribeStatusString": "reject", "PopupScene": 1}
    assert all_differ(notice(name, one), notice(name, two), notice(name, one, two), event(name))


def test_a_sent_notice_is_known_by_each_id_too() -> None:
    def sent(*ids: int) -> bytes:
        return notice("subscribe_msg_sent_event", *({"TemplateId": "tplA", "MsgID": number} for number in ids))

    assert all_differ(sent(1), sent(2), sent(1, 2), sent(1, 1))


@pytest.mark.parametrize("listed", ["text", ["a", "b"], {"List": "a"}, [{"TemplateId": "t"}, "a"]])
def test_a_notice_of_an_odd_shape_still_has_a_key(listed: object) -> None:
    head = {"MsgType": "event", "Event": "subscribe_msg_popup_event"}
    for document in (as_json(**head, List=listed), xml(**head, SubscribeMsgPopupEvent=listed)):
        assert key(document) == key(document)


PUSHES = st.builds(
    Push,
    appid=st.text(max_size=2),
    msg_type=st.sampled_from(["text", "event"]),
    event=st.sampled_from(["click", "user_info_modified", "masssendjobfinish"]),
    subject=st.text(max_size=2),
    seconds=st.integers(1, 20),
    msg_id=st.text(max_size=2),
    raw_key=st.text(max_size=2),
    revoke_info=st.text(max_size=2),
    known=st.just(True),
)


def told_by(push: Push) -> tuple[object, ...]:
    if push.msg_type == "event":
        more = push.revoke_info if push.event == "user_info_modified" else ""
        return push.appid, push.event, push.subject, push.seconds, push.raw_key, more
    return (push.appid, push.msg_id) if push.msg_id else (push.appid, push.msg_type, push.subject, push.seconds)


@given(PUSHES, PUSHES)
def test_keys_are_equal_exactly_when_what_tells_pushes_apart_is(one: Push, two: Push) -> None:
    for other in (two, one, two._replace(appid=one.appid + one.msg_id, msg_id="")):
        same = one.msg_type == other.msg_type and told_by(one) == told_by(other)
        assert (dedupe_key(one, {}, "") == dedupe_key(other, {}, "")) is same
