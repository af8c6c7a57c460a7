"""The menus section of the group file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, post_load, validates_schema

from hub.kernel.conditions.values import show
from hub.kernel.http import Strict
from hub.kernel.schemas import Choice, Slug, Text, Whole
from wechat.rules import menus
from wechat.rules.menus import Flaw

_LONGEST = 2000
_MOST_TAG = 999_999_999


class ItemSection(Strict):
    """Describe a button that does something."""

    name = Text(required=True)
    type = Choice(tuple(menus.FIELDS))
    key = Text(longest=_LONGEST)
    url = Text(longest=_LONGEST)
    appid = Text()
    pagepath = Text(longest=_LONGEST)
    media_id = Text(longest=_LONGEST)
    article_id = Text(longest=_LONGEST)
    stage = Choice(menus.STAGES)
    bu = Slug()


class ButtonSection(ItemSection):
    """Describe a button of the bar: it does something, or opens `items`."""

    items = fields.List(fields.Nested(ItemSection))

    @validates_schema
    def _one_of_both(self, data: Mapping[str, Any], **_: Any) -> None:
        if data.get("items") and data.get("type"):
            raise ValidationError("does nothing itself where there are items: leave type out", "type")


class RuleSection(Strict):
    """Describe a menu for those whom its rule fits."""

    name = Text(required=True)
    tag_id = Whole(0, _MOST_TAG)
    client_platform_type = Whole(1, len(menus.PLATFORMS))
    buttons = fields.List(fields.Nested(ButtonSection), required=True)

    @post_load
    def _as_texts(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {name: str(value) if isinstance(value, int) else value for name, value in data.items()}


class MenuSection(Strict):
    """Describe one account's menu, which becomes its draft."""

    account = Text(required=True)
    buttons = fields.List(fields.Nested(ButtonSection), required=True)
    conditional = fields.List(fields.Nested(RuleSection), load_default=list)

    @validates_schema
    def _within_limits(self, data: Mapping[str, Any], **_: Any) -> None:
        found: dict[str | int, Any] = {}
        for flaw in menus.flaws(data):
            _put(found, flaw, _words(data, flaw))
        if found:
            raise ValidationError(found)


def _put(errors: dict[str | int, Any], flaw: Flaw, words: str) -> None:
    for step in flaw.place[:-1]:
        errors = errors.setdefault(step, {})
    errors.setdefault(flaw.place[-1], [words])


def _words(data: Mapping[str, Any], flaw: Flaw) -> str:
    value: Any = data
    for step in flaw.place:
        value = value[int(step)] if isinstance(value, list) else value.get(step, "")
    sentences = {
        "missing": "is missing: WeChat needs it here",
        "no_act": "is missing: give the button a type, or items",
        "too_many": f"must be at most {flaw.most}, these are {len(value)}",
        "wide": f"must be at most {flaw.most} wide characters, of which more is not shown; this is {show(value)}",
        "long": f"must have at most {flaw.most} bytes, this one has {len(str(value).encode())}",
        "no_default": "must not be empty: conditional menus need the default menu",
        "no_rule": "is missing: give tag_id or client_platform_type, else the menu would be for everybody",
        "domains": f"may lead to at most {flaw.most} domains together",
        "unknown": f"is none that WeChat knows: {show(value)}",
    }
    forms = {"url": "an https address", "appid": '"wx" and 16 digits or letters a-f', "tag_id": "a tag's number"}
    expected = forms.get(str(flaw.place[-1]), "of another form")
    return sentences.get(flaw.code, f"must be {expected}, this is {show(value)}")
