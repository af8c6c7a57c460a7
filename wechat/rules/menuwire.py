"""Menus as WeChat writes them, there and back; what a refusal of WeChat's may be about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from wechat.rules.menus import FIELDS, Button, Menu, Place, tap, walk

_ABOUT = {
    **dict.fromkeys((40017, 40024), "type"),
    **dict.fromkeys((40018, 40025), "name"),
    **dict.fromkeys((40019, 40026), "key"),
    **dict.fromkeys((40020, 40027, 40048, 40054, 40055, 40066, 65316, 65317), "url"),
    **dict.fromkeys((40013, 45064), "appid"),
    41030: "pagepath",
    40007: "media_id",
}
_SUB, _TOP = frozenset({40024, 40025, 40026, 40027, 40054}), frozenset({40017, 40018, 40019, 40020, 40055})


def to_wire(buttons: Sequence[Button]) -> list[dict[str, Any]]:
    """Return `buttons` as menu/create takes them: what is only ours is left out."""
    return [_outward(button) for button in buttons]


def rule_to_wire(rule: Mapping[str, Any]) -> dict[str, str]:
    """Return the match rule of a conditional menu."""
    return {name: rule[name] for name in ("tag_id", "client_platform_type") if rule.get(name)}


def from_wire(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return the menu in an answer of menu/get; the rule that is tried first stands first."""
    rules = [
        {"name": f"#{found.get('menuid', '')}", **_rule(found.get("matchrule")), "buttons": _buttons(found)}
        for found in answer.get("conditionalmenu") or ()
        if isinstance(found, Mapping)
    ]
    return {"buttons": _buttons(answer.get("menu")), "conditional": rules}


def from_current(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return the menu in an answer of get_current_selfmenu_info, which the official platform's pages may have made."""
    is_open = answer.get("is_menu_open")
    return {"buttons": _buttons(answer.get("selfmenu_info")) if is_open else [], "conditional": []}


def menu_ids(answer: Mapping[str, Any]) -> list[str]:
    """Return the ids of the conditional menus in an answer of menu/get."""
    found = answer.get("conditionalmenu") or ()
    return [str(rule["menuid"]) for rule in found if isinstance(rule, Mapping) and rule.get("menuid")]


def shown(menu: Menu) -> dict[str, Any]:
    """Return what people see and WeChat keeps of a menu; two menus that are equal in it are the same to everybody."""
    rules = [{"rule": rule_to_wire(rule), "button": to_wire(rule["buttons"])} for rule in menu.get("conditional", ())]
    return {"button": to_wire(menu["buttons"]), "rules": rules}


def adopt(found: Menu, ours: Menu) -> dict[str, Any]:
    """Return a menu `found` at WeChat with the stages, BUs and names of rules that `ours` has for the same taps."""
    told = {
        tapped: {name: button[name] for name in ("stage", "bu") if button.get(name)}
        for _place, button in walk(ours)
        if (tapped := tap(button)) is not None
    }
    names = {tuple(sorted(rule_to_wire(rule).items())): rule["name"] for rule in ours.get("conditional", ())}
    rules = [
        {**rule, "name": names.get(tuple(sorted(rule_to_wire(rule).items())), rule["name"]),
         "buttons": _told(rule["buttons"], told)}
        for rule in found.get("conditional", ())
    ]  # fmt: skip
    return {"buttons": _told(found["buttons"], told), "conditional": rules}


def accused(errcode: int, errmsg: str, buttons: Sequence[Button]) -> list[Place]:
    """Return the places in `buttons` that a refusal may mean: one whose words WeChat quotes, else all of its kind."""
    field = _ABOUT.get(errcode)
    if field is None:
        return []
    placed = [(place[1:], button) for place, button in walk({"buttons": buttons})]
    placed += [((n,), button) for n, button in enumerate(buttons) if button.get("items") and field == "name"]
    able = [(place, b) for place, b in placed if _level(errcode, place) and (field in b or field == "type")]
    quoted = [place for place, button in able if button.get(field) and str(button[field]) in errmsg]
    return quoted or [place for place, _button in able]


def _level(errcode: int, place: Place) -> bool:
    if errcode in _SUB:
        return "items" in place
    return "items" not in place if errcode in _TOP else True


def _outward(button: Button) -> dict[str, Any]:
    if button.get("items"):
        return {"name": button["name"], "sub_button": [_outward(item) for item in button["items"]]}
    kind = button.get("type", "")
    return {"name": button.get("name", ""), "type": kind, **{f: button.get(f, "") for f in FIELDS.get(kind, ())}}


def _buttons(holder: object) -> list[dict[str, Any]]:
    return list(_inward(holder.get("button"))) if isinstance(holder, Mapping) else []


def _inward(found: object) -> Iterator[dict[str, Any]]:
    inner = found.get("list") if isinstance(found, Mapping) else found
    for button in inner if isinstance(inner, list) else ():
        if isinstance(button, Mapping):
            yield _one(button)


def _one(button: Mapping[str, Any]) -> dict[str, Any]:
    items = list(_inward(button.get("sub_button")))
    name = str(button.get("name") or "")
    if items:
        return {"name": name, "items": items}
    kind = str(button.get("type") or "")
    texts = {field: str(button.get(field) or "") for field in FIELDS.get(kind, ()) if button.get(field)}
    return {"name": name, "type": kind, **texts}


def _rule(found: object) -> dict[str, str]:
    if not isinstance(found, Mapping):
        return {}
    tag = found.get("tag_id") or found.get("group_id")
    kept = {"tag_id": tag, "client_platform_type": found.get("client_platform_type")}
    return {name: str(value) for name, value in kept.items() if value}


def _told(buttons: Sequence[Button], told: Mapping[tuple[str, str], dict[str, str]]) -> list[dict[str, Any]]:
    return [
        {**button, "items": _told(button["items"], told)}
        if button.get("items")
        else {**button, **told.get(tap(button) or ("", ""), {})}
        for button in buttons
    ]
