"""Tell one push from another: the key under which a delivery and its redeliveries are the same."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import NamedTuple

from wechat.rules.parsing import Fields, scalar

PRIVACY_EVENTS = frozenset({"user_info_modified", "user_authorization_revoke", "user_authorization_cancellation"})
JOB_EVENTS = frozenset({"masssendjobfinish", "templatesendjobfinish"})
NOTICE_PREFIX = "subscribe_msg_"


class Push(NamedTuple):
    """Hold the facts of one push that tell it from others; `raw_key` is EventKey as it was sent."""

    appid: str
    msg_type: str
    event: str
    subject: str
    seconds: int
    msg_id: str
    raw_key: str
    revoke_info: str
    known: bool


def dedupe_key(push: Push, fields: Fields, document: str) -> bytes:
    """Return 32 bytes that are equal for every delivery of one push and differ between any two pushes.

    `fields` is the parsed `document`; WeChat's own advice (sender and second) merges pushes that differ.
    """
    parts = _event_parts(push, fields, document) if push.msg_type == "event" else _message_parts(push, document)
    # Lengths before the parts, so that no two lists of parts read the same.
    text = "".join(f"{len(part)}:{part}" for part in (push.appid, *parts))
    return hashlib.sha256(text.encode()).digest()


def _message_parts(push: Push, document: str) -> tuple[str, ...]:
    if push.msg_id:
        return ("message", push.msg_id)
    return ("body", push.subject, str(push.seconds), push.msg_type, _sha256(document))


def _event_parts(push: Push, fields: Fields, document: str) -> tuple[str, ...]:
    # MsgID (capital D) is the id of a send job, MsgId that of a message.
    if push.event in JOB_EVENTS and (job := scalar(fields, "MsgID")):
        return ("job", push.event, job)
    parts = ("event", push.subject, str(push.seconds), push.event, push.raw_key)
    if push.event in PRIVACY_EVENTS:
        # Without an OpenID all users' pushes look alike but for their bodies, and none may be lost.
        return (*parts, push.revoke_info) if push.known else (*parts, _sha256(document))
    if push.event.startswith(NOTICE_PREFIX):
        items = sorted((scalar(item, "TemplateId"), scalar(item, "MsgID")) for item in notices(fields))
        return (*parts, *(text for item in items for text in item))
    # What tells two events of an unknown kind apart is unknown too.
    return parts if push.known else (*parts, _sha256(document))


def notices(fields: Fields) -> Iterator[Fields]:
    """Yield the items of a subscription-notice event: XML wraps its List, JSON does not, and one item is no list."""
    wrappers = (field for name, field in fields.items() if name.startswith("SubscribeMsg"))
    for wrapper in (fields, *(item for field in wrappers for item in _dicts(field))):
        yield from _dicts(wrapper.get("List"))


def _dicts(value: object) -> list[Fields]:
    return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, dict)]


def _sha256(document: str) -> str:
    return hashlib.sha256(document.encode("utf-8", "surrogatepass")).hexdigest()
