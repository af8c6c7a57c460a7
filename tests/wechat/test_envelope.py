"""What an envelope says of every push the hub knows, in both formats and all three modes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.wechat.pushes import ACCOUNT, APPID, FAN, KEYS, MINI, ROBOT, SENT, UNIONID, as_json, opened, xml
from wechat.rules import Envelope, Rejected, read_envelope

Make = Callable[..., str]
HEAD_XML = (
    "<xml><ToUserName><![CDATA[gh_0123456789ab]]></ToUserName>"
    "<FromUserName><![CDATA[oExample-Follower_0000000001]]></FromUserName><CreateTime>1742371400</CreateTime>"
)
HEAD_JSON = (
    '{"ToUserName":"gh_0123456789ab","FromUserName":"oExample-Follower_0000000001","CreateTime":1742371400,'
    '"MsgType":"event",'
)
EVENT_XML = HEAD_XML + "<MsgType><![CDATA[event]]></MsgType>"
PERSON_XML = (
    "<OpenID><![CDATA[oExample-Follower_0000000002]]></OpenID>"
    "<UnionID><![CDATA[oUnion-Example_0000000000001]]></UnionID><AppID><![CDATA[wx0123456789abcdef]]></AppID>"
)
PERSON = {"subject": "oExample-Follower_0000000002", "unionid": UNIONID}

XML_PUSHES: dict[str, tuple[str, dict[str, object]]] = {
    "text": (
        HEAD_XML + "<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[ 想要报价 😀/::)\n]]></Content>"
        "<MsgId>24912345678901234</MsgId></xml>",
        {"msg_type": "text", "msg_id": "24912345678901234", "private": {"Content": " 想要报价 😀/::)\n"}},
    ),
    "follow with an empty key": (
        EVENT_XML + "<Event><![CDATA[subscribe]]></Event><EventKey><![CDATA[]]></EventKey></xml>",
        {"event": "subscribe"},
    ),
    "follow with a closed key": (
        EVENT_XML + "<Event><![CDATA[subscribe]]></Event><EventKey/></xml>",
        {"event": "subscribe"},
    ),
    "follow without a key": (EVENT_XML + "<Event><![CDATA[subscribe]]></Event></xml>", {"event": "subscribe"}),
    "follow by QR code": (
        EVENT_XML + "<Event><![CDATA[subscribe]]></Event><EventKey><![CDATA[qrscene_auto.expo.1]]></EventKey>"
        "<Ticket><![CDATA[exampleTicket]]></Ticket></xml>",
        {"event": "subscribe", "key": "auto.expo.1", "scene": "auto.expo.1"},
    ),
    "follow by a scene named like the prefix": (
        EVENT_XML + "<Event><![CDATA[subscribe]]></Event><EventKey><![CDATA[qrscene_qrscene_1]]></EventKey></xml>",
        {"event": "subscribe", "key": "qrscene_1", "scene": "qrscene_1"},
    ),
    "follow after a payment": (
        EVENT_XML + "<Event><![CDATA[subscribe]]></Event><EventKey><![CDATA[last_trade_no_100]]></EventKey></xml>",
        {"event": "subscribe", "key": "last_trade_no_100"},
    ),
    "unfollow": (
        EVENT_XML + "<Event><![CDATA[unsubscribe]]></Event><EventKey><![CDATA[]]></EventKey></xml>",
        {"event": "unsubscribe"},
    ),
    "scan": (
        EVENT_XML + "<Event><![CDATA[SCAN]]></Event><EventKey><![CDATA[qrscene_0012]]></EventKey></xml>",
        {"event": "scan", "key": "qrscene_0012", "scene": "qrscene_0012"},
    ),
    "click": (
        EVENT_XML + "<Event><![CDATA[CLICK]]></Event><EventKey><![CDATA[PRICE]]></EventKey></xml>",
        {"event": "click", "key": "PRICE"},
    ),
    "view": (
        EVENT_XML + "<Event><![CDATA[VIEW]]></Event><EventKey><![CDATA[https://example.com/m?a=1&b=甲]]></EventKey>"
        "<MenuId>518273645</MenuId></xml>",
        {"event": "view", "key": "https://example.com/m?a=1&b=甲"},
    ),
    "view of a mini program": (
        EVENT_XML + "<Event><![CDATA[view_miniprogram]]></Event><EventKey><![CDATA[pages/a?b=1]]></EventKey></xml>",
        {"event": "view_miniprogram", "key": "pages/a?b=1"},
    ),
    "modified": (
        EVENT_XML + "<Event><![CDATA[user_info_modified]]></Event>" + PERSON_XML + "</xml>",
        {"event": "user_info_modified", **PERSON},
    ),
    "revoked": (
        EVENT_XML + "<Event><![CDATA[user_authorization_revoke]]></Event>" + PERSON_XML + "<RevokeInfo>205</RevokeInfo>"
        "</xml>",
        {"event": "user_authorization_revoke", "revoke_info": "205", **PERSON},
    ),
    "cancelled": (
        EVENT_XML + "<Event><![CDATA[user_authorization_cancellation]]></Event>" + PERSON_XML + "</xml>",
        {"event": "user_authorization_cancellation", **PERSON},
    ),
}
PERSON_JSON = '"OpenID":"oExample-Follower_0000000002","UnionID":"oUnion-Example_0000000000001"}'
JSON_PUSHES: dict[str, tuple[str, dict[str, object]]] = {
    "text": (
        HEAD_JSON.replace("event", "text") + '"Content":"\\u5728\\u5417 \\ud83d\\ude00","MsgId":24912345678905555}',
        {"msg_type": "text", "msg_id": "24912345678905555", "private": {"Content": "在吗 😀"}},
    ),
    "text that is a number": (
        HEAD_JSON.replace("event", "text") + '"Content":3.50,"MsgId":"49d72d67b16d115e_1555684067"}',
        {"msg_type": "text", "msg_id": "49d72d67b16d115e_1555684067", "private": {"Content": "3.50"}},
    ),
    "follow": (
        HEAD_JSON + '"Event":"subscribe","EventKey":"qrscene_7"}',
        {"event": "subscribe", "key": "7", "scene": "7"},
    ),
    "unfollow": (HEAD_JSON + '"Event":"unsubscribe","EventKey":null}', {"event": "unsubscribe"}),
    "scan": (HEAD_JSON + '"Event":"SCAN","EventKey":12}', {"event": "scan", "key": "12", "scene": "12"}),
    "click": (HEAD_JSON + '"Event":"CLICK","EventKey":"PRICE"}', {"event": "click", "key": "PRICE"}),
    "view": (HEAD_JSON + '"Event":"VIEW","EventKey":"https://a"}', {"event": "view", "key": "https://a"}),
    "view of a mini program": (
        HEAD_JSON + '"Event":"view_miniprogram","EventKey":"pages/a"}',
        {"event": "view_miniprogram", "key": "pages/a"},
    ),
    "modified": (HEAD_JSON + '"Event":"user_info_modified",' + PERSON_JSON, {"event": "user_info_modified", **PERSON}),
    "revoked": (
        HEAD_JSON + '"Event":"user_authorization_revoke","RevokeInfo":8,' + PERSON_JSON.replace('"Op', '" Op'),
        {"event": "user_authorization_revoke", "revoke_info": "8", **PERSON},
    ),
    "cancelled": (
        HEAD_JSON + '"Event":"user_authorization_cancellation",' + PERSON_JSON.replace("ID", "id").replace("O", "o", 1),
        {"event": "user_authorization_cancellation", **PERSON},
    ),
}


def facts(**facts: object) -> dict[str, object]:
    """Return every field of an envelope but its key of deliveries, with the usual values where none is given."""
    usual: dict[str, object] = {
        "appid": APPID,
        "msg_type": "event",
        "event": "",
        "subject": FAN,
        "occurred_at": datetime.fromtimestamp(SENT, UTC),
        "known": True,
        "private": {},
        **dict.fromkeys(("msg_id", "key", "scene", "unionid", "revoke_info"), ""),
    }
    return {**usual, **facts}


def shown(envelope: Envelope) -> dict[str, object]:
    assert len(envelope.dedupe_key) == 32
    private: object = json.loads(envelope.private or b"{}") if envelope.known else envelope.private
    return {name: private if name == "private" else getattr(envelope, name) for name in facts()}


def reason_of(document: str) -> str:
    with pytest.raises(Rejected) as caught:
        read_envelope(MINI, document)
    assert caught.value.__context__ is None
    return caught.value.reason


@pytest.mark.parametrize("mode", ["plain", "compatible", "safe"])
@pytest.mark.parametrize("kind", ["service", "subscription", "miniprogram"])
@pytest.mark.parametrize("name", XML_PUSHES)
def test_an_xml_push_reads_the_same_in_every_mode(name: str, kind: str, mode: str) -> None:
    document, expected = XML_PUSHES[name]
    assert shown(opened(replace(KEYS, kind=kind, mode=mode), document)) == facts(**expected)


@pytest.mark.parametrize("mode", ["plain", "compatible", "safe"])
@pytest.mark.parametrize("name", JSON_PUSHES)
def test_a_json_push_reads_the_same_in_every_mode(name: str, mode: str) -> None:
    document, expected = JSON_PUSHES[name]
    assert shown(opened(replace(MINI, mode=mode), document)) == facts(**expected)


@pytest.mark.parametrize("make", [xml, as_json])
@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"MsgType": "FILE", "Title": "示例", "MsgId": 5}, {"msg_type": "file", "msg_id": "5"}),
        ({"MsgType": "event", "Event": "guide_x.y-z", "EventKey": "k"}, {"event": "guide_x.y-z", "key": "k"}),
        ({"MsgType": "event", "Event": "weapp_audit_success", "SuccTime": 1}, {"event": "weapp_audit_success"}),
    ],
)
def test_an_unknown_push_is_kept_whole_to_be_sealed(
    make: Make, fields: dict[str, object], expected: dict[str, object]
) -> None:
    document = make(**fields)
    assert shown(opened(MINI, document)) == facts(**expected, known=False, private=document.encode())


@pytest.mark.parametrize(
    "ids",
    [{}, {"OpenID": ""}, {"OpenID": FAN, "openid": "oExample-Follower_0000000002"}],
)
def test_a_privacy_event_that_names_nobody_is_kept_as_unknown(ids: dict[str, str]) -> None:
    document = xml(FromUserName=ROBOT, MsgType="event", Event="user_info_modified", UnionID=UNIONID, **ids)
    expected = facts(event="user_info_modified", subject=ROBOT, unionid=UNIONID, known=False, private=document.encode())
    assert shown(opened(KEYS, document)) == expected


def test_a_privacy_event_needs_no_sender_and_may_name_its_person_twice() -> None:
    document = xml(FromUserName="平台推送服务", MsgType="event", Event="USER_INFO_MODIFIED", OpenID=FAN, openid=FAN)
    assert opened(KEYS, document).subject == FAN


def test_only_privacy_events_speak_of_other_people() -> None:
    others = {"OpenID": "oSomebody", "UnionID": UNIONID, "RevokeInfo": "1"}
    kept = {"OpenID": "oSomebody", "UnionID": UNIONID, "RevokeInfo": "1"}
    assert shown(opened(KEYS, xml(MsgType="event", Event="CLICK", **others))) == facts(event="click", private=kept)


@pytest.mark.parametrize("account", [None, "", "gh_0123456789ac", "GH_0123456789AB"])
def test_a_push_for_another_account_is_refused_unless_the_original_id_is_unknown(account: str | None) -> None:
    document = xml(ToUserName=account, MsgType="event", Event="subscribe")
    assert reason_of(document) == "wrong_account"
    assert read_envelope(replace(KEYS, original_id=""), document).event == "subscribe"


def test_words_lose_only_what_no_store_can_hold() -> None:
    document = as_json(MsgType="text", Content="?").replace('"?"', '"a\\u0000b\\ud800\\n"')
    assert opened(MINI, document).private == b'{"Content":"ab?\\n"}'


@pytest.mark.parametrize("make", [xml, as_json])
@pytest.mark.parametrize(
    "fields",
    [
        {"MsgType": None},
        {"MsgType": ""},
        {"MsgType": ["event", "event"]},
        {"MsgType": "事件"},
        {"MsgType": "e" * 65},
        {"MsgType": {"a": "event"}},
        {"Event": None},
        {"Event": "a b"},
        {"Event": "ſcan"},
        {"Event": ["CLICK", "VIEW"]},
        {"ToUserName": [ACCOUNT, ACCOUNT]},
        {"FromUserName": None},
        {"FromUserName": ""},
        {"FromUserName": [FAN, FAN]},
        {"FromUserName": "o'; --"},
        {"FromUserName": "o" * 65},
        {"FromUserName": "ｏ１"},
        {"CreateTime": None},
        {"CreateTime": ""},
        {"CreateTime": 0},
        {"CreateTime": -1},
        {"CreateTime": 2**33 + 1},
        {"CreateTime": "9" * 5_000},
        {"CreateTime": "[1742371400]"},
        {"CreateTime": [SENT, SENT]},
        {"CreateTime": "1742371400.0"},
        {"CreateTime": "１７４２３７１４００"},
        {"CreateTime": "0x10"},
        {"EventKey": "k" * 1_025},
        {"EventKey": ["a", "b"]},
        {"EventKey": {"a": "b"}},
        {"EventKey": "a\tb"},
        {"EventKey": "a\x7fb"},
        {"MsgType": "text", "Content": None},
        {"MsgType": "text", "Content": ["a", "b"]},
        {"MsgType": "text", "Content": {"a": "b"}},
        {"MsgType": "text", "Content": "a", "MsgId": [1, 2]},
        {"MsgType": "text", "Content": "a", "MsgId": "1" * 129},
        {"Event": "user_info_modified", "OpenID": "o o"},
        {"Event": "user_info_modified", "OpenID": [FAN, FAN]},
        {"Event": "user_info_modified", "OpenID": FAN, "UnionID": "<b>"},
        {"Event": "user_authorization_revoke", "OpenID": FAN, "RevokeInfo": ["1", "2"]},
        {"Event": "MASSSENDJOBFINISH", "MsgID": {"a": "b"}},
    ],
)
def test_a_field_of_the_wrong_shape_is_malformed(make: Make, fields: dict[str, object]) -> None:
    document = make(**{"MsgType": "event", "Event": "CLICK", **fields})
    assert reason_of(document) == "malformed"


@pytest.mark.parametrize(
    "more",
    ['"EventKey":"\\u0000"', '"EventKey":"\\ud800"', '"EventKey":true', '"EventKey":1.5', '"MsgType":"event"'],
)
def test_what_only_json_can_spell_is_malformed_too(more: str) -> None:
    assert reason_of(HEAD_JSON + '"Event":"CLICK",' + more + "}") == "malformed"


@pytest.mark.parametrize(
    "document", ['{"action":"CheckContainerPath"}', "<xml><action>CheckContainerPath</action></xml>"]
)
def test_the_probe_of_cloud_hosting_is_no_push(document: str) -> None:
    assert reason_of(document) in {"malformed", "wrong_account"}


@pytest.mark.parametrize("key", ["k" * 1_024, "甲" * 1_024, "a b", "|", "😀"])
def test_a_key_may_be_long_and_in_any_script(key: str) -> None:
    assert opened(KEYS, xml(MsgType="event", Event="CLICK", EventKey=key)).key == key


def test_the_private_part_is_not_shown() -> None:
    assert "报价" not in repr(opened(KEYS, XML_PUSHES["text"][0]))
