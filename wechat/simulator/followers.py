"""Who follows one account, in the order in which they first came; a million of them need no memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from wechat.simulator.errors import ApiError


@dataclass(slots=True)
class Follower:
    """Hold the follow state of one person at one account; `since` is in Unix seconds."""

    position: int
    subscribed: bool
    since: int
    scene: str


@dataclass(frozen=True, slots=True)
class Crowd:
    """Describe followers of long ago by numbers alone: person n followed `apart` seconds before person n+1.

    `scenes` are the QR scenes by which they came, in turn; an empty one stands for a search.
    """

    people: int
    last: int
    apart: int = 1
    scenes: tuple[str, ...] = ("",)

    def follower(self, person: int) -> Follower:
        """Return how `person` follows."""
        since = self.last - (self.people - 1 - person) * self.apart
        return Follower(person, True, since, self.scenes[person % len(self.scenes)])


_NOBODY = Crowd(0, 0)


class Followers:
    """Keep the followers of one account, where `openid` and `number` turn people into OpenIDs and back."""

    def __init__(self, openid: Callable[[int], str], number: Callable[[str], int]) -> None:
        self._openid, self._number = openid, number
        self._crowd = _NOBODY
        self._by_openid: dict[str, Follower] = {}
        self._order: list[str] = []
        self._total = 0

    def settle(self, crowd: Crowd) -> None:
        """Let `crowd` follow; raise ValueError when somebody follows already."""
        if self._order or self._crowd.people:
            raise ValueError("a crowd comes first")
        self._crowd, self._total = crowd, crowd.people

    def follow(self, openid: str, scene: str, at: int) -> None:
        """Record that `openid` follows since `at`, by the code of `scene` unless that is empty."""
        known = self._known(openid)
        if known is None:
            known = Follower(self._crowd.people + len(self._order), False, at, scene)
            self._order.append(openid)
        self._total += not known.subscribed
        self._by_openid[openid] = Follower(known.position, True, at, scene)

    def unfollow(self, openid: str) -> None:
        """Record that `openid` follows no longer."""
        known = self._known(openid)
        if known is not None and known.subscribed:
            self._by_openid[openid] = Follower(known.position, False, known.since, known.scene)
            self._total -= 1

    def get(self, openid: str, person: int | None = None) -> Follower | None:
        """Return the state of `openid`, the number of whose person may be told, while it follows."""
        known = self._known(openid, person)
        return known if known is not None and known.subscribed else None

    def all(self) -> list[str]:
        """Return everybody who follows now, in the order in which they first came."""
        return [openid for openid in self._order if self._by_openid[openid].subscribed]

    def page(self, after: str, size: int) -> dict[str, object]:
        """Return one page of user/get, without `data` after the last one; raise ApiError 40003 on a bad `after`."""
        start = 0
        if after:
            known = self._known(after)
            if known is None:
                raise ApiError(40003)
            start = known.position + 1
        return paged(self._following(start), size, self._total)

    def _following(self, start: int) -> Iterator[str]:
        for person in range(start, self._crowd.people):
            openid = self._openid(person)
            changed = self._by_openid.get(openid)
            if changed is None or changed.subscribed:
                yield openid
        for place in range(max(0, start - self._crowd.people), len(self._order)):
            if self._by_openid[self._order[place]].subscribed:
                yield self._order[place]

    def _known(self, openid: str, person: int | None = None) -> Follower | None:
        known = self._by_openid.get(openid)
        if known is not None or not self._crowd.people:
            return known
        person = self._number(openid) if person is None else person
        return self._crowd.follower(person) if person < self._crowd.people else None


def paged(openids: Iterator[str], size: int, total: int | None = None) -> dict[str, object]:
    """Return the next `size` of `openids` as WeChat pages them; `data` is missing where none is left."""
    found = [openid for _, openid in zip(range(size), openids, strict=False)]
    answer: dict[str, object] = {} if total is None else {"total": total}
    answer["count"] = len(found)
    if found:
        answer["data"] = {"openid": found}
    return {**answer, "next_openid": found[-1] if found else ""}
