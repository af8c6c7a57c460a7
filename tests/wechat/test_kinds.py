"""Every kind of push WeChat sends: what is clear, what is sealed, what it means, and what nobody knows."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.wechat.pushes import FAN, KEYS, MINI, ROBOT, as_json, opened, xml
from tests.wechat.vectors import VECTORS
from wechat.rules import KNOWN_EVENTS, KNOWN_MESSAGES, Envelope, is_probe
from wechat.rules.behaviours import BEHAVIOURS, behaviours
from wechat.rules.behaviours import MESSAGES as SPOKEN


def sealed(envelope: Envelope) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(envelope.private) if envelope.private else {}
    return found


@pytest.mark.parametrize("mode", ["plain", "compatible", "safe"])
@pytest.mark.parametrize("name", VECTORS)
def test_a_push_is_read_as_clear_facts_and_sealed_fields(name: str, mode: str) -> None:
    vector = VECTORS[name]
    keys = replace(MINI if vector.document[0] == "{" else KEYS, mode=mode)
    envelope = opened(keys, vector.document)
    assert envelope.known
    assert (envelope.event or envelope.msg_type) == vector.name
    assert (envelope.facts, envelope.key, envelope.subject) == (vector.facts, vector.key, vector.subject)
    assert sealed(envelope) == vector.sealed
    assert envelope.words == vector.sealed.get("Content", "")


def test_every_kind_has_an_example() -> None:
    assert {vector.name for vector in VECTORS.values()} == KNOWN_EVENTS | KNOWN_MESSAGES
    assert set(BEHAVIOURS) <= KNOWN_EVENTS
    assert SPOKEN == KNOWN_MESSAGES


def test_where_a_person_is_is_kept_only_when_asked_for() -> None:
    document = VECTORS["place"].document
    kept = sealed(opened(replace(KEYS, location=True), document))
    assert kept == {"Latitude": "31.230416", "Longitude": "121.473701", "Precision": "65.0"}
    assert opened(KEYS, document).private == b""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("follow by QR code", [("follow", "auto.expo25.sh")]),
        ("tap on a menu message", [("message", "101")]),
        ("location", [("message", "")]),
        ("scan from a menu", [("menu_click", "scan_1")]),
        ("picture from the album", [("menu_click", "pic_1")]),
        ("place from a menu", [("menu_click", "loc_1")]),
        ("place", []),
        ("desk opened", [("enter_chat", "")]),
        ("desk closed", []),
        ("chat entered", [("enter_chat", "bu=hotel;page=room/12")]),
        ("notices chosen", [("notice_accepted", "tplA"), ("notice_rejected", "tplB")]),
        ("notice turned off", [("notice_rejected", "tplA")]),
        ("notice sent", []),
        ("template sent", []),
        ("mass message sent", []),
        ("account deleted", [("account_cancelled", "")]),
    ],
)
def test_a_push_means_what_the_person_did(name: str, expected: list[tuple[str, str]]) -> None:
    envelope = opened(KEYS, VECTORS[name].document)
    details = {**envelope.facts, "key": envelope.key, "scene": envelope.scene}
    assert behaviours(envelope.msg_type, envelope.event, details) == expected


def test_an_unknown_field_is_kept_sealed_and_named() -> None:
    document = xml(MsgType="text", Content="好", MsgId=1, NewThing="x", Another={"a": ["1", "2"]})
    envelope = opened(KEYS, document)
    assert envelope.facts == {"unknown_fields": ["Another", "NewThing"]}
    assert sealed(envelope) == {"Content": "好", "NewThing": "x", "Another": {"a": ["1", "2"]}}


def test_a_fact_of_an_odd_shape_is_kept_as_an_unknown_field() -> None:
    envelope = opened(MINI, as_json(MsgType="event", Event="CLICK", EventKey="A", MenuId={"id": 1}))
    assert (envelope.facts, sealed(envelope)) == ({"unknown_fields": ["MenuId"]}, {"MenuId": {"id": "1"}})
    mass = opened(KEYS, xml(MsgType="event", Event="MASSSENDJOBFINISH", MsgID=1, TotalCount="many", SentCount=2))
    assert mass.facts == {"job_id": "1", "counts": {"sent": 2}, "unknown_fields": ["TotalCount"]}


def test_the_names_of_unknown_fields_are_few_and_printable() -> None:
    odd = {f"Odd{number:02}": "x" for number in range(40)}
    named = opened(MINI, as_json(MsgType="event", Event="subscribe", **odd, **{"a b": "c", "姓名": "d"})).facts
    assert len(named["unknown_fields"]) == 16
    assert all(name.isascii() for name in named["unknown_fields"])


@pytest.mark.parametrize("sender", [None, "", "平台推送服务", "sys"])
def test_a_push_of_an_unknown_kind_may_come_from_anyone(sender: str | None) -> None:
    shop = as_json(
        FromUserName=sender,
        MsgType="event",
        Event="channels_ec_order_pay",
        order_info={"order_id": 3705115058471208928},
    )
    envelope = opened(MINI, shop)
    assert (envelope.known, envelope.subject) == (False, sender if sender == "sys" else "")
    assert b"3705115058471208928" in envelope.private
    assert opened(KEYS, xml(FromUserName="平台推送服务", MsgType="event", Event="user_info_modified")).subject == ""


def test_unknown_events_of_one_second_are_told_apart_by_their_bodies() -> None:
    def order(number: int) -> bytes:
        return opened(MINI, as_json(MsgType="event", Event="channels_ec_order_pay", order_info=number)).dedupe_key

    assert order(1) == order(1)
    assert order(1) != order(2)


@pytest.mark.parametrize("text", ["sobot|示例", "phone=13800000000", "a b", "x" * 300])
def test_what_a_button_says_is_sealed_where_it_could_name_a_person(text: str) -> None:
    envelope = opened(MINI, as_json(MsgType="event", Event="user_enter_tempsession", SessionFrom=text))
    assert (envelope.facts, sealed(envelope)) == ({}, {"SessionFrom": text})


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"action":"CheckContainerPath"}', True),
        (b"<xml><action>CheckContainerPath</action></xml>", True),
        (b'\xef\xbb\xbf {"action": "CheckContainerPath"}\n', True),
        (b'{"action":"CheckContainerPath","more":1}', False),
        (b'{"action":["CheckContainerPath"]}', False),
        (b"CheckContainerPath", False),
        (b"\xffCheckContainerPath", False),
        (b'{"action":"CheckContainerPath"}' + b" " * 200, False),
        (b"", False),
    ],
)
def test_the_probe_of_cloud_hosting_is_told_by_its_whole_body(body: bytes, expected: bool) -> None:
    assert is_probe(body) is expected


def test_privacy_events_name_their_person_under_any_spelling() -> None:
    def revoked(**ids: str) -> Envelope:
        head = {"FromUserName": ROBOT, "MsgType": "event", "Event": "user_authorization_revoke", "RevokeInfo": 8}
        return opened(MINI, as_json(**head, **ids))

    vectors = [{"OpenID": FAN}, {" OpenID": FAN}, {"openid": FAN, "appid": "x"}, {"OpenId": FAN, "AppID": "x"}]
    for ids in vectors:
        envelope = revoked(**ids)
        assert (envelope.subject, envelope.known, envelope.facts, envelope.private) == (FAN, True, {}, b"")
