"""The whole inbound way: who is let in, and that nothing but Rejected ever comes out."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wechat.pushes import APPID, FAN, KEYS, MINI, NOW, SENT, as_json, opened, refusal, request, xml
from wechat.rules import (
    FRESH_SECONDS,
    MAX_BODY_BYTES,
    REASONS,
    AccountKeys,
    Query,
    Rejected,
    open_push,
    open_with,
    sign,
    verify_url,
)

PLAIN = replace(KEYS, mode="plain", aes_key="")
DOCUMENT = xml(MsgType="event", Event="subscribe", EventKey="qrscene_1")
WORDS = xml(MsgType="text", Content="想要报价", MsgId=1)


def url_query(timestamp: str, nonce: str = "1") -> Query:
    return Query(sign(KEYS.token, timestamp, nonce), timestamp, nonce)


def verdict(query: Query) -> str:
    for mode in ("plain", "compatible", "safe"):
        with pytest.raises(Rejected) as caught:
            verify_url(replace(KEYS, mode=mode), query, now=NOW)
    return caught.value.reason


@pytest.mark.parametrize("mode", ["plain", "compatible", "safe"])
def test_the_url_is_verified_by_its_signature_alone_in_every_mode(mode: str) -> None:
    verify_url(replace(KEYS, mode=mode), url_query(str(SENT)), now=NOW)


def test_a_url_check_that_is_not_wechats_is_refused() -> None:
    assert verdict(Query()) == "bad_signature"
    assert verdict(replace(url_query(str(SENT)), nonce="2")) == "bad_signature"
    assert verdict(replace(url_query(str(SENT)), signature="é")) == "bad_signature"
    assert verdict(url_query("soon")) == "bad_signature"
    assert verdict(url_query("-1742371400")) == "bad_signature"
    assert verdict(url_query(str(SENT - 1_000))) == "stale"


def test_a_query_takes_what_it_knows_and_leaves_the_rest() -> None:
    assert Query.from_mapping({"signature": "s", "openid": FAN, "msg_signature": "m"}) == Query("s", "", "", "", "m")


@pytest.mark.parametrize("keys", [KEYS, PLAIN, replace(KEYS, mode="compatible")])
def test_a_push_is_fresh_for_ten_minutes_either_way(keys: AccountKeys) -> None:
    query, body = request(keys, DOCUMENT)
    for late in (FRESH_SECONDS, -FRESH_SECONDS):
        assert refusal(keys, query, body, now=NOW + timedelta(seconds=late)) == ""
    for late in (FRESH_SECONDS + 1, -FRESH_SECONDS - 1, 10**9):
        assert refusal(keys, query, body, now=NOW + timedelta(seconds=late)) == "stale"


@pytest.mark.parametrize("name", ["msg_signature", "timestamp", "nonce"])
@pytest.mark.parametrize("value", ["", "0", "1742371403", "é", "x" * 10_000, "\ud800"])
def test_a_safe_push_with_a_changed_query_is_refused(name: str, value: str) -> None:
    query, body = request(KEYS, DOCUMENT)
    assert refusal(KEYS, replace(query, **{name: value}), body) == "bad_signature"


def test_a_safe_push_does_not_pass_by_its_plain_signature() -> None:
    query, body = request(KEYS, DOCUMENT)
    assert refusal(KEYS, replace(query, msg_signature=query.signature), body) == "bad_signature"
    assert refusal(KEYS, replace(query, signature=""), body) == ""


def test_a_plain_push_needs_its_signature() -> None:
    query, body = request(PLAIN, DOCUMENT)
    assert refusal(PLAIN, query, body) == ""
    assert refusal(PLAIN, replace(query, signature=""), body) == "bad_signature"
    assert refusal(replace(PLAIN, token="another"), query, body) == "bad_signature"


@pytest.mark.parametrize("mode", ["safe", "compatible", "a mode from the future"])
def test_a_plain_push_is_refused_where_encryption_is_promised(mode: str) -> None:
    keys = replace(KEYS, mode=mode)
    query, body = request(keys, DOCUMENT)
    for encrypt_type in ("", "raw", "AES"):
        assert refusal(keys, replace(query, encrypt_type=encrypt_type), body) == "plaintext_refused"
    for plain in (DOCUMENT, xml(Encrypt="")):
        assert refusal(keys, query, plain.encode()) == "plaintext_refused"
    assert refusal(keys, *request(PLAIN, DOCUMENT)) == "plaintext_refused"


def test_the_plain_fields_of_a_compatible_push_are_not_believed() -> None:
    keys = replace(KEYS, mode="compatible")
    query, body = request(keys, DOCUMENT)
    forged = body.replace(b"subscribe", b"unsubscribe").replace(FAN.encode(), b"oSomebodyElse")
    assert forged != body
    assert open_push(keys, query, forged, now=NOW) == open_push(keys, query, body, now=NOW)


def test_a_plain_account_takes_encrypted_pushes_when_it_has_the_key() -> None:
    query, body = request(KEYS, DOCUMENT)
    keys = replace(KEYS, mode="plain")
    assert open_push(keys, query, body, now=NOW) == opened(KEYS, DOCUMENT)
    assert refusal(keys, replace(query, msg_signature=""), body) == "bad_signature"
    assert refusal(keys, replace(query, signature=""), body) == "bad_signature"
    assert refusal(PLAIN, query, body) == "malformed"
    plain, plain_body = request(keys, DOCUMENT)
    assert refusal(keys, replace(plain, encrypt_type="aes"), plain_body) == ""


def test_encrypt_must_be_one_text() -> None:
    query, body = request(KEYS, DOCUMENT)
    doubled = body.replace(b"</xml>", b"<Encrypt>a</Encrypt></xml>")
    assert refusal(KEYS, query, doubled) == "malformed"
    assert refusal(KEYS, query, b"<xml><Encrypt><a/></Encrypt></xml>") == "malformed"
    assert refusal(MINI, query, b'{"Encrypt":{"a":1}}') == "malformed"


def test_encrypt_may_stand_on_lines_of_its_own() -> None:
    query, body = request(KEYS, DOCUMENT)
    assert refusal(KEYS, query, body.replace(b"<Encrypt>", b"<Encrypt>\n ").replace(b"]]></E", b"]]>\n</E")) == ""


@pytest.mark.parametrize("kind", ["service", "subscription"])
def test_json_is_for_mini_programs_only(kind: str) -> None:
    document = as_json(MsgType="event", Event="subscribe")
    for mode in ("plain", "compatible", "safe"):
        keys = replace(MINI, mode=mode)
        query, body = request(keys, document)
        assert refusal(keys, query, b"\xef\xbb\xbf\n" + body) == ""
        assert refusal(replace(keys, kind=kind), query, b"\xef\xbb\xbf\n" + body) == "wrong_format"


def test_a_body_may_have_64_kib_and_no_more() -> None:
    query, body = request(KEYS, DOCUMENT)
    assert refusal(KEYS, query, body.ljust(MAX_BODY_BYTES)) == ""
    assert refusal(KEYS, query, body.ljust(MAX_BODY_BYTES + 1)) == "too_large"


@pytest.mark.parametrize(
    "body", [b"", b"\xef\xbb\xbf", b"\xff<xml/>", b"success", b"[1]", b"<xml>", b"\x00", "<xml>".encode("utf-16")]
)
def test_a_body_that_is_no_document_is_malformed(body: bytes) -> None:
    for keys in (KEYS, MINI, PLAIN):
        assert refusal(keys, url_query(str(SENT)), body) in {"malformed", "plaintext_refused"}
        assert refusal(keys, replace(url_query(str(SENT)), encrypt_type="aes"), body) == "malformed"


def test_a_push_for_another_app_or_account_is_refused() -> None:
    for keys in (replace(KEYS, appid="wx0000000000000000"), replace(KEYS, appid=APPID + "0")):
        assert refusal(keys, *request(KEYS, DOCUMENT)) == "wrong_appid"
    assert refusal(replace(KEYS, original_id="gh_000000000000"), *request(KEYS, DOCUMENT)) == "wrong_account"


def signed(encrypted: str) -> tuple[Query, bytes]:
    """Return a push that holds `encrypted`, signed by somebody who knows the token."""
    query = replace(url_query(str(SENT)), encrypt_type="aes")
    signature = sign(KEYS.token, query.timestamp, query.nonce, encrypted)
    return replace(query, msg_signature=signature), f"<xml><Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>".encode()


@pytest.mark.parametrize("encrypted", ["x", "示例", "A" * 44, base64.b64encode(bytes(64)).decode(), "A" * 60_000])
def test_a_signed_push_that_does_not_decrypt_is_undecodable(encrypted: str) -> None:
    assert refusal(KEYS, *signed(encrypted)) == "undecodable"
    assert refusal(replace(KEYS, aes_key=""), *request(KEYS, DOCUMENT)) == "undecodable"


def test_pushes_under_earlier_keys_are_opened_and_new_ones_first() -> None:
    now_ = replace(KEYS, token="hubtoken2", aes_key="z" * 43)
    keys = replace(now_, earlier=(KEYS, replace(KEYS, token="hubtoken2"), replace(KEYS, aes_key="z" * 43)))
    document = xml(MsgType="event", Event="CLICK", EventKey="A")
    for sent_with in (now_, *keys.earlier):
        query, body = request(sent_with, document)
        used, envelope = open_with(keys, query, body, now=NOW)
        assert ((used.token, used.aes_key), envelope.key) == ((sent_with.token, sent_with.aes_key), "A")
        verify_url(keys, query, now=NOW)
    query, body = request(replace(KEYS, token="hubtoken0"), document)
    assert refusal(keys, query, body) == "bad_signature"
    assert refusal(now_, *request(KEYS, document)) == "bad_signature"
    assert refusal(keys, *request(KEYS, document), now=NOW + timedelta(seconds=700)) == "stale"


def test_pushes_in_clear_are_refused_where_they_are_not_allowed() -> None:
    plain = replace(KEYS, mode="plain", plaintext=False)
    document = xml(MsgType="event", Event="CLICK", EventKey="A")
    assert refusal(plain, *request(plain, document)) == "plaintext_refused"
    assert open_push(plain, *request(KEYS, document), now=NOW).key == "A"
    unsigned, body = request(plain, document)
    assert refusal(plain, replace(unsigned, signature="0" * 40), body) == "bad_signature"


def test_a_refusal_has_one_of_the_known_reasons() -> None:
    with pytest.raises(ValueError, match="not a reason"):
        Rejected("because")
    assert Rejected("unknown_account").reason in REASONS


@given(st.text(st.characters(exclude_categories=["Cs"])), st.binary(min_size=16, max_size=16))
def test_any_words_come_out_as_they_went_in(words: str, random: bytes) -> None:
    query, body = request(MINI, as_json(MsgType="text", Content=words, MsgId=1), random=random)
    envelope = open_push(MINI, query, body, now=NOW)
    assert envelope.words == words
    assert json.loads(envelope.private) == {"Content": words.replace("\x00", "")}


CUTS = st.tuples(
    st.integers(0, 400), st.integers(0, 40), st.binary(max_size=12) | st.sampled_from([b"<", b"]]>", b'"'])
)


def mutated(body: bytes, cuts: list[tuple[int, int, bytes]]) -> bytes:
    for start, length, new in cuts:
        body = body[:start] + new + body[start + length :]
    return body


@given(st.sampled_from(["plain", "compatible", "safe"]), st.booleans(), st.lists(CUTS, min_size=1, max_size=4))
def test_a_mutated_push_is_opened_or_refused(mode: str, in_json: bool, cuts: list[tuple[int, int, bytes]]) -> None:
    keys = replace(MINI, mode=mode)
    fields = {"MsgType": "event", "Event": "subscribe_msg_popup_event", "List": [{"TemplateId": "a"}], "EventKey": "k"}
    query, body = request(keys, as_json(**fields) if in_json else xml(**fields))
    assert refusal(keys, query, mutated(body, cuts)) in REASONS | {""}


@given(st.booleans(), st.lists(CUTS, min_size=1, max_size=4))
def test_a_mutated_document_behind_a_true_signature_is_opened_or_refused(
    in_json: bool, cuts: list[tuple[int, int, bytes]]
) -> None:
    fields = {"MsgType": "event", "Event": "user_info_modified", "OpenID": FAN, "EventKey": "k"}
    document = mutated((as_json(**fields) if in_json else xml(**fields)).encode(), cuts).decode(errors="ignore")
    query, body = request(MINI, document)
    assert refusal(MINI, query, body) in REASONS | {""}


@given(st.binary(), st.builds(Query, *[st.text()] * 5))
def test_any_request_is_refused(body: bytes, query: Query) -> None:
    for keys in (KEYS, MINI, PLAIN):
        assert refusal(keys, query, body) in REASONS


def test_a_large_hostile_document_behind_a_true_signature_ends_at_once() -> None:
    for content in ("<a>" * 15_000, "<a/>" * 11_000, "\n" * 45_000, "<Content></Content>" * 900, "&#65;" * 9_000):
        query, body = request(KEYS, WORDS.replace("</xml>", content + "</xml>"))
        started = time.process_time()
        assert refusal(KEYS, query, body) in {"malformed", ""}
        assert time.process_time() - started < 0.5
