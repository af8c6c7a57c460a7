"""Pushes to third-party platforms, read: what each kind holds, what is refused, and which two are one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wechat.rules import AccountKeys, ComponentPush, Query, Rejected, encrypt, open_component_push, sign

PLATFORM, ACCOUNT = "wxc0ffee1234567890", "wx1a2b3c4d5e6f7081"
KEYS = AccountKeys(PLATFORM, "", "service", "safe", "platformtoken", "a" * 43, component=PLATFORM)
NOW = datetime.fromtimestamp(1742372310, UTC)
TICKET = (
    f"<xml><AppId><![CDATA[{PLATFORM}]]></AppId><CreateTime>1742372300</CreateTime>"
    "<InfoType><![CDATA[component_verify_ticket]]></InfoType>"
    "<ComponentVerifyTicket><![CDATA[ticket@@@A1b2C3]]></ComponentVerifyTicket></xml>"
)
AUTHORIZED = (
    f"<xml><AppId><![CDATA[{PLATFORM}]]></AppId><CreateTime>1742372301</CreateTime>"
    f"<InfoType><![CDATA[authorized]]></InfoType><AuthorizerAppid><![CDATA[{ACCOUNT}]]></AuthorizerAppid>"
    "<AuthorizationCode><![CDATA[queryauthcode@@@Zz9]]></AuthorizationCode>"
    "<AuthorizationCodeExpiredTime>1742375901</AuthorizationCodeExpiredTime>"
    "<PreAuthCode><![CDATA[preauthcode@@@Yy8]]></PreAuthCode></xml>"
)
UNAUTHORIZED = (
    f"<xml><AppId><![CDATA[{PLATFORM}]]></AppId><CreateTime>1742372302</CreateTime>"
    f"<InfoType><![CDATA[unauthorized]]></InfoType><AuthorizerAppid><![CDATA[{ACCOUNT}]]></AuthorizerAppid></xml>"
)
REGISTERED = (
    f"<xml><AppId><![CDATA[{PLATFORM}]]></AppId><CreateTime>1742372303</CreateTime>"
    "<InfoType><![CDATA[notify_third_fasteregister]]></InfoType><appid>wx5566778899aabbcc</appid><status>0</status>"
    "<auth_code>xxauth</auth_code><msg>OK</msg><info><name><![CDATA[示例公司]]></name><code_type>1</code_type></info></xml>"
)


def read(document: str, **changes: Any) -> ComponentPush:
    """Return a document as it comes out of an authentic push."""
    encrypted = encrypt(KEYS, document, random=b"r" * 16)
    stamp = "1742372305"
    query = Query(sign(KEYS.token, stamp, "n"), stamp, "n", "aes", sign(KEYS.token, stamp, "n", encrypted))
    body = f"<xml><AppId>{PLATFORM}</AppId><Encrypt>{encrypted}</Encrypt></xml>".encode()
    return open_component_push(KEYS, query, body, now=changes.get("now", NOW))


def test_a_ticket_is_read() -> None:
    push = read(TICKET)
    assert (push.info_type, push.appid) == ("component_verify_ticket", "")
    assert push.secrets == {"ComponentVerifyTicket": "ticket@@@A1b2C3"}
    assert push.private == b""
    assert push.occurred_at == datetime.fromtimestamp(1742372300, UTC)


def test_an_authorization_is_read_with_its_codes() -> None:
    push = read(AUTHORIZED)
    assert (push.info_type, push.appid) == ("authorized", ACCOUNT)
    assert push.secrets == {"AuthorizationCode": "queryauthcode@@@Zz9", "PreAuthCode": "preauthcode@@@Yy8"}
    assert read(AUTHORIZED.replace("authorized", "updateauthorized", 1)).info_type == "updateauthorized"


def test_a_withdrawal_is_read() -> None:
    push = read(UNAUTHORIZED)
    assert (push.info_type, push.appid, dict(push.secrets)) == ("unauthorized", ACCOUNT, {})


def test_an_unknown_kind_keeps_its_document_to_be_sealed_and_the_small_appid() -> None:
    push = read(REGISTERED)
    assert (push.info_type, push.appid) == ("notify_third_fasteregister", "wx5566778899aabbcc")
    assert push.private == REGISTERED.encode()
    assert dict(push.secrets) == {}
    assert "示例公司" not in repr(push)


def test_json_is_read_too() -> None:
    push = read(f'{{"AppId": "{PLATFORM}", "CreateTime": 1742372302, "InfoType": "something_new"}}')
    assert (push.info_type, push.appid) == ("something_new", "")


def test_redeliveries_are_one_and_everything_else_is_another() -> None:
    assert read(AUTHORIZED).dedupe_key == read(AUTHORIZED).dedupe_key
    others = [
        AUTHORIZED,
        AUTHORIZED.replace("Zz9", "Zz8"),
        AUTHORIZED.replace("1742372301", "1742372302"),
        AUTHORIZED.replace(ACCOUNT, "wx1a2b3c4d5e6f7082"),
        AUTHORIZED.replace("authorized", "updateauthorized", 1),
        TICKET,
        UNAUTHORIZED,
    ]
    assert len({read(document).dedupe_key for document in others}) == len(others)


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (TICKET.replace(PLATFORM, "wxc0ffee1234567891"), "wrong_account"),
        (TICKET.replace("InfoType", "Infotype"), "malformed"),
        (TICKET.replace("1742372300", "yesterday"), "malformed"),
        (TICKET.replace("1742372300", "0"), "malformed"),
        (TICKET.replace("ticket@@@A1b2C3", ""), "malformed"),
        (TICKET.replace("ticket@@@A1b2C3", "t" * 513), "malformed"),
        (AUTHORIZED.replace("queryauthcode@@@Zz9", ""), "malformed"),
        (AUTHORIZED.replace(ACCOUNT, "wx1"), "malformed"),
        (UNAUTHORIZED.replace("AuthorizerAppid", "Nobody"), "malformed"),
        ("<html></html>", "malformed"),
        ("", "malformed"),
    ],
)
def test_what_is_no_such_push_is_refused(document: str, reason: str) -> None:
    with pytest.raises(Rejected) as refused:
        read(document)
    assert refused.value.reason == reason


def test_a_stale_push_is_refused() -> None:
    with pytest.raises(Rejected, match="stale"):
        read(TICKET, now=datetime.fromtimestamp(1742372305 + 601, UTC))


@given(st.sampled_from([TICKET, AUTHORIZED, UNAUTHORIZED, REGISTERED]), st.data())
def test_a_mutated_document_is_read_or_refused_and_nothing_else(document: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(document)))
    end = data.draw(st.integers(start, min(len(document), start + 40)))
    mutated = document[:start] + data.draw(st.text(max_size=20)) + document[end:]
    try:
        push = read(mutated)
    except Rejected:
        return
    assert push.component_appid == PLATFORM
    assert push.info_type == push.info_type.lower() != ""
