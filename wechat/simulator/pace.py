"""The clock of the simulated WeChat: the hub's, or one that runs faster, so that hours of tokens and windows go by."""

from __future__ import annotations

from hub.kernel import clock

FASTEST = 10_000


class _Pace:
    speed = 1.0
    since = 0.0


_pace = _Pace()


def set_speed(speed: float) -> None:
    """Let WeChat's clock run `speed` times as fast from now on; raise ValueError outside 1 to 10,000.

    Tokens, tickets, reply windows and quotas live by it; what people do and when pushes are signed stays in real time.
    """
    if not 1 <= speed <= FASTEST:
        raise ValueError(f"the clock runs 1 to {FASTEST:,} times as fast")
    _pace.speed, _pace.since = float(speed), clock.now().timestamp()


def now() -> float:
    """Return WeChat's time in Unix seconds."""
    real = clock.now().timestamp()
    return real if _pace.speed == 1 else _pace.since + (real - _pace.since) * _pace.speed


def told(seconds: float) -> int:
    """Return how long something lives on WeChat's clock in seconds of whoever is told, whose clock is not faster."""
    return int(seconds / _pace.speed)
