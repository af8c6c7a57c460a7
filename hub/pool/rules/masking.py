"""Show enough of an identifier to recognise it, and not enough to use it."""

from __future__ import annotations

_HEAD, _TAIL, _LEAST = 3, 4, 12


def mask(value: str) -> str:
    """Return the first and last characters of `value` around an ellipsis; of a short one the last two only."""
    return f"{value[:_HEAD]}…{value[-_TAIL:]}" if len(value) >= _LEAST else f"…{value[-2:]}"
