"""The menus of simulated accounts: the default one, and those for some people only."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from wechat.simulator.errors import ApiError

Button = Mapping[str, object]
KEYED = frozenset(
    (
        "click",
        "scancode_push",
        "scancode_waitmsg",
        "pic_sysphoto",
        "pic_photo_or_album",
        "pic_weixin",
        "location_select",
    )
)
OTHERS = {
    "view": "url",
    "miniprogram": "url",
    "media_id": "media_id",
    "view_limited": "media_id",
    "article_id": "article_id",
    "article_view_limited": "article_id",
}
TOP, SUB, NAME_TOP, NAME_SUB, KEY, URL, DOMAINS = 3, 5, 16, 60, 128, 1024, 3
CONDITIONAL = 20


@dataclass(slots=True)
class Conditional:
    """Hold one menu for those whom `rule` fits."""

    menuid: int
    buttons: list[Button]
    rule: dict[str, str]


@dataclass(slots=True)
class Menus:
    """Hold one account's menus; the conditional one that was made last is tried first.

    `linked` are the mini programs that the account may open.
    """

    linked: frozenset[str]
    default: list[Button] | None = None
    menuid: int = 0
    conditional: list[Conditional] = field(default_factory=list)
    _next: int = 208396900

    def create(self, buttons: object) -> None:
        """Make the default menu; raise ApiError for one that breaks a limit."""
        self.default = self._checked(buttons)
        self.menuid = self.menuid or self._id()

    def delete(self) -> None:
        """Forget the default menu and every conditional one."""
        self.default, self.conditional = None, []

    def get(self) -> dict[str, object]:
        """Return the answer of menu/get; raise ApiError 46003 while there is no menu."""
        if self.default is None:
            raise ApiError(46003)
        answer: dict[str, object] = {"menu": {"button": self.default, "menuid": self.menuid}}
        if self.conditional:
            answer["conditionalmenu"] = [
                {"button": menu.buttons, "matchrule": menu.rule, "menuid": menu.menuid}
                for menu in reversed(self.conditional)
            ]
        return answer

    def add(self, buttons: object, rule: object) -> str:
        """Make a conditional menu and return its id; raise ApiError."""
        if self.default is None:
            raise ApiError(65303)
        asked = _rule(rule)
        made = self._checked(buttons)
        if len(self.conditional) >= CONDITIONAL:
            raise ApiError(65305)
        if len(_domains([*made, *(b for menu in self.conditional for b in menu.buttons)])) > DOMAINS:
            raise ApiError(65316)
        self.conditional.append(Conditional(self._id(), made, asked))
        return str(self.conditional[-1].menuid)

    def remove(self, menuid: object) -> None:
        """Forget one conditional menu; raise ApiError 65301 when there is no such one."""
        kept = [menu for menu in self.conditional if str(menu.menuid) != str(menuid)]
        if len(kept) == len(self.conditional):
            raise ApiError(65301)
        self.conditional = kept

    def match(self, tags: Sequence[int], platform: str) -> list[Button]:
        """Return the buttons that somebody with `tags` sees on a phone of `platform` ("1" iOS, "2" Android)."""
        for menu in reversed(self.conditional):
            tag, asked = menu.rule.get("tag_id"), menu.rule.get("client_platform_type")
            if (not tag or int(tag) in tags) and (not asked or asked == platform):
                return menu.buttons
        if self.default is None:
            raise ApiError(46003)
        return self.default

    def _id(self) -> int:
        self._next += 1
        return self._next

    def _checked(self, buttons: object) -> list[Button]:
        if not isinstance(buttons, list) or not 1 <= len(buttons) <= TOP:
            raise ApiError(40016)
        return [_top(button, self.linked) for button in buttons]


def _top(button: object, linked: frozenset[str]) -> Button:
    if not isinstance(button, dict):
        raise ApiError(47001)
    _named(button, NAME_TOP, 40018)
    inner = button.get("sub_button") or []
    if not isinstance(inner, list) or len(inner) > SUB:
        raise ApiError(40023)
    if inner:
        return {"name": button["name"], "sub_button": [_sub(item, linked) for item in inner]}
    return _act(button, linked, {"type": 40017, "key": 40019, "url": 40020, "domain": 40055})


def _sub(item: object, linked: frozenset[str]) -> Button:
    if not isinstance(item, dict):
        raise ApiError(47001)
    if item.get("sub_button"):
        raise ApiError(40022)
    _named(item, NAME_SUB, 40025)
    return _act(item, linked, {"type": 40024, "key": 40026, "url": 40027, "domain": 40054})


def _named(button: Mapping[str, object], most: int, errcode: int) -> None:
    name = button.get("name")
    if not isinstance(name, str) or not 0 < len(name.encode()) <= most:
        raise ApiError(errcode)


def _act(button: Mapping[str, object], linked: frozenset[str], codes: Mapping[str, int]) -> Button:
    kind = button.get("type")
    if kind in KEYED:
        return {**_sized(button, "key", KEY, codes["key"]), "sub_button": []}
    if not isinstance(kind, str) or kind not in OTHERS:
        raise ApiError(codes["type"])
    field_ = OTHERS[kind]
    kept = _sized(button, field_, URL, codes["url"] if field_ == "url" else 40007)
    if field_ == "url" and not re.match(r"https?://[^\s/]+", str(button["url"])):
        raise ApiError(codes["domain"])
    if kind == "miniprogram" and button.get("appid") not in linked:
        raise ApiError(45064)
    if kind == "miniprogram" and not button.get("pagepath"):
        raise ApiError(41030)
    return {**kept, "sub_button": []}


def _sized(button: Mapping[str, object], name: str, most: int, errcode: int) -> Button:
    value = button.get(name)
    if not isinstance(value, str) or not 0 < len(value.encode()) <= most:
        raise ApiError(errcode)
    return {key: value for key, value in button.items() if key != "sub_button"}


def _rule(rule: object) -> dict[str, str]:
    kept = {name: str(value) for name, value in rule.items() if value} if isinstance(rule, dict) else {}
    if not kept:
        raise ApiError(65304)
    return {"group_id": kept.get("tag_id", ""), **kept}


def _domains(buttons: Sequence[Button]) -> set[str]:
    found = set()
    for button in buttons:
        inner = button.get("sub_button")
        found |= _domains(inner) if isinstance(inner, list) and inner else set()
        if button.get("type") == "view":
            found.add(urlsplit(str(button.get("url"))).hostname or "")
    return found
