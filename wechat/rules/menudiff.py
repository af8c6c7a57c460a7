"""What is different between two menus, button by button, for people to read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from wechat.rules.menus import TEXTS, Button, Menu, tap, walk

What = Literal["added", "removed", "changed", "moved", "rule_added", "rule_removed", "rule_changed"]
_COMPARED = ("name", "type", *TEXTS, "stage", "bu")


@dataclass(frozen=True, slots=True)
class Change:
    """Hold one difference; `rule` names the conditional menu ("" for the default one), `path` the button.

    `fields` are those that differ: name of the field -> (before, after), "" for none.
    """

    what: What
    rule: str
    path: tuple[str, ...] = ()
    fields: Mapping[str, tuple[str, str]] = field(default_factory=dict)


def changes(before: Menu, after: Menu) -> list[Change]:
    """Return what turns `before` into `after`, the default menu first."""
    found = list(_buttons("", before["buttons"], after["buttons"]))
    old = {rule["name"]: rule for rule in before.get("conditional", ())}
    new = {rule["name"]: rule for rule in after.get("conditional", ())}
    for name, rule in new.items():
        if name not in old:
            found.append(Change("rule_added", name, fields=_differing({}, rule, _ASKED)))
        else:
            asked = _differing(old[name], rule, _ASKED)
            found += [Change("rule_changed", name, fields=asked)] if asked else []
        found += _buttons(name, old.get(name, {}).get("buttons", ()), rule["buttons"])
    found += [Change("rule_removed", name) for name in old if name not in new]
    kept = [name for name in new if name in old]
    if kept != [name for name in old if name in new]:
        found.append(Change("moved", "", tuple(kept)))
    return found


_ASKED = ("tag_id", "client_platform_type")


def _buttons(rule: str, before: Sequence[Button], after: Sequence[Button]) -> Iterator[Change]:
    old, new = _listed(before), _listed(after)
    pairs = _paired(old, new)
    taken = {place for place, _ in pairs.values()}
    for path, button in new.items():
        if path not in pairs:
            yield Change("added", rule, path, _differing({}, button, _COMPARED[1:]))
            continue
        was, former = pairs[path]
        differing = _differing(former, button, _COMPARED)
        if was[:-1] != path[:-1]:
            differing["place"] = (" / ".join(was), " / ".join(path))
        if differing:
            yield Change("changed", rule, path, differing)
    yield from (Change("removed", rule, path) for path in old if path not in taken)
    stayed = [path for path in new if pairs.get(path, ((), {}))[0] == path]
    if stayed != [path for path in old if path in stayed]:
        yield Change("moved", rule, tuple(" / ".join(path) for path in stayed))


Listed = dict[tuple[str, ...], Button]


def _listed(buttons: Sequence[Button]) -> Listed:
    """Return every button that acts by the names that lead to it, those that stand twice with a number."""
    found: Listed = {}
    for place, button in walk({"buttons": buttons}):
        names = (str(buttons[int(place[1])].get("name", "")),) if len(place) > 2 else ()
        path, count = (*names, str(button.get("name", ""))), 2
        while path in found:
            path, count = (*names, f"{button.get('name', '')} ({count})"), count + 1
        found[path] = button
    return found


def _paired(old: Listed, new: Listed) -> dict[tuple[str, ...], tuple[tuple[str, ...], Button]]:
    """Return for each new button the old one it was: that of the same names, else one with the same tap."""
    pairs = {path: (path, old[path]) for path in new if path in old}
    left = {tap(button): path for path, button in old.items() if path not in pairs and tap(button)}
    for path, button in new.items():
        was = left.pop(tap(button), None) if path not in pairs else None
        if was is not None:
            pairs[path] = (was, old[was])
    return pairs


def _differing(before: Mapping[str, Any], after: Mapping[str, Any], names: Sequence[str]) -> dict[str, tuple[str, str]]:
    both = {name: (str(before.get(name) or ""), str(after.get(name) or "")) for name in names}
    return {name: pair for name, pair in both.items() if pair[0] != pair[1]}
