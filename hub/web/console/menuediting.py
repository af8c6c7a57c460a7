"""What the menu editor's form does to a draft: pure, on plain values; a place that is not there changes nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from wechat.rules import menus

LONGEST = 2000
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_DIGITS = re.compile(r"[0-9]{1,3}")
_SETTLED = ("stage", "bu")


@dataclass(frozen=True, slots=True)
class Spot:
    """Point into a draft: `menu` is the number of a conditional menu, None for the default one; `at` of a button."""

    menu: int | None = None
    at: tuple[int, ...] = ()

    @property
    def rule(self) -> str:
        """Return the menu as forms and addresses write it."""
        return "" if self.menu is None else str(self.menu)

    @property
    def path(self) -> str:
        """Return the button as forms and addresses write it."""
        return ".".join(map(str, self.at))

    @property
    def place(self) -> tuple[str | int, ...]:
        """Return where the button stands, as flaws name it."""
        start: tuple[str | int, ...] = ("buttons",) if self.menu is None else ("conditional", self.menu, "buttons")
        return start + (self.at[:1] if len(self.at) < 2 else (self.at[0], "items", self.at[1]))


def spot(rule: str, path: str) -> Spot:
    """Return the spot that a form or an address names; what is none is the start."""
    steps = path.split(".")[:2] if path else []
    at = tuple(int(step) for step in steps) if all(_DIGITS.fullmatch(step) for step in steps) else ()
    return Spot(int(rule) if _DIGITS.fullmatch(rule) else None, at)


def within(draft: Mapping[str, Any], wanted: Spot) -> Spot:
    """Return `wanted` where the draft has it, else the nearest spot that it has."""
    rules = draft["conditional"]
    if wanted.menu is not None and wanted.menu >= len(rules):
        return within(draft, Spot())
    at: tuple[int, ...] = ()
    row = row_of(draft, wanted.menu)
    for step in wanted.at:
        if not row:
            break
        at = (*at, min(step, len(row) - 1))
        row = row[at[-1]].get("items") or []
    return Spot(wanted.menu, at)


def row_of(draft: Mapping[str, Any], menu: int | None) -> list[dict[str, Any]]:
    """Return the top buttons of one menu."""
    found: list[dict[str, Any]] = draft["buttons"] if menu is None else draft["conditional"][menu]["buttons"]
    return found


def button_at(draft: Mapping[str, Any], spot: Spot) -> dict[str, Any] | None:
    """Return the button at `spot`, None where it points at a whole menu."""
    siblings = _siblings(draft, spot)
    return siblings[spot.at[-1]] if spot.at and siblings is not None and spot.at[-1] < len(siblings) else None


def write(draft: Mapping[str, Any], spot: Spot, typed: Mapping[str, str]) -> dict[str, Any]:
    """Return the draft with what was typed at `spot`: a button's fields, or the name and rule of a conditional menu."""
    made = deepcopy(dict(draft))
    button = button_at(made, spot)
    if button is not None:
        kept = {"items": button["items"]} if button.get("items") else {}
        button.clear()
        button.update({"name": _clean(typed, "name"), **(kept or _act(typed))})
    elif spot.menu is not None and not spot.at:
        rule = made["conditional"][spot.menu]
        rule.update({name: _clean(typed, name) for name in ("name", "tag_id", "client_platform_type")})
    return made


def add(draft: Mapping[str, Any], spot: Spot) -> tuple[dict[str, Any], Spot]:
    """Return the draft with a new button at the end of a menu, or inside the top button at `spot`, and where it is.

    The first button inside another takes over what that one did.
    """
    made = deepcopy(dict(draft))
    parent = button_at(made, spot)
    row = row_of(made, spot.menu) if parent is None else parent.setdefault("items", [])
    if len(row) >= (menus.TOP if parent is None else menus.SUB):
        return made, spot
    inherited = {} if parent is None or row else {k: parent.pop(k) for k in list(parent) if k not in ("name", "items")}
    row.append({"name": "", **inherited})
    return made, Spot(spot.menu, (*(spot.at[:1] if parent is not None else ()), len(row) - 1))


def remove(draft: Mapping[str, Any], spot: Spot) -> tuple[dict[str, Any], Spot]:
    """Return the draft without the button at `spot`, and the nearest one that is left."""
    made = deepcopy(dict(draft))
    siblings = _siblings(made, spot)
    if siblings is None or button_at(made, spot) is None:
        return made, spot
    del siblings[spot.at[-1]]
    if not siblings and len(spot.at) == 2:
        row_of(made, spot.menu)[spot.at[0]].pop("items")
    return made, within(made, Spot(spot.menu, spot.at if siblings else spot.at[:-1]))


def move(draft: Mapping[str, Any], spot: Spot, by: int) -> tuple[dict[str, Any], Spot]:
    """Return the draft with the button at `spot` one place before (-1) or after (1), and where it is now."""
    made = deepcopy(dict(draft))
    siblings = _siblings(made, spot)
    there = spot.at[-1] + by if spot.at else -1
    if siblings is None or button_at(made, spot) is None or not 0 <= there < len(siblings):
        return made, spot
    siblings.insert(there, siblings.pop(spot.at[-1]))
    return made, Spot(spot.menu, (*spot.at[:-1], there))


def add_rule(draft: Mapping[str, Any], name: str) -> tuple[dict[str, Any], Spot]:
    """Return the draft with a conditional menu that begins as the default one is."""
    made = deepcopy(dict(draft))
    if len(made["conditional"]) >= menus.RULES:
        return made, Spot()
    made["conditional"].append({"name": name, "buttons": deepcopy(made["buttons"])})
    return made, Spot(len(made["conditional"]) - 1)


def remove_rule(draft: Mapping[str, Any], spot: Spot) -> tuple[dict[str, Any], Spot]:
    """Return the draft without the conditional menu at `spot`."""
    made = deepcopy(dict(draft))
    if spot.menu is not None and spot.menu < len(made["conditional"]):
        del made["conditional"][spot.menu]
    return made, Spot()


def _siblings(draft: Mapping[str, Any], spot: Spot) -> list[dict[str, Any]] | None:
    """Return the row in which the button at `spot` stands."""
    row = row_of(draft, spot.menu)
    if len(spot.at) < 2:
        return row
    found: list[dict[str, Any]] | None = row[spot.at[0]].get("items") if spot.at[0] < len(row) else None
    return found


def _act(typed: Mapping[str, str]) -> dict[str, Any]:
    kind = typed.get("type", "")
    names = (*menus.FIELDS.get(kind, ()), *_SETTLED)
    texts = {name: value for name in names if (value := _clean(typed, name))}
    return ({"type": kind} if kind in menus.FIELDS else {}) | texts


def _clean(typed: Mapping[str, str], name: str) -> str:
    return _CONTROL.sub("", typed.get(name, "")).strip()[:LONGEST]
