"""Tags that an account puts on its followers, within WeChat's limits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from wechat.simulator.errors import ApiError

MOST, MOST_EACH, NAME_BYTES, TOO_MANY_TO_DELETE = 100, 20, 30, 100_000
SYSTEM = {0: "未分组", 1: "黑名单", 2: "星标组"}
_FIRST = 100


class Tags:
    """Keep the tags of one account, and who carries them."""

    def __init__(self) -> None:
        self._names: dict[int, str] = {}
        self._members: defaultdict[int, dict[str, None]] = defaultdict(dict)
        self._carried: defaultdict[str, list[int]] = defaultdict(list)
        self._next = _FIRST

    def create(self, name: str) -> int:
        """Return the id of a new tag; raise ApiError 45056 past a hundred, 45157 or 45158 for a bad name."""
        if len(self._names) >= MOST:
            raise ApiError(45056)
        self._check(name)
        id_, self._next = self._next, self._next + 1
        self._names[id_] = name
        return id_

    def rename(self, id_: int, name: str) -> None:
        """Give a tag another name."""
        self._own(id_)
        if self._names[id_] != name:
            self._check(name)
        self._names[id_] = name

    def delete(self, id_: int) -> None:
        """Take a tag off everybody and drop it; raise ApiError 45057 with over 100,000 who carry it."""
        self._own(id_)
        if len(self._members[id_]) > TOO_MANY_TO_DELETE:
            raise ApiError(45057)
        for openid in self._members.pop(id_):
            self._carried[openid].remove(id_)
        del self._names[id_]

    def all(self) -> list[dict[str, object]]:
        """Return every tag as tags/get shows it."""
        shown = [{"id": id_, "name": name, "count": 0} for id_, name in SYSTEM.items()]
        return [*shown, *({"id": i, "name": name, "count": len(self._members[i])} for i, name in self._names.items())]

    def put(self, id_: int, openids: Sequence[str]) -> None:
        """Tag everybody of `openids` or, when one has twenty tags already (ApiError 45059), nobody."""
        self._known(id_)
        if any(id_ not in self._carried[o] and len(self._carried[o]) >= MOST_EACH for o in openids):
            raise ApiError(45059)
        for openid in openids:
            if openid not in self._members[id_]:
                self._members[id_][openid] = None
                self._carried[openid].append(id_)

    def take(self, id_: int, openids: Sequence[str]) -> None:
        """Take a tag off `openids`; who does not carry it is left alone."""
        self._known(id_)
        for openid in openids:
            if openid in self._members[id_]:
                del self._members[id_][openid]
                self._carried[openid].remove(id_)

    def of(self, openid: str) -> list[int]:
        """Return the ids of the tags that `openid` carries."""
        return list(self._carried.get(openid, ()))

    def after(self, id_: int, openid: str) -> Iterator[str]:
        """Yield who carries a tag, from behind `openid` on."""
        self._known(id_)
        members = iter(list(self._members[id_]))
        if openid:
            for member in members:
                if member == openid:
                    break
        return members

    def _check(self, name: str) -> None:
        if len(name.encode()) > NAME_BYTES:
            raise ApiError(45158)
        if not name or name in self._names.values() or name in SYSTEM.values():
            raise ApiError(45157)

    def _own(self, id_: int) -> None:
        if id_ in SYSTEM:
            raise ApiError(45058)
        self._known(id_)

    def _known(self, id_: int) -> None:
        if id_ not in self._names and id_ not in SYSTEM:
            raise ApiError(45159)
