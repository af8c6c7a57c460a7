"""Callbacks a second, and how long they take, for every contender in turn."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bench import load, places
from bench.contenders import Contender
from bench.pushes import Account, requests
from bench.sizes import Sizes


class Lost(Exception):
    """A contender answered more pushes than it has stored."""


@dataclass(frozen=True, slots=True)
class Ingest:
    """Hold one contender's medians over the rounds: answers a second, and latencies in milliseconds."""

    rate: float
    busy_p99: float
    paced_p50: float
    paced_p99: float


def measure(
    contenders: Sequence[Contender], to: Account, sizes: Sizes, say: Callable[[str], None]
) -> Mapping[str, Ingest]:
    """Run every contender in every round, forwards and backwards in turn; all get the same pushes in a round."""
    found: dict[str, list[Ingest]] = defaultdict(list)
    for number in range(sizes.rounds):
        pushes = requests(to, sizes.pushes)
        for contender in contenders if number % 2 == 0 else reversed(contenders):
            result = _one(contender, pushes, sizes)
            found[contender.name].append(result)
            say(f"round {number + 1}: {contender.name}: {result.rate:,.0f}/s, p99 {result.paced_p99:.1f} ms when paced")
    return {name: _median(results) for name, results in found.items()}


def _one(contender: Contender, pushes: Sequence[bytes], sizes: Sizes) -> Ingest:
    """Ask as fast as it answers, then at a fixed rate; what was answered must be stored."""
    port = places.free_port()
    before = contender.stored() if contender.stored else 0
    kept_back = int(sizes.pace * sizes.paced_seconds)
    with contender.serve(port):
        busy = load.closed(
            port, iter(pushes[kept_back:]), lines=sizes.lines, warmup=sizes.warmup, seconds=sizes.seconds
        )
        paced = load.paced(port, iter(pushes[:kept_back]), rate=sizes.pace, seconds=sizes.paced_seconds)
    if contender.stored and contender.stored() - before < busy.answered + paced.answered:
        raise Lost(f"{contender.name} answered pushes that are not on disk")
    return Ingest(
        busy.rate,
        load.percentile(busy.latencies, 99),
        load.percentile(paced.latencies, 50),
        load.percentile(paced.latencies, 99),
    )


def _median(results: Sequence[Ingest]) -> Ingest:
    return Ingest(
        statistics.median(r.rate for r in results),
        statistics.median(r.busy_p99 for r in results),
        statistics.median(r.paced_p50 for r in results),
        statistics.median(r.paced_p99 for r in results),
    )
