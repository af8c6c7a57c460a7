"""Charts as plain numbers for inline SVG: no script draws them, so the strictest content policy lets them be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

WIDTH, HEIGHT = 600.0, 160.0


@dataclass(frozen=True, slots=True)
class Lines:
    """Hold a line over days, the same number of days before it, and the table that says the same."""

    now: str
    before: str
    area: str
    top: int
    total: int
    total_before: int
    days: tuple[tuple[date, int, int], ...]
    """(day, n, n of the day one period earlier)"""


def lines(days: Sequence[date], now: Sequence[int], before: Sequence[int]) -> Lines:
    """Return the chart of two rows of equal length over `days`."""
    top = max(1, *now, *before)
    drawn = _points(now, top)
    return Lines(
        now=drawn,
        before=_points(before, top),
        area=f"0,{HEIGHT:g} {drawn} {WIDTH:g},{HEIGHT:g}",
        top=top,
        total=sum(now),
        total_before=sum(before),
        days=tuple(zip(days, now, before, strict=True)),
    )


def spark(values: Sequence[int]) -> str:
    """Return the points of a small line of `values` in a box of 600 by 160; "" when there is nothing to draw."""
    return _points(values, max(1, *values)) if len(values) > 1 else ""


def _points(values: Sequence[int], top: int) -> str:
    step = WIDTH / max(1, len(values) - 1)
    spots = ((n * step, HEIGHT * (1 - max(0, value) / top)) for n, value in enumerate(values))
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
