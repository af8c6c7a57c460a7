"""Menus as the hub keeps them: their limits, and what a tap on them is evidence of.

A menu is {"buttons": [...], "conditional": [...]}. A button has a name and either `items` or a type with that type's
fields; a conditional menu has a name, a rule (`tag_id`, `client_platform_type`) and buttons.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

Menu = Mapping[str, Any]
Button = Mapping[str, Any]
Place = tuple[str | int, ...]

KEYED = (
    "click",
    "scancode_push",
    "scancode_waitmsg",
    "pic_sysphoto",
    "pic_photo_or_album",
    "pic_weixin",
    "location_select",
)
MEDIA, ARTICLES = ("media_id", "view_limited"), ("article_id", "article_view_limited")
FIELDS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(KEYED, ("key",)),
    "view": ("url",),
    "miniprogram": ("appid", "pagepath", "url"),
    **dict.fromkeys(MEDIA, ("media_id",)),
    **dict.fromkeys(ARTICLES, ("article_id",)),
}
"""Type of a button -> the fields it needs."""
TEXTS = ("key", "url", "appid", "pagepath", "media_id", "article_id")
STAGES = ("awareness", "interest", "consideration")
PLATFORMS = ("1", "2", "3")
"""iOS, Android, others: what a conditional menu may ask of a phone."""
TOP, SUB = 3, 5
TOP_WIDTH, SUB_WIDTH = 8, 16
"""In half characters: what is shown of a name is 4 or 8 wide ones."""
BYTES = {"key": 128, "url": 1024, "pagepath": 1024, "media_id": 256, "article_id": 256}
DOMAINS, RULES, RULE_NAME = 3, 20, 20
_APPID = re.compile(r"wx[0-9a-f]{16}")
_TAG = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Flaw:
    """Name what is wrong at one place of a menu; `most` is the limit that was passed, where there is one."""

    place: Place
    code: str
    most: int = 0


def empty() -> dict[str, Any]:
    """Return a menu without buttons."""
    return {"buttons": [], "conditional": []}


def width(text: str) -> int:
    """Return how wide a name is shown, in half characters."""
    return sum(2 if unicodedata.east_asian_width(c) in "WFA" else 1 for c in text)


def walk(menu: Menu) -> Iterator[tuple[Place, Button]]:
    """Yield every button that does something itself, with its place, the default menu's first."""
    rows: list[tuple[Place, Sequence[Button]]] = [(("buttons",), menu["buttons"])]
    rows += [(("conditional", n, "buttons"), rule["buttons"]) for n, rule in enumerate(menu.get("conditional", ()))]
    for start, buttons in rows:
        for n, button in enumerate(buttons):
            items = button.get("items")
            if not items:
                yield (*start, n), button
            for m, item in enumerate(items or ()):
                yield (*start, n, "items", m), item


def flaws(menu: Menu) -> list[Flaw]:
    """Return everything that keeps a menu from being published, in the order of its buttons."""
    rules: Sequence[Mapping[str, Any]] = menu.get("conditional", ())
    found = list(_row(("buttons",), menu["buttons"]))
    if rules and not menu["buttons"]:
        found.append(Flaw(("buttons",), "no_default"))
    if len(rules) > RULES:
        found.append(Flaw(("conditional",), "too_many", RULES))
    for n, rule in enumerate(rules):
        found += _rule(("conditional", n), rule)
    domains = {urlsplit(url).hostname for rule in rules for url in _links(rule["buttons"])}
    if len(domains) > DOMAINS:
        found.append(Flaw(("conditional",), "domains", DOMAINS))
    return found


def evidence(menu: Menu) -> dict[tuple[str, str], dict[str, str]]:
    """Return what a tap says by (kind of activity, key): its buying stage and BU, where a button names them.

    Of two buttons that lead to the same place, the first one counts.
    """
    found: dict[tuple[str, str], dict[str, str]] = {}
    for _place, button in walk(menu):
        told = {name: button[name] for name in ("stage", "bu") if button.get(name)}
        tapped = tap(button)
        if told and tapped is not None:
            found.setdefault(tapped, told)
    return found


def tap(button: Button) -> tuple[str, str] | None:
    """Return the kind and key of the activity that a tap on `button` becomes, None where WeChat tells of none."""
    kind = button.get("type")
    if kind in KEYED:
        return "menu_click", button.get("key", "")
    if kind == "view":
        return "page_view", button.get("url", "")
    return ("miniprogram_view", button.get("pagepath", "")) if kind == "miniprogram" else None


def _row(start: Place, buttons: Sequence[Button]) -> Iterator[Flaw]:
    if len(buttons) > TOP:
        yield Flaw(start, "too_many", TOP)
    for n, button in enumerate(buttons):
        place = (*start, n)
        yield from _name(place, button, TOP_WIDTH)
        items = button.get("items") or ()
        if len(items) > SUB:
            yield Flaw((*place, "items"), "too_many", SUB)
        if not items:
            yield from _does(place, button)
        for m, item in enumerate(items):
            yield from _name((*place, "items", m), item, SUB_WIDTH)
            yield from _does((*place, "items", m), item)


def _name(place: Place, button: Button, most: int) -> Iterator[Flaw]:
    name = button.get("name", "")
    if not name:
        yield Flaw((*place, "name"), "missing")
    elif width(name) > most:
        yield Flaw((*place, "name"), "wide", most // 2)


def _does(place: Place, button: Button) -> Iterator[Flaw]:
    """Yield what is wrong with a button's own act."""
    kind = button.get("type", "")
    if kind not in FIELDS:
        yield Flaw((*place, "type"), "no_act" if not kind else "unknown")
        return
    for name in FIELDS[kind]:
        value = button.get(name, "")
        if code := _text(name, value):
            yield Flaw((*place, name), code, BYTES.get(name, 0))
    if button.get("stage") and button["stage"] not in STAGES:
        yield Flaw((*place, "stage"), "unknown")


def _text(name: str, value: str) -> str:
    if not value:
        return "missing"
    if len(value.encode()) > BYTES.get(name, len(value.encode())):
        return "long"
    if name == "appid" and not _APPID.fullmatch(value):
        return "form"
    return "form" if name == "url" and not https(value) else ""


def https(url: str) -> bool:
    """Tell whether `url` is a whole https address, without blanks."""
    try:
        parts = urlsplit(url)
        return parts.scheme == "https" and bool(parts.hostname) and not re.search(r"\s", url) and parts.port != 0
    except ValueError:
        return False


def _rule(place: Place, rule: Mapping[str, Any]) -> Iterator[Flaw]:
    name, tag, platform = rule.get("name", ""), rule.get("tag_id", ""), rule.get("client_platform_type", "")
    if not name or len(name) > RULE_NAME:
        yield Flaw((*place, "name"), "long" if name else "missing", RULE_NAME)
    if not tag and not platform:
        yield Flaw((*place, "tag_id"), "no_rule")
    if tag and not _TAG.fullmatch(tag):
        yield Flaw((*place, "tag_id"), "form")
    if platform and platform not in PLATFORMS:
        yield Flaw((*place, "client_platform_type"), "unknown")
    if not rule["buttons"]:
        yield Flaw((*place, "buttons"), "missing")
    yield from _row((*place, "buttons"), rule["buttons"])


def _links(buttons: Sequence[Button]) -> Iterator[str]:
    for _place, button in walk({"buttons": buttons}):
        if button.get("type") == "view" and https(button.get("url", "")):
            yield button["url"]
