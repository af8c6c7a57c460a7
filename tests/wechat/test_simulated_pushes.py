from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.wechat.simulated import EVERY_KIND_AND_MODE, FIELDS, MINI, PLAIN, SERVICE, opened, parsed, signature
from wechat.simulator import Push, SimAccount, crypto, push
from wechat.simulator.push import to_json, verification, xml
from wechat.simulator.replies import accepted

GOLDEN_TOKEN, GOLDEN_KEY, GOLDEN_APPID = "AAAAA", "A" * 43, "wxba5fad812f8e6fb9"
GOLDEN_IN = (
    "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6JsXUnnR8XG"
    "T740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32IIjdf"
    "8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04="
)
GOLDEN_MESSAGE = (
    b'{"ToUserName":"gh_97417a04a28d","FromUserName":"o9AgO5Kd5ggOC-bXrbNODIiE3bGY","CreateTime":1714112445,'
    b'"MsgType":"event","Event":"debug_demo","debug_str":"hello world"}'
)
GOLDEN_OUT = "ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ=="
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def test_the_check_of_this_file_and_the_simulator_agree_with_the_published_vectors() -> None:
    for sign in (signature, crypto.sign):
        assert sign(GOLDEN_TOKEN, "1714036504", "1514711492") == "f464b24fc39322e44b38aa78f5edd27bd1441696"
        assert sign(GOLDEN_TOKEN, "1714037059", "486452656") == "899cf89e464efb63f54ddac96b0a0a235f53aa78"
        incoming = sign(GOLDEN_TOKEN, "1714112445", "415670741", GOLDEN_IN)
        assert incoming == "046e02f8204d34f8ba5fa3b1db94908f3df2e9b3"
        outgoing = sign(GOLDEN_TOKEN, "1713424427", "415670741", GOLDEN_OUT)
        assert outgoing == "1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1"
    for decrypt in (opened, crypto.decrypt):
        assert decrypt(GOLDEN_KEY, GOLDEN_APPID, GOLDEN_IN) == GOLDEN_MESSAGE
    made = crypto.encrypt(GOLDEN_KEY, GOLDEN_APPID, b'{"demo_resp":"good luck"}', prefix=b"707722b803182950")
    assert made == GOLDEN_OUT


@pytest.mark.parametrize("account", EVERY_KIND_AND_MODE, ids=lambda a: f"{a.kind}-{a.mode}")
def test_a_push_verifies_in_every_mode_and_format(account: SimAccount) -> None:
    made = push("http://hub.example.com/x", account, FIELDS, now=NOW)
    query, shown = made.query, parsed(account, made.body)
    expected = {name: str(value) for name, value in FIELDS.items()}
    assert query["signature"] == signature(account.token, query["timestamp"], query["nonce"])
    assert query["timestamp"] == str(int(NOW.timestamp()))
    assert query["openid"] == FIELDS["FromUserName"]
    encrypted = shown.pop("Encrypt", "")
    if account.mode == "plain":
        assert (encrypted, shown) == ("", expected)
        assert "msg_signature" not in query
        return
    assert query["encrypt_type"] == "aes"
    assert query["msg_signature"] == signature(account.token, query["timestamp"], query["nonce"], encrypted)
    assert parsed(account, opened(account.aes_key, account.appid, encrypted)) == expected
    assert shown == (expected if account.mode == "compatible" else {"ToUserName": account.original_id})


def test_numbers_are_bare_and_text_is_cdata() -> None:
    body = xml({"CreateTime": 1, "Event": "CLICK"})
    assert body == b"<xml><CreateTime>1</CreateTime><Event><![CDATA[CLICK]]></Event></xml>"
    assert to_json({"CreateTime": 1}) == b'{"CreateTime": 1}'


def test_an_address_check_carries_a_valid_signature() -> None:
    query, echo = verification(SERVICE, now=NOW)
    assert query["echostr"] == echo
    assert query["signature"] == signature(SERVICE.token, query["timestamp"], query["nonce"])


def reply(**changes: str | int) -> bytes:
    fields = {"ToUserName": FIELDS["FromUserName"], "FromUserName": PLAIN.original_id, "CreateTime": 1}
    return xml({**fields, "MsgType": "text", "Content": "您好", **changes})


def sealed(account: SimAccount, body: bytes) -> bytes:
    encrypted = crypto.encrypt(account.aes_key, account.appid, body)
    signed = signature(account.token, "1", "2", encrypted)
    return xml({"Encrypt": encrypted, "MsgSignature": signed, "TimeStamp": 1, "Nonce": "2"})


def test_only_what_wechat_would_take_is_accepted() -> None:
    for body in (b"success", b"", reply()):
        assert accepted(PLAIN, FIELDS, 200, body)
    refused = [b"ok", b"success\n", b"{}", b"<html>", reply(CreateTime="x"), reply(ToUserName="o"), reply(MsgType="")]
    assert not [body for body in refused if accepted(PLAIN, FIELDS, 200, body)]
    assert not accepted(PLAIN, FIELDS, 500, b"success")
    assert not accepted(PLAIN, FIELDS, 200, reply(Content="长" * 683))
    answer = reply(FromUserName=SERVICE.original_id)
    assert accepted(SERVICE, FIELDS, 200, sealed(SERVICE, answer))
    assert not accepted(SERVICE, FIELDS, 200, answer)
    assert not accepted(SERVICE, FIELDS, 200, sealed(SERVICE, answer).replace(b"<Nonce>", b"<Nonce>9"))


def test_a_push_value_says_where_it_goes() -> None:
    made = push("http://hub.example.com/y", MINI, FIELDS, now=NOW)
    assert isinstance(made, Push)
    assert (made.url, made.content_type) == ("http://hub.example.com/y", "application/json")
