"""What a send may say: our own templates, ids and words in the shape its channel takes, and nobody's contact data."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from wechat.rules.sends import CUSTOM, MASS, MINIPROGRAM_NOTICE, NOTICE, ONE_TIME, TEMPLATE

MAX_BYTES = 8_192
TEXT_BYTES = 2_048
TITLE, VALUE, FIELDS = 15, 200, 20
_TEMPLATE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,31}", re.ASCII)

CUSTOM_TYPES = (
    "text", "image", "voice", "video", "music", "news", "mpnews", "mpnewsarticle", "msgmenu", "wxcard",
    "miniprogrampage", "link",
)  # fmt: skip
MASS_TYPES = ("text", "mpnews", "voice", "images", "mpvideo", "wxcard")
_MORE: Mapping[str, frozenset[str]] = {
    CUSTOM: frozenset({"customservice"}),
    MASS: frozenset({"send_ignore_reprint"}),
    TEMPLATE: frozenset({"url", "miniprogram"}),
    NOTICE: frozenset({"page", "miniprogram"}),
    MINIPROGRAM_NOTICE: frozenset({"page", "miniprogram_state", "lang"}),
    ONE_TIME: frozenset({"url", "miniprogram", "scene", "title"}),
}


class ContentRefused(Exception):
    """The content of a send is not of its channel's shape, or holds what must not be sent; names the field."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


def check(channel: str, content: Mapping[str, Any]) -> None:
    """Raise ContentRefused unless `content` is what `channel` takes; contact data is for the caller to look for."""
    if len(json.dumps(content, ensure_ascii=False).encode()) > MAX_BYTES:
        raise ContentRefused("content", f"is longer than {MAX_BYTES} bytes")
    if channel in (CUSTOM, MASS):
        _message(channel, content)
    else:
        _template(channel, content)


def words(content: Any, path: str = "content") -> Iterator[tuple[str, str]]:
    """Yield (path, text) of every text in `content`."""
    if isinstance(content, str):
        yield path, content
    elif isinstance(content, Mapping):
        for name, value in content.items():
            yield from words(value, f"{path}.{name}")
    elif isinstance(content, list | tuple):
        for place, value in enumerate(content):
            yield from words(value, f"{path}.{place}")


def template_of(content: Mapping[str, Any]) -> str:
    """Return the template that `content` names, "" for a message without one."""
    return str(content.get("template_id", ""))


def _message(channel: str, content: Mapping[str, Any]) -> None:
    kinds = CUSTOM_TYPES if channel == CUSTOM else MASS_TYPES
    kind = str(content.get("msgtype", ""))
    if kind not in kinds:
        raise ContentRefused("content.msgtype", f"must be one of {', '.join(kinds)}")
    _no_others(content, {"msgtype", kind, *_MORE[channel]})
    body = content.get(kind)
    if not isinstance(body, Mapping) or not body:
        raise ContentRefused(f"content.{kind}", "must be an object with what the message holds")
    if kind == "text":
        text = body.get("content")
        if not isinstance(text, str) or not text.strip():
            raise ContentRefused("content.text.content", "must be a text that is not empty")
        if len(text.encode()) > TEXT_BYTES:
            raise ContentRefused("content.text.content", f"is longer than {TEXT_BYTES} bytes in UTF-8")


def _template(channel: str, content: Mapping[str, Any]) -> None:
    _no_others(content, {"template_id", "data", *_MORE[channel]})
    named = content.get("template_id")
    if not isinstance(named, str) or not _TEMPLATE_ID.fullmatch(named):
        raise ContentRefused("content.template_id", "must be the id of a template: letters, digits, _ and -")
    data = content.get("data")
    if not isinstance(data, Mapping) or not 0 < len(data) <= FIELDS:
        raise ContentRefused("content.data", "must be an object: the name of each field of the template, and its value")
    for name, value in data.items():
        _value(str(name), value)
    if channel == ONE_TIME:
        _one_time(content)


def _value(name: str, value: Any) -> None:
    if not _FIELD.fullmatch(name):
        raise ContentRefused(f"content.data.{name[:32]}", "is no name of a field, such as thing2")
    if not isinstance(value, str) or not value.strip():
        raise ContentRefused(f"content.data.{name}", "must be a text that is not empty")
    if len(value) > VALUE:
        raise ContentRefused(f"content.data.{name}", f"is longer than {VALUE} characters")


def _one_time(content: Mapping[str, Any]) -> None:
    scene, title = content.get("scene"), content.get("title")
    if not isinstance(scene, str) or not scene.isdecimal() or int(scene) > 10_000:
        raise ContentRefused(
            "content.scene", "must be the scene the person confirmed: a number from 0 to 10000, as text"
        )
    if not isinstance(title, str) or not 0 < len(title) <= TITLE:
        raise ContentRefused("content.title", f"must be a text of at most {TITLE} characters")


def _no_others(content: Mapping[str, Any], known: set[Any]) -> None:
    strange = sorted(str(name) for name in content if name not in known)
    if strange:
        raise ContentRefused(f"content.{strange[0]}", "is not part of such a message")
