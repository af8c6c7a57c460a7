"""How much is measured."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sizes:
    """Hold the sizes of a run; times in seconds. `lines` are connections, `pace` is requests a second."""

    rounds: int = 3
    lines: int = 64
    warmup: float = 2.0
    seconds: float = 6.0
    pushes: int = 70_000
    pace: float = 1_000
    paced_seconds: float = 5.0
    inbox: int = 50_000
    leads: int = 20_000
    pullers: int = 50
    limit: int = 10
    sends: int = 50_000
    outage_rate: float = 500
    outage_seconds: float = 60
    people: int = 1_000_000
    page_rounds: int = 20
    followers: int = 1_000_000


FULL = Sizes()
QUICK = Sizes(
    rounds=1,
    warmup=0.5,
    seconds=1.5,
    pushes=16_000,
    paced_seconds=1.5,
    inbox=5_000,
    leads=2_000,
    sends=2_000,
    outage_seconds=5,
    people=10_000,
    page_rounds=3,
    followers=20_000,
)
