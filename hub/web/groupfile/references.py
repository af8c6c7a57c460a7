"""What a schema cannot see: names that stand twice, and names of things that are nowhere."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

from hub.group.service.exporting import Slugs
from hub.kernel.conditions.values import show, suggestion
from hub.web.groupfile.loading import Document
from hub.web.groupfile.mistakes import Mistake, Place, at

APPID = re.compile("wx[0-9a-f]{16}")
_UNIQUE = (
    (("legal_entities",), "slug"),
    (("open_platforms",), "slug"),
    (("business_units",), "slug"),
    (("component_platforms",), "slug"),
    (("component_platforms",), "appid"),
    (("accounts",), "appid"),
    (("accounts",), "original_id"),
    (("touchpoints",), "slug"),
    (("scoring", "rules"), "name"),
    (("routing", "rules"), "name"),
    (("outbound", "accounts"), "appid"),
    (("replies",), "name"),
    (("events",), "slug"),
    (("menus",), "account"),
)
_REFERENCES = (
    (("open_platforms",), "legal_entity", "legal entity"),
    (("business_units",), "legal_entity", "legal entity"),
    (("touchpoints",), "legal_entity", "legal entity"),
    (("component_platforms",), "legal_entity", "legal entity"),
    (("accounts",), "open_platform", "open platform"),
    (("accounts",), "component", "component platform"),
    (("routing", "rules"), "to", "business unit"),
    (("replies",), "account", "account"),
    (("events",), "bu", "business unit"),
    (("events",), "touchpoint", "touchpoint"),
    (("outbound", "accounts"), "appid", "touchpoint"),
    (("menus",), "account", "official account"),
)


def check(document: Document, known: Slugs) -> Iterator[Mistake]:
    """Yield every name that is doubled, or that neither the file nor `known` defines."""
    for section, key in _UNIQUE:
        yield from _doubled(document, section, key)
    for place, message in _lost(document.data, known):
        yield at(document.lines, place, message)
    if not known.has_group and "group" not in document.data:
        yield at(document.lines, ("group",), "is missing: the first file that is applied says who the group is")


def _lost(data: dict[str, Any], known: Slugs) -> Iterator[tuple[Place, str]]:
    defined = _defined(data, known)
    for section, key, kind in _REFERENCES:
        for place, name in _names(data, section, key):
            if name not in defined[kind]:
                yield place, _nowhere(kind, name, defined[kind])
    for place, name in _bus_of_menus(data, ("menus",)):
        if name not in defined["business unit"]:
            yield place, _nowhere("business unit", name, defined["business unit"])
    fallback = _inside(data, ("routing", "fallback"))
    if isinstance(fallback, str) and fallback not in defined["business unit"]:
        yield ("routing", "fallback"), _nowhere("business unit", fallback, defined["business unit"])


def _bus_of_menus(data: Any, place: Place) -> Iterator[tuple[Place, str]]:
    """Yield the BUs that buttons name, however deep they stand."""
    entries = _inside(data, place)
    for number, entry in enumerate(entries if isinstance(entries, list) else ()):
        if isinstance(entry, dict) and isinstance(entry.get("bu"), str):
            yield (*place, number, "bu"), entry["bu"]
        for inner in ("buttons", "items", "conditional"):
            yield from _bus_of_menus(data, (*place, number, inner))


def _doubled(document: Document, section: Place, key: str) -> Iterator[Mistake]:
    first: dict[str, Place] = {}
    for place, name in _names(document.data, section, key):
        before = first.setdefault(name, place)
        if before != place:
            yield at(document.lines, place, f"{show(name)} stands on line {document.lines[before]} already")


def _defined(data: Any, known: Slugs) -> dict[str, set[str]]:
    def slugs(section: str, key: str = "slug") -> set[str]:
        return {name for _, name in _names(data, (section,), key)}

    return {
        "legal entity": slugs("legal_entities") | known.legal_entities,
        "open platform": slugs("open_platforms") | known.open_platforms,
        "component platform": slugs("component_platforms") | known.component_platforms,
        "business unit": slugs("business_units") | known.business_units,
        "official account": _official(data)
        | {name for name in known.touchpoints if APPID.fullmatch(name)} - known.miniprograms,
        "account": slugs("accounts", "appid") | {slug for slug in known.touchpoints if slug.startswith("wx")},
        "touchpoint": slugs("touchpoints") | slugs("accounts", "appid") | known.touchpoints,
    }


def _official(data: Any) -> set[str]:
    """Return the accounts in the file that are no mini programs."""
    entries = _inside(data, ("accounts",))
    kept = (e for e in (entries if isinstance(entries, list) else ()) if isinstance(e, dict))
    return {e["appid"] for e in kept if isinstance(e.get("appid"), str) and e.get("kind") != "miniprogram"}


def _nowhere(kind: str, name: str, defined: Collection[str]) -> str:
    return f"there is no {kind} {show(name)}{suggestion(name, sorted(defined))}"


def _names(data: Any, section: Place, key: str) -> Iterator[tuple[Place, str]]:
    """Yield the texts under `key` in the entries of a list, whatever shape the file has."""
    entries = _inside(data, section)
    for number, entry in enumerate(entries if isinstance(entries, list) else ()):
        if isinstance(entry, dict) and isinstance(entry.get(key), str):
            yield (*section, number, key), entry[key]


def _inside(data: Any, place: Place) -> Any:
    for step in place:
        if isinstance(step, int):
            data = data[step] if isinstance(data, list) else None
        else:
            data = data.get(step) if isinstance(data, dict) else None
    return data
