"""The group file's replies: what is answered at once, to whom, and what may be said."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from marshmallow import ValidationError, fields, post_load, validates_schema

from hub.kernel.conditions.values import kind_of
from hub.kernel.http import Strict
from hub.kernel.schemas import Choice, ConditionTree, Flag, Text
from hub.pool.rules.fields import PERSON
from privacy.service import looks_like_contact
from wechat.rules.replies import EVENTS, KINDS, TRIGGERS
from wechat.rules.replydocs import MAX_TEXT

_MEDIA: dict[str, Any] = {
    "form": r"[A-Za-z0-9_-]{1,128}",
    "expected": "the media_id of something uploaded to WeChat",
    "longest": 128,
}


class Words(fields.String):
    """Take a text of several lines, at most as long as WeChat carries."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        if not isinstance(value, str):
            raise ValidationError(f"must be a text, this is {kind_of(value)}")
        if not value.strip():
            raise ValidationError("must not be empty")
        if len(value.encode("utf-8", "surrogatepass")) > MAX_TEXT:
            raise ValidationError(f"must have at most {MAX_TEXT:,} bytes in UTF-8: WeChat shows an error for more")
        if any(not (char.isprintable() or char == "\n") for char in value):
            raise ValidationError("must hold no control characters but line ends")
        return value


class Address(Text):
    """Take a web address that a phone can open."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(longest=1_024, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, *args, **kwargs)
        try:
            parts = urlsplit(text)
            host = parts.hostname or ""
        except ValueError:
            parts, host = urlsplit(""), ""
        if parts.scheme not in ("http", "https") or not host or _private(host):
            raise ValidationError("must be an address such as https://example.com/page")
        return text


def _private(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host == "localhost"


class VideoContent(Strict):
    """Describe a video uploaded to WeChat."""

    media_id = Text(required=True, **_MEDIA)
    title = Text(longest=64)
    description = Text(longest=120)


class NewsContent(Strict):
    """Describe the one article that a reply may carry."""

    title = Text(required=True, longest=64)
    description = Text(longest=120)
    picture = Address(required=True)
    url = Address(required=True)


class TransferField(fields.Field[Any]):
    """Take true, for any desk, or the name of one."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        if value is True or (isinstance(value, str) and 0 < len(value) <= 64 and value.isprintable()):
            return value
        raise ValidationError("must be true, or the account of a customer-service desk such as desk1@brand")


class ReplySection(Strict):
    """Say what is answered: exactly one kind of content."""

    text = Words()
    image = Text(**_MEDIA)
    voice = Text(**_MEDIA)
    video = fields.Nested(VideoContent)
    news = fields.Nested(NewsContent)
    transfer = TransferField()

    @validates_schema(skip_on_field_errors=True)
    def _one(self, data: Mapping[str, Any], **_: Any) -> None:
        if len(data) != 1:
            raise ValidationError(f"must hold exactly one of {', '.join(KINDS)}")
        if any(looks_like_contact(word) for word in _texts(data)):
            raise ValidationError(
                "reads like a mobile number or an e-mail address: contact data has no place in a rule"
            )


class TriggerSection(Strict):
    """Say what is answered: exactly one of the ways a person can turn to an account."""

    keyword = Text(longest=64)
    contains = Text(longest=64)
    event = Choice(tuple(EVENTS))
    scene = Text(longest=64)
    scene_prefix = Text(longest=64)
    menu = Text(longest=128)
    default = Flag()

    @validates_schema(skip_on_field_errors=True)
    def _one(self, data: Mapping[str, Any], **_: Any) -> None:
        if len(data) != 1 or data.get("default") is False:
            raise ValidationError(f"must hold exactly one of {', '.join(TRIGGERS)}")


class VariantSection(Strict):
    """Say what those are answered who meet `when`."""

    when = ConditionTree(PERSON, required=True)
    reply = fields.Nested(ReplySection, required=True)


class ReplyRuleSection(Strict):
    """Describe one rule; the first one that matches answers, an account's own before the group's."""

    name = Text(longest=80, required=True)
    account = Text(form="wx[0-9a-f]{16}", expected='"wx" and 16 digits or letters a-f')
    on = fields.Nested(TriggerSection, required=True)
    reply = fields.Nested(ReplySection, required=True)
    variants = fields.List(fields.Nested(VariantSection))
    enabled = Flag(load_default=True)

    @post_load
    def _few(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        if len(data.get("variants", ())) > 20:
            raise ValidationError("at most 20 variants", "variants")
        return data


def _texts(data: Any) -> list[str]:
    if isinstance(data, str):
        return [data]
    return [text for value in data.values() for text in _texts(value)] if isinstance(data, Mapping) else []
