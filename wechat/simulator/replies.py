"""Whether WeChat would take the hub's answer to a push."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from xml.etree import ElementTree

from wechat.simulator import crypto
from wechat.simulator.accounts import SimAccount
from wechat.simulator.push import Fields

TEXT_BYTES = 2048


def accepted(account: SimAccount, fields: Fields, status: int, body: bytes) -> bool:
    """Tell whether WeChat stops after this answer: 200 with `success`, nothing, or a well-formed reply."""
    if status != 200:
        return False
    return body in (b"", b"success") or read(account, fields, status, body) is not None


def read(account: SimAccount, fields: Fields, status: int, body: bytes) -> Mapping[str, str] | None:
    """Return the reply that the person is shown, None when this answer holds no well-formed one."""
    try:
        reply = _opened(account, _parse(account, body)) if status == 200 else None
        return reply if reply and _well_formed(account, fields, reply) else None
    except (ValueError, KeyError, ElementTree.ParseError):
        return None


def _opened(account: SimAccount, reply: Mapping[str, str]) -> Mapping[str, str] | None:
    if "Encrypt" not in reply:
        return None if account.pushed_in == "safe" else reply
    token, aes_key, recipient = account.keys
    signature = crypto.sign(token, reply["TimeStamp"], reply["Nonce"], reply["Encrypt"])
    if account.pushed_in == "plain" or not hmac.compare_digest(signature, reply["MsgSignature"]):
        return None
    return _parse(account, crypto.decrypt(aes_key, recipient, reply["Encrypt"]))


def _well_formed(account: SimAccount, fields: Fields, reply: Mapping[str, str]) -> bool:
    swapped = reply["ToUserName"] == fields["FromUserName"] and reply["FromUserName"] == account.original_id
    fits = len(reply.get("Content", "").encode()) <= TEXT_BYTES
    return swapped and fits and reply["CreateTime"].isdigit() and bool(reply["MsgType"])


def _parse(account: SimAccount, body: bytes) -> dict[str, str]:
    if not account.speaks_xml:
        document = json.loads(body)
        if not isinstance(document, dict):
            raise ValueError("the reply is not an object")
        return {name: str(value) for name, value in document.items()}
    root = ElementTree.fromstring(body)  # noqa: S314 - the hub under rehearsal is the only sender
    if root.tag != "xml":
        raise ValueError("the reply's root is not xml")
    return {child.tag: child.text or "" for child in root}
