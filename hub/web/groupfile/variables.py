"""Secrets that the file leaves to the environment, as ``${NAME}``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from hub.group.service.applying import SECRETS
from hub.web.groupfile.loading import Document
from hub.web.groupfile.mistakes import Mistake, Place, at

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def substitute(document: Document, environ: Mapping[str, str]) -> list[Mistake]:
    """Put the values of `environ` in the place of ``${NAME}`` in secrets; return what could not be."""
    mistakes = []
    for place, holder in _holders(document.data):
        for name in SECRETS:
            written = holder.get(name)
            if not isinstance(written, str) or not written.startswith("$"):
                continue
            match = _VARIABLE.fullmatch(written)
            if match is None:
                message = "must be ${NAME} and nothing more, NAME of letters, digits and underscores"
                mistakes.append(at(document.lines, (*place, name), message))
            elif not environ.get(match[1]):
                mistakes.append(at(document.lines, (*place, name), f"the environment has no {match[1]}: set it"))
            else:
                holder[name] = environ[match[1]]
    return mistakes


def _holders(data: Any) -> Iterator[tuple[Place, dict[str, Any]]]:
    for name in ("component_platforms", "accounts"):
        section = data.get(name) if isinstance(data, dict) else None
        for number, holder in enumerate(section if isinstance(section, list) else ()):
            if isinstance(holder, dict):
                yield (name, number), holder
