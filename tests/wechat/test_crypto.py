"""Signatures and the AES envelope, against WeChat's published examples, wechatpy and hostile plaintexts."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st
from wechatpy.crypto import WeChatCrypto

from tests.wechat.pushes import KEYS, RANDOM
from wechat.rules import (
    AccountKeys,
    Rejected,
    decode_aes_key,
    decrypt,
    encrypt,
    encrypt_reply,
    parse_document,
    sign,
    sign_page,
    verify_signature,
)

OFFICIAL = AccountKeys("wxba5fad812f8e6fb9", "gh_97417a04a28d", "miniprogram", "safe", "AAAAA", "A" * 43)
OFFICIAL_ENCRYPT = (
    "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6JsXUnnR"
    "8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km3"
    "2IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04="
)
OFFICIAL_MESSAGE = (
    '{"ToUserName":"gh_97417a04a28d","FromUserName":"o9AgO5Kd5ggOC-bXrbNODIiE3bGY","CreateTime":1714112445,'
    '"MsgType":"event","Event":"debug_demo","debug_str":"hello world"}'
)
OFFICIAL_REPLY = "ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ=="


def reason_of(encrypted: str, keys: AccountKeys = KEYS) -> str:
    with pytest.raises(Rejected) as caught:
        decrypt(keys, encrypted)
    assert caught.value.__context__ is None
    return caught.value.reason


def sealed(plain: bytes) -> str:
    """Return exactly `plain` encrypted, whatever it is."""
    key = decode_aes_key(KEYS.aes_key)
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(encryptor.update(plain) + encryptor.finalize()).decode()


def framed(message: bytes, *, length: int | None = None, appid: str = KEYS.appid) -> bytes:
    size = len(message) if length is None else length
    return RANDOM + size.to_bytes(4, "big") + message + appid.encode()


def padded(plain: bytes) -> bytes:
    count = 32 - len(plain) % 32
    return plain + bytes([count]) * count


@pytest.mark.parametrize(
    ("timestamp", "nonce", "encrypted", "signature"),
    [
        ("1714036504", "1514711492", (), "f464b24fc39322e44b38aa78f5edd27bd1441696"),
        ("1714037059", "486452656", (), "899cf89e464efb63f54ddac96b0a0a235f53aa78"),
        ("1714112445", "415670741", (), "6c5c811b55cc85e0e1b54100749188c20beb3f5d"),
        ("1714112445", "415670741", (OFFICIAL_ENCRYPT,), "046e02f8204d34f8ba5fa3b1db94908f3df2e9b3"),
        ("1713424427", "415670741", (OFFICIAL_REPLY,), "1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1"),
    ],
)
def test_official_signatures_match(timestamp: str, nonce: str, encrypted: tuple[str, ...], signature: str) -> None:
    assert sign("AAAAA", timestamp, nonce, *encrypted) == signature
    verify_signature(signature, "AAAAA", timestamp, nonce, *encrypted)


@pytest.mark.parametrize("wrong", ["", "f464", "F464B24FC39322E44B38AA78F5EDD27BD1441696", "é" * 40, "\ud800"])
def test_a_wrong_signature_is_refused(wrong: str) -> None:
    with pytest.raises(Rejected, match="bad_signature"):
        verify_signature(wrong, "AAAAA", "1714036504", "1514711492")


def test_official_push_opens_and_is_made_again_byte_for_byte() -> None:
    assert decrypt(OFFICIAL, OFFICIAL_ENCRYPT) == OFFICIAL_MESSAGE
    assert encrypt(OFFICIAL, OFFICIAL_MESSAGE, random=b"a8eedb185eb2fecf") == OFFICIAL_ENCRYPT


def test_official_reply_is_made_byte_for_byte_and_opens() -> None:
    reply = encrypt_reply(
        OFFICIAL, '{"demo_resp":"good luck"}', random=b"707722b803182950", timestamp=1713424427, nonce="415670741"
    )
    assert reply == (
        f'{{"Encrypt":"{OFFICIAL_REPLY}","MsgSignature":"1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1",'
        '"TimeStamp":1713424427,"Nonce":"415670741"}'
    )
    assert decrypt(OFFICIAL, json.loads(reply)["Encrypt"]) == '{"demo_resp":"good luck"}'


def test_official_page_signature_matches_and_ignores_the_fragment() -> None:
    ticket = "sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg"
    for url in ("http://mp.weixin.qq.com?params=value", "http://mp.weixin.qq.com?params=value#top"):
        signature = sign_page(ticket=ticket, nonce="Wm3WZYTPz0wzccnW", timestamp=1414587457, url=url)
        assert signature == "0f9de62fce790f9a083d5c99e95740ceb90c27ed"


def test_an_xml_reply_is_xml_and_its_nonce_cannot_leave_its_section() -> None:
    nonce = "1]]><Evil>x</Evil>"
    reply = encrypt_reply(KEYS, "<xml><a/></xml>", random=RANDOM, timestamp=1713424427, nonce=nonce)
    fields = parse_document(reply, json_allowed=False)
    assert fields["Nonce"] == nonce
    assert fields["TimeStamp"] == "1713424427"
    assert decrypt(KEYS, str(fields["Encrypt"])) == "<xml><a/></xml>"
    assert fields["MsgSignature"] == sign(KEYS.token, "1713424427", nonce, str(fields["Encrypt"]))


def test_spare_bits_of_the_last_key_character_do_not_matter() -> None:
    assert len({decode_aes_key("A" * 42 + last) for last in "ABCD"}) == 1
    assert decrypt(replace(OFFICIAL, aes_key="A" * 42 + "D"), OFFICIAL_ENCRYPT) == OFFICIAL_MESSAGE


@pytest.mark.parametrize("key", ["", "A" * 42, "A" * 44, "A" * 41 + "!!", "é" * 43])
def test_a_wrong_aes_key_is_a_value_error_for_us_and_undecodable_for_them(key: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode_aes_key(key)
    assert reason_of(OFFICIAL_ENCRYPT, replace(OFFICIAL, aes_key=key)) == "undecodable"


def test_random_must_be_sixteen_bytes() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        encrypt(KEYS, "x", random=b"short")


@pytest.mark.parametrize("length", range(70))
def test_every_padding_length_round_trips(length: int) -> None:
    encrypted = encrypt(KEYS, "x" * length, random=RANDOM)
    assert encrypted == sealed(padded(framed(b"x" * length)))
    assert decrypt(KEYS, encrypted) == "x" * length


@given(text=st.text(st.characters(exclude_categories=["Cs"])), random=st.binary(min_size=16, max_size=16))
def test_any_text_round_trips(text: str, random: bytes) -> None:
    assert decrypt(KEYS, encrypt(KEYS, text, random=random)) == text


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_wechatpy_reads_ours_and_we_read_theirs(text: str) -> None:
    theirs = WeChatCrypto(KEYS.token, KEYS.aes_key, KEYS.appid)
    query = ("1713424427", "415670741")
    message = f"<xml>{text}"
    reply = parse_document(
        encrypt_reply(KEYS, message, random=RANDOM, timestamp=int(query[0]), nonce=query[1]), json_allowed=False
    )
    assert theirs.decrypt_message(reply, reply["MsgSignature"], *query) == message
    answer = parse_document(theirs.encrypt_message(message, query[1], query[0]), json_allowed=False)
    verify_signature(str(answer["MsgSignature"]), KEYS.token, *query, str(answer["Encrypt"]))
    assert decrypt(KEYS, str(answer["Encrypt"])) == message


@pytest.mark.parametrize(
    "encrypted",
    [
        "",
        "====",
        "not base64!",
        "é" * 64,
        base64.b64encode(bytes(31)).decode(),
        base64.b64encode(bytes(48)).decode(),
        OFFICIAL_ENCRYPT.rstrip("="),
        OFFICIAL_ENCRYPT + "AAAA",
        OFFICIAL_ENCRYPT[:100] + "\n" + OFFICIAL_ENCRYPT[100:],
    ],
)
def test_what_is_not_strict_base64_of_whole_blocks_is_undecodable(encrypted: str) -> None:
    assert reason_of(encrypted) == "undecodable"


@pytest.mark.parametrize(
    "plain",
    [
        bytes(32),
        b"\x21" * 64,
        b"\x20" * 32,
        b"\xff" * 64,
        framed(b"x" * 25)[:-1] + b"\x01\x02",
        padded(framed(b"<xml/>", length=2**32 - 1)),
        padded(framed(b"<xml/>", length=len(KEYS.appid) + 7)),
        padded(framed(b"\xff\xfe")),
        padded(framed(b"\xed\xa0\x80")),
        padded(b"x" * 19),
    ],
)
def test_a_broken_plaintext_is_undecodable(plain: bytes) -> None:
    plain = plain[: len(plain) // 32 * 32]
    assert reason_of(sealed(plain)) == "undecodable"


@pytest.mark.parametrize("appid", ["", "wx0123456789abcdee", KEYS.appid + "0", "WX0123456789ABCDEF"])
def test_a_push_for_another_app_is_refused(appid: str) -> None:
    assert reason_of(sealed(padded(framed(b"<xml/>", appid=appid)))) == "wrong_appid"


@given(st.binary(max_size=256).map(lambda data: data[: len(data) // 32 * 32]))
def test_any_plaintext_is_refused_for_one_of_two_reasons(plain: bytes) -> None:
    assert reason_of(sealed(plain)) in {"undecodable", "wrong_appid"}


@given(st.text())
def test_any_ciphertext_is_refused(encrypted: str) -> None:
    assert reason_of(encrypted) in {"undecodable", "wrong_appid"}


def test_keys_never_show_their_secrets() -> None:
    assert KEYS.token not in repr(KEYS)
    assert KEYS.aes_key not in repr(KEYS)
