"""How often an account may call, and how often it may write to one person."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from wechat.simulator.errors import ApiError

DAY, HOUR, MINUTE = 86400, 3600, 60
BEIJING = 8 * HOUR

DAILY = {
    "/cgi-bin/token": 2_000,
    "/cgi-bin/stable_token": 500_000,
    "/cgi-bin/menu/create": 1_000,
    "/cgi-bin/menu/delete": 1_000,
    "/cgi-bin/menu/get": 10_000,
    "/cgi-bin/user/get": 500,
    "/cgi-bin/user/info": 5_000_000,
    "/cgi-bin/user/info/batchget": 5_000_000,
    "/cgi-bin/message/custom/send": 500_000,
    "/cgi-bin/message/template/send": 100_000,
    "/cgi-bin/message/mass/send": 100,
    "/cgi-bin/message/mass/sendall": 100,
    "/cgi-bin/message/mass/preview": 100,
}
CLEARED_A_MONTH = 10
SWEPT_EVERY = 20_000
PER_MINUTE = {
    "/cgi-bin/stable_token": 10_000,
    "/cgi-bin/message/mass/send": 60,
    "/cgi-bin/message/mass/sendall": 60,
    "/cgi-bin/qrcode/create": 100_000,
}

OFFICIAL_GRANTS = {
    "message": (5, 48 * HOUR),
    "click": (3, MINUTE),
    "follow": (3, MINUTE),
    "scan": (3, MINUTE),
}
MINIPROGRAM_GRANTS = {"message": (5, 48 * HOUR), "enter": (2, MINUTE)}


class CallQuota:
    """Count the calls of each account to each API; days begin at 00:00 in Beijing."""

    def __init__(self, daily: Mapping[str, int]) -> None:
        self._windows = ((DAY, BEIJING, daily, 45009), (MINUTE, 0, PER_MINUTE, 45011))
        self._used: dict[tuple[str, str, int], tuple[int, int]] = {}
        self._cleared: Counter[tuple[str, str]] = Counter()

    def use(self, appid: str, path: str, now: float) -> None:
        """Count one call; raise ApiError 45009 past the day's limit and 45011 past the minute's."""
        for seconds, shift, limits, errcode in self._windows:
            if path in limits and self._count((appid, path, seconds), int(now + shift) // seconds) > limits[path]:
                raise ApiError(errcode)

    def state(self, appid: str, path: str, now: float) -> tuple[int, int]:
        """Return the day's limit of an API (0: it has none) and how many calls were made today."""
        window, used = self._used.get((appid, path, DAY), (0, 0))
        limits = self._windows[0][2]
        return limits.get(path, 0), used if window == int(now + BEIJING) // DAY else 0

    def clear(self, appid: str, now: float, path: str = "") -> None:
        """Begin an account's day anew, for one API or for all; raise ApiError 48006 after ten times in a month."""
        month = datetime.fromtimestamp(now + BEIJING, UTC).strftime("%Y-%m")
        if self._cleared[appid, month] >= CLEARED_A_MONTH:
            raise ApiError(48006)
        self._cleared[appid, month] += 1
        for key in [key for key in self._used if key[0] == appid and path in ("", key[1])]:
            del self._used[key]

    def _count(self, key: tuple[str, str, int], window: int) -> int:
        before, used = self._used.get(key, (window, 0))
        used = used + 1 if before == window else 1
        self._used[key] = (window, used)
        return used


@dataclass(slots=True)
class Grant:
    """Hold what one trigger still allows until `expires_at` (Unix seconds)."""

    remaining: int
    expires_at: float


class Ledger:
    """Keep what each person's last acts allow an account to write to them."""

    def __init__(self) -> None:
        self._grants: defaultdict[tuple[str, str], dict[str, Grant]] = defaultdict(dict)
        self._granted = 0

    def grant(self, appid: str, openid: str, trigger: str, rule: tuple[int, int], now: float) -> None:
        """Renew the grant of `trigger`, where `rule` is (messages, seconds)."""
        self._grants[appid, openid][trigger] = Grant(rule[0], now + rule[1])
        self._granted += 1
        if self._granted % SWEPT_EVERY == 0:
            over = [who for who, grants in self._grants.items() if all(g.expires_at <= now for g in grants.values())]
            for who in over:
                del self._grants[who]

    def open(self, appid: str, openid: str, now: float) -> bool:
        """Tell whether any window to the person is open, used up or not."""
        return any(now < grant.expires_at for grant in self._grants.get((appid, openid), {}).values())

    def spend(self, appid: str, openid: str, now: float) -> None:
        """Take one message from the grant that ends first; raise ApiError 45015 (none open) or 45047 (all used)."""
        open_grants = [g for g in self._grants.get((appid, openid), {}).values() if now < g.expires_at]
        if not open_grants:
            raise ApiError(45015)
        usable = [g for g in open_grants if g.remaining]
        if not usable:
            raise ApiError(45047)
        min(usable, key=lambda g: g.expires_at).remaining -= 1

    def close(self, appid: str, openid: str) -> None:
        """Forget every grant, as unfollowing does."""
        self._grants.pop((appid, openid), None)
