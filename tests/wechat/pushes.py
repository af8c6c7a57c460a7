"""Build the requests of WeChat as the tests need them, in every mode and format."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from wechat.rules import AccountKeys, Envelope, Query, Rejected, encrypt, open_push, sign

APPID = "wx0123456789abcdef"
ACCOUNT = "gh_0123456789ab"
FAN = "oExample-Follower_0000000001"
UNIONID = "oUnion-Example_0000000000001"
ROBOT = "oPlatformRobot00000000000000"
SENT = 1_742_371_400
NOW = datetime.fromtimestamp(SENT + 2, UTC)
RANDOM = b"0123456789abcdef"
KEYS = AccountKeys(
    appid=APPID,
    original_id=ACCOUNT,
    kind="service",
    mode="safe",
    token="hubtoken1",
    aes_key="abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
)
MINI = replace(KEYS, kind="miniprogram")
HEAD = {"ToUserName": ACCOUNT, "FromUserName": FAN, "CreateTime": SENT}


def xml(**fields: object) -> str:
    """Return the XML document of `fields`, after the head that every push has; None leaves a field out."""
    return f"<xml>{''.join(_element(name, value) for name, value in {**HEAD, **fields}.items())}</xml>"


def _element(name: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return "".join(_element(name, item) for item in value)
    if isinstance(value, dict):
        return f"<{name}>{''.join(_element(inner, item) for inner, item in value.items())}</{name}>"
    return f"<{name}>{value}</{name}>" if isinstance(value, int) else f"<{name}><![CDATA[{value}]]></{name}>"


def as_json(**fields: object) -> str:
    """Return the JSON document of `fields`, after the head that every push has; None leaves a field out."""
    present = {name: value for name, value in {**HEAD, **fields}.items() if value is not None}
    return json.dumps(present, ensure_ascii=False)


def request(
    keys: AccountKeys, document: str, *, at: datetime = NOW, nonce: str = "415670741", random: bytes = RANDOM
) -> tuple[Query, bytes]:
    """Return the query and body by which WeChat would push `document` to the account, in its mode."""
    timestamp = str(int(at.timestamp()))
    signature = sign(keys.token, timestamp, nonce)
    if keys.mode == "plain":
        return Query(signature, timestamp, nonce), document.encode()
    encrypted = encrypt(keys, document, random=random)
    query = Query(signature, timestamp, nonce, "aes", sign(keys.token, timestamp, nonce, encrypted))
    return query, _body(keys, document, encrypted).encode()


def _body(keys: AccountKeys, document: str, encrypted: str) -> str:
    if document.lstrip().startswith("{"):
        plain = json.loads(document) if keys.mode == "compatible" else {"ToUserName": ACCOUNT}
        return json.dumps({**plain, "Encrypt": encrypted})
    plain = document.removesuffix("</xml>") if keys.mode == "compatible" else f"<xml><ToUserName>{ACCOUNT}</ToUserName>"
    return f"{plain}<Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>"


def opened(keys: AccountKeys, document: str, *, late: int = 0) -> Envelope:
    """Return the envelope of `document`, pushed to the account and opened `late` seconds afterwards."""
    query, body = request(keys, document)
    return open_push(keys, query, body, now=NOW + timedelta(seconds=late))


def refusal(keys: AccountKeys, query: Query, body: bytes, *, now: datetime = NOW) -> str:
    """Return the reason for which a request is refused, "" when it is not."""
    try:
        open_push(keys, query, body, now=now)
        return ""
    except Rejected as error:
        rejected = error
    assert rejected.__cause__ is None, "a cause may carry content"
    assert rejected.__context__ is None, "a context may carry content"
    return rejected.reason
