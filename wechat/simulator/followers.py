"""Who follows one account, in the order in which they first came."""

from __future__ import annotations

from dataclasses import dataclass

from wechat.simulator.errors import ApiError


@dataclass(slots=True)
class Follower:
    """Hold the follow state of one person at one account; `since` is in Unix seconds."""

    position: int
    subscribed: bool
    since: int
    scene: str


class Followers:
    """Keep the followers of one account."""

    def __init__(self) -> None:
        self._by_openid: dict[str, Follower] = {}
        self._order: list[str] = []
        self._total = 0

    def follow(self, openid: str, scene: str, at: int) -> None:
        """Record that `openid` follows since `at`, by the code of `scene` unless that is empty."""
        known = self._by_openid.get(openid)
        if known is None:
            known = self._by_openid[openid] = Follower(len(self._order), False, at, scene)
            self._order.append(openid)
        self._total += not known.subscribed
        known.subscribed, known.since, known.scene = True, at, scene

    def unfollow(self, openid: str) -> None:
        """Record that `openid` follows no longer."""
        known = self._by_openid.get(openid)
        if known is not None and known.subscribed:
            known.subscribed = False
            self._total -= 1

    def get(self, openid: str) -> Follower | None:
        """Return the state of `openid` while it follows."""
        known = self._by_openid.get(openid)
        return known if known is not None and known.subscribed else None

    def all(self) -> list[str]:
        """Return everybody who follows now, in the order in which they first came."""
        return [openid for openid in self._order if self._by_openid[openid].subscribed]

    def page(self, after: str, size: int) -> dict[str, object]:
        """Return one page of user/get, without `data` after the last one; raise ApiError 40003 on a bad `after`."""
        start = 0
        if after:
            known = self._by_openid.get(after)
            if known is None:
                raise ApiError(40003)
            start = known.position + 1
        openids: list[str] = []
        while start < len(self._order) and len(openids) < size:
            openid = self._order[start]
            if self._by_openid[openid].subscribed:
                openids.append(openid)
            start += 1
        answer: dict[str, object] = {"total": self._total, "count": len(openids)}
        if openids:
            answer["data"] = {"openid": openids}
        return {**answer, "next_openid": openids[-1] if openids else ""}
