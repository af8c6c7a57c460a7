"""Pushes as WeChat sends them to one account in safe mode, built fast: signed, encrypted, ready for the wire."""

from __future__ import annotations

import base64
import hashlib
import itertools
import random
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import yaml
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from hub.kernel import clock
from hub.web import groupfile
from importlib import resources

GROUP_FILE = resources.files(groupfile).joinpath("demo.yaml").read_bytes()
_BLOCK = 32


@dataclass(frozen=True, slots=True)
class Account:
    """Hold the sample group's first account, which is in safe mode."""

    appid: str
    original_id: str
    token: str
    aes_key: str

    @property
    def path(self) -> str:
        """Return the path that every contender serves."""
        return f"/wechat/callback/{self.appid}"


def account() -> Account:
    """Return the account that all pushes are for."""
    found = yaml.safe_load(GROUP_FILE)["accounts"][0]
    return Account(found["appid"], found["original_id"], found["token"], found["aes_key"])


MIX = (
    ("event", "<Event><![CDATA[subscribe]]></Event><EventKey><![CDATA[qrscene_auto.expo]]></EventKey>", 40),
    ("event", "<Event><![CDATA[CLICK]]></Event><EventKey><![CDATA[PRICE]]></EventKey>", 20),
    ("event", "<Event><![CDATA[SCAN]]></Event><EventKey><![CDATA[auto.hall]]></EventKey>", 20),
    ("event", "<Event><![CDATA[VIEW]]></Event><EventKey><![CDATA[https://h5.example.com/cases]]></EventKey>", 15),
    ("text", "<Content><![CDATA[请问有产品资料吗]]></Content>", 5),
)
"""(MsgType, what differs, percent): follows, inquiries, scans, page views, and messages, which the hub seals."""


def documents(to: Account, count: int, people: int) -> Iterator[tuple[str, str]]:
    """Yield `count` distinct (OpenID, XML) of `people` people: each follows first, the rest is mixed."""
    mood = random.Random(7)
    kinds, weights = MIX[1:], [percent for *_, percent in MIX[1:]]
    started, run = int(clock.now().timestamp()), secrets.token_hex(4)
    for n in range(count):
        openid = f"oBench{run}{n % people:012d}"
        msg_type, rest, _ = MIX[0] if n < people else mood.choices(kinds, weights)[0]
        created = started - 60 + n // people  # a person does one thing a second, so that no two pushes are the same
        msg_id = f"<MsgId>{secrets.randbits(62)}</MsgId>" if msg_type == "text" else ""
        yield (
            openid,
            f"<xml><ToUserName><![CDATA[{to.original_id}]]></ToUserName><FromUserName><![CDATA[{openid}]]>"
            f"</FromUserName><CreateTime>{created}</CreateTime><MsgType><![CDATA[{msg_type}]]></MsgType>"
            f"{rest}{msg_id}</xml>",
        )


def requests(to: Account, count: int) -> list[bytes]:
    """Return `count` distinct HTTP requests, fresh now, two pushes of each person in five, mixed as MIX says."""
    people = max(1, count * MIX[0][2] // 100)
    made = [_request(to, openid, document) for openid, document in documents(to, count, people)]
    random.Random(7).shuffle(made)
    return made


def _request(to: Account, openid: str, document: str) -> bytes:
    timestamp, nonce = str(int(clock.wall().timestamp())), str(secrets.randbelow(9 * 10**8) + 10**8)
    encrypted = _encrypt(to, document)
    body = f"<xml><ToUserName><![CDATA[{to.original_id}]]></ToUserName><Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>"
    query = (
        f"signature={_sign(to.token, timestamp, nonce)}&timestamp={timestamp}&nonce={nonce}&openid={openid}"
        f"&encrypt_type=aes&msg_signature={_sign(to.token, timestamp, nonce, encrypted)}"
    )
    head = (
        f"POST {to.path}?{query} HTTP/1.1\r\nHost: hub.example.com\r\nUser-Agent: Mozilla/4.0\r\nAccept: */*\r\n"
        f"Pragma: no-cache\r\nContent-Type: text/xml\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return (head + body).encode()


def _sign(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


def _encrypt(to: Account, document: str) -> str:
    message, key = document.encode(), base64.b64decode(to.aes_key + "=")
    plain = secrets.token_bytes(16) + len(message).to_bytes(4, "big") + message + to.appid.encode()
    fill = _BLOCK - len(plain) % _BLOCK
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(encryptor.update(plain + bytes([fill]) * fill) + encryptor.finalize()).decode()


def chunks(items: Iterator[str], size: int) -> Iterator[Sequence[str]]:
    """Yield `items` in lists of `size`."""
    while chunk := list(itertools.islice(items, size)):
        yield chunk
