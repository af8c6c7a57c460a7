"""Check an account's set-up as WeChat would use it: its keys, a push to our own door, a token."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from hub.group.service import Account
from hub.kernel import clock
from wechat import rules
from wechat.rules import Query, Rejected
from wechat.service.directory import component_keys, keys_of

_PROBE = "hub_probe"


@dataclass(frozen=True, slots=True)
class Probe:
    """Hold a signed address check, as WeChat sends it, and the answer it must get."""

    query: dict[str, str]
    echo: str


def keys_problem(account: Account) -> str | None:
    """Return what keeps the account's pushes from being read ("no_aes_key", "bad_aes_key"), or None."""
    if account.component is not None:
        return None  # the platform's keys are checked where they are entered
    if not account.aes_key:
        return None if account.mode == "plain" else "no_aes_key"
    try:
        rules.decode_aes_key(account.aes_key)
    except ValueError:
        return "bad_aes_key"
    return None


def push_problem(account: Account) -> str | None:
    """Return why a push made with the account's own keys would be refused, or None; nothing is stored."""
    keys = keys_of(account)
    if account.component is not None:
        keys = component_keys(account.component.appid, account.appid)
    now = clock.now()
    stamp, nonce = str(int(now.timestamp())), secrets.token_hex(5)
    message = _message(account, stamp)
    query = Query(rules.sign(keys.token, stamp, nonce), stamp, nonce)
    if keys.mode != "plain":
        encrypted = rules.encrypt(keys, message, random=secrets.token_bytes(16))
        message = f"<xml><ToUserName><![CDATA[{keys.original_id}]]></ToUserName><Encrypt>{encrypted}</Encrypt></xml>"
        query = Query(query.signature, stamp, nonce, "aes", rules.sign(keys.token, stamp, nonce, encrypted))
    try:
        rules.open_push(keys, query, message.encode(), now=now)
    except Rejected as error:
        return error.reason
    return None


def probe(account: Account) -> Probe:
    """Return an address check signed with the account's token, to be sent to its callback address."""
    stamp, nonce, echo = str(int(clock.now().timestamp())), secrets.token_hex(5), str(secrets.randbelow(10**19))
    signature = rules.sign(account.token, stamp, nonce)
    return Probe({"signature": signature, "timestamp": stamp, "nonce": nonce, "echostr": echo}, echo)


def _message(account: Account, stamp: str) -> str:
    fields = {"ToUserName": account.original_id, "FromUserName": _PROBE, "MsgType": "event", "Event": _PROBE}
    inside = "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in fields.items())
    return f"<xml>{inside}<CreateTime>{stamp}</CreateTime></xml>"
