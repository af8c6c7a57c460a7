"""Pushes as WeChat sends them to one account in safe mode, built fast: signed, encrypted, ready for the wire."""

from __future__ import annotations

import base64
import hashlib
import random
import secrets
from dataclasses import dataclass
from importlib import resources

import yaml
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from hub.kernel import clock
from hub.web import groupfile

GROUP_FILE = resources.files(groupfile).joinpath("demo.yaml").read_bytes()
FOLLOWERS = 40
MIX = (
    ("event", "<Event><![CDATA[CLICK]]></Event><EventKey><![CDATA[PRICE]]></EventKey>", 20),
    ("event", "<Event><![CDATA[SCAN]]></Event><EventKey><![CDATA[auto.hall]]></EventKey>", 20),
    ("event", "<Event><![CDATA[VIEW]]></Event><EventKey><![CDATA[https://h5.example.com/cases]]></EventKey>", 15),
    ("text", "<Content><![CDATA[请问有产品资料吗]]></Content>", 5),
)
"""What comes beside follows (MsgType, what differs, percent): inquiries, scans, page views, messages."""
_FOLLOW = ("event", "<Event><![CDATA[subscribe]]></Event><EventKey><![CDATA[qrscene_auto.expo]]></EventKey>")
_BLOCK = 32


@dataclass(frozen=True, slots=True)
class Account:
    """Hold what signs and encrypts the pushes of one account; `path` is where every contender takes them in."""

    appid: str
    original_id: str
    token: str
    aes_key: str

    @property
    def path(self) -> str:
        """Return the path of the account's callbacks."""
        return f"/wechat/callback/{self.appid}"


def account() -> Account:
    """Return the first account of the sample group, which is in safe mode."""
    found = yaml.safe_load(GROUP_FILE)["accounts"][0]
    return Account(found["appid"], found["original_id"], found["token"], found["aes_key"])


def documents(to: Account, count: int) -> list[tuple[str, str]]:
    """Return `count` distinct (OpenID, XML), no two of one person in one second, in the order of a busy day: none."""
    mood, run, people = random.Random(7), secrets.token_hex(4), max(1, count * FOLLOWERS // 100)
    weights, first = [percent for *_, percent in MIX], int(clock.now().timestamp()) - 60
    made = []
    for n in range(count):
        openid = f"oBench{run}{n % people:012d}"
        msg_type, rest = _FOLLOW if n < people else mood.choices(MIX, weights)[0][:2]
        msg_id = f"<MsgId>{secrets.randbits(62)}</MsgId>" if msg_type == "text" else ""
        made.append((openid, _xml(to, openid, first + n // people, f"{_typed(msg_type)}{rest}{msg_id}")))
    mood.shuffle(made)
    return made


def requests(to: Account, count: int) -> list[bytes]:
    """Return `count` distinct pushes as HTTP requests, signed now."""
    return [_request(to, openid, document) for openid, document in documents(to, count)]


def request(to: Account, openid: str, created: int, msg_type: str, rest: str) -> bytes:
    """Return one push as an HTTP request, signed now; `rest` is the XML that its kind adds."""
    return _request(to, openid, _xml(to, openid, created, f"{_typed(msg_type)}{rest}"))


def _typed(msg_type: str) -> str:
    return f"<MsgType><![CDATA[{msg_type}]]></MsgType>"


def _xml(to: Account, openid: str, created: int, rest: str) -> str:
    return (
        f"<xml><ToUserName><![CDATA[{to.original_id}]]></ToUserName><FromUserName><![CDATA[{openid}]]></FromUserName>"
        f"<CreateTime>{created}</CreateTime>{rest}</xml>"
    )


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
