"""The tables of a run, the same on the screen and in RESULTS.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bench.claiming import Claims
from bench.contenders import BARE, HUB, NPM, NPM_TWO, Contender
from bench.draining import Drained
from bench.ingest import Ingest
from bench.sizes import Sizes

_BUDGETS = {NPM: 1.5}
_DRAIN_BUDGET, _P99_BUDGET = 5_000, 50


def ingest(contenders: Sequence[Contender], found: Mapping[str, Ingest], sizes: Sizes) -> list[str]:
    """Return the table of callbacks, with the ratio of the hub to each contender."""
    hub = found[HUB]
    rows = [
        (c.title, f"{r.rate:,.0f}", _ratio(hub, c.name, r), f"{r.busy_p99:.0f}", f"{r.paced_p50:.1f}", f"{r.paced_p99:.1f}")
        for c in contenders
        for r in (found[c.name],)
    ]
    head = ("callbacks", "answers/s", "hub ÷ this", "p99 ms", f"p50 ms at {sizes.pace:,.0f}/s", f"p99 ms at {sizes.pace:,.0f}/s")
    return [*_table(head, rows), "", f"Budget: p99 under {_P99_BUDGET} ms at 1,000/s: {_kept(hub.paced_p99 < _P99_BUDGET)}."]


def _ratio(hub: Ingest, name: str, other: Ingest) -> str:
    if name == HUB:
        return ""
    ratio = hub.rate / other.rate
    budget = _BUDGETS.get(name)
    return f"{ratio:.2f}" if budget is None else f"{ratio:.2f} (budget {budget}: {_kept(ratio >= budget)})"
