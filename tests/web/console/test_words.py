"""What the code writes down, the pages say in words."""

from __future__ import annotations

import ast
import re

from hub.web.console.actions import ACTIONS
from tests.test_house import SOURCES, tree

_RECORDERS = ("audit", "_decide", "_edge")
_ACTION = re.compile(r"[a-z_]+(\.[a-z_]+)+|login")


def recorded() -> set[str]:
    """Return every action that the code writes into the audit trail."""
    calls = [node for path in SOURCES for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
    named = [call for call in calls if (getattr(call.func, "id", "") or getattr(call.func, "attr", "")) in _RECORDERS]
    constants = [part for call in named for given in call.args for part in ast.walk(given)]
    texts = {part.value for part in constants if isinstance(part, ast.Constant) and isinstance(part.value, str)}
    return {text for text in texts if _ACTION.fullmatch(text)}


def test_every_action_of_the_audit_trail_has_its_words() -> None:
    found = recorded()
    assert len(found) > 20
    assert sorted(found - ACTIONS.keys()) == []
