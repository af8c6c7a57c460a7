"""From sections to YAML in the style that people write the group file in."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import yaml

from hub.kernel.conditions.registry import OPERATORS

_SHORT = 140
_ORDER = [
    *("from", "appid", "quiet_hours", "per_person"),
    *("mql_at", "rules", "fallback", "name", "when", "to", "need", "points", "once", "per_day"),
    *("all", "any", "not", "field", "activity", "key", "key_starts_with"),
    *dict.fromkeys(op for ops in OPERATORS.values() for op in ops),
    *("within", "at_least"),
]
_RANK = {key: rank for rank, key in enumerate(_ORDER)}


def write(sections: Mapping[str, Any]) -> str:
    """Return `sections` as YAML that `loading.load` reads back as it was: entries on one line where they are short."""
    return "".join(
        yaml.dump({name: section}, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=math.inf)
        for name, section in sections.items()
    )


def arrange(data: Any) -> Any:
    """Return `data` with its rules' keys in the order people write them, which PostgreSQL does not keep."""
    if isinstance(data, list):
        return [arrange(item) for item in data]
    if not isinstance(data, dict):
        return data
    return {key: arrange(data[key]) for key in sorted(data, key=lambda key: _RANK.get(key, len(_RANK)))}


class _Dumper(yaml.SafeDumper):
    """Write short mappings on one line, lists of mappings one entry a line, and never an alias."""

    _inside = False

    def ignore_aliases(self, *_: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, *_: Any, **__: Any) -> None:
        super().increase_indent(flow, indentless=False)

    def represent_mapping(self, tag: str, mapping: Any, *_: Any, **__: Any) -> yaml.MappingNode:
        is_top, self._inside = not self._inside, True
        return super().represent_mapping(tag, mapping, flow_style=not is_top and len(str(mapping)) <= _SHORT)

    def represent_sequence(self, tag: str, sequence: Any, *_: Any, **__: Any) -> yaml.SequenceNode:
        is_flow = not any(isinstance(item, dict | list) for item in sequence)
        return super().represent_sequence(tag, sequence, flow_style=is_flow)
