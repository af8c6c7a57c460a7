"""What the simulated WeChat keeps of messages: templates, consent, ids it has seen, mass messages, results to push."""

from __future__ import annotations

import itertools
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from wechat.simulator.errors import ApiError
from wechat.simulator.push import Fields
from wechat.simulator.quota import BEIJING, DAY

REMEMBERED_TEMPLATE, REMEMBERED_MASS = 600, DAY
TOO_FAST = 60
MASS_A_MONTH = 4
MASS_A_DAY = {"subscription": 1}


@dataclass(frozen=True, slots=True)
class SimTemplate:
    """Hold one template: its title, and its fields with what each is called."""

    template_id: str
    title: str
    fields: Mapping[str, str]

    @property
    def content(self) -> str:
        """Return the template's text, its fields as {{name.DATA}}."""
        return "\n".join(f"{label}:{{{{{name}.DATA}}}}" for name, label in self.fields.items())


TEMPLATES = (
    SimTemplate("tplReminder-0001", "活动提醒", {"thing2": "活动", "time3": "时间"}),
    SimTemplate("tplProgress-0002", "进度通知", {"thing1": "事项", "phrase4": "状态"}),
)
NOTICES = (SimTemplate("tplNotice-0003", "预约成功通知", {"thing1": "内容", "date2": "日期"}),)


@dataclass(slots=True)
class MassMessage:
    """Hold one mass message; times are Unix seconds."""

    msg_id: int
    appid: str
    at: float
    repeated_at: float
    status: str = "SENDING"
    counts: dict[str, int] = field(default_factory=dict)


class Outbox:
    """Keep what sending needs beside the followers and the reply windows; `results` are pushes to be delivered.

    `blockers` refuse an account's messages in secret (templates fail afterwards), `muted` openly (48002).
    """

    def __init__(self) -> None:
        self.templates: dict[str, list[SimTemplate]] = defaultdict(lambda: list(TEMPLATES))
        self.notices: dict[str, list[SimTemplate]] = defaultdict(lambda: list(NOTICES))
        self.credits: defaultdict[tuple[str, str, str], int] = defaultdict(int)
        self.blockers: set[tuple[str, str]] = set()
        self.muted: set[tuple[str, str]] = set()
        self.results: deque[tuple[str, Fields]] = deque()
        self.received: defaultdict[tuple[str, str, str], int] = defaultdict(int)
        """How many messages each (AppID, OpenID, id of ours or template) got: a second one is a double."""
        self.failures: dict[str, str] = {}
        """What the next templates of an account end with, by AppID, instead of success."""
        self._ids = itertools.count(3_717_005_636_572_528_642)
        self._mass_ids = itertools.count(3_147_487_831)
        self._seen: dict[tuple[str, str, str], tuple[int, float]] = {}
        self._by_client_id: dict[tuple[str, str], MassMessage] = {}
        self._mass: dict[tuple[str, int], MassMessage] = {}
        self._months: defaultdict[tuple[str, str, str], int] = defaultdict(int)
        self._days: defaultdict[tuple[str, int], int] = defaultdict(int)

    def next_id(self) -> int:
        """Return the id of a new message."""
        return next(self._ids)

    def first_time(self, appid: str, openid: str, client_id: str, msgid: int, now: float) -> int:
        """Return `msgid`, or the id that an earlier message with this client id got within ten minutes."""
        seen = self._seen.get((appid, openid, client_id)) if client_id else None
        if seen is not None and now - seen[1] < REMEMBERED_TEMPLATE:
            return seen[0]
        self._seen[appid, openid, client_id] = (msgid, now)
        return msgid

    def spend(self, appid: str, openid: str, key: str) -> None:
        """Use one consent; raise ApiError 43101 when there is none."""
        if self.credits[appid, openid, key] < 1:
            raise ApiError(43101)
        self.credits[appid, openid, key] -= 1

    def known_mass(self, appid: str, client_id: str, now: float) -> MassMessage | None:
        """Return the mass message with this clientmsgid of the last day; raise ApiError 45066 when asked too soon."""
        found = self._by_client_id.get((appid, client_id))
        if found is None or now - found.at >= REMEMBERED_MASS:
            return None
        since, found.repeated_at = now - found.repeated_at, now
        if since < TOO_FAST:
            raise ApiError(45066)
        return found

    def new_mass(self, appid: str, kind: str, client_id: str, now: float) -> MassMessage:
        """Return a new mass message; raise ApiError 45028 when the account has sent its last one of the day."""
        day = int(now + BEIJING) // DAY
        if self._days[appid, day] >= MASS_A_DAY.get(kind, 100):
            raise ApiError(45028)
        self._days[appid, day] += 1
        made = MassMessage(next(self._mass_ids), appid, now, now)
        self._mass[appid, made.msg_id] = made
        if client_id:
            self._by_client_id[appid, client_id] = made
        return made

    def mass(self, appid: str, msg_id: int) -> MassMessage:
        """Return a mass message; raise ApiError 40059 when there is none."""
        if (appid, msg_id) not in self._mass:
            raise ApiError(40059)
        return self._mass[appid, msg_id]

    def counts_this_month(self, appid: str, openid: str, month: str) -> bool:
        """Count one mass message to a person; tell whether it was one of the four of this month."""
        self._months[appid, openid, month] += 1
        return self._months[appid, openid, month] <= MASS_A_MONTH

    def take_results(self) -> Iterator[tuple[str, Fields]]:
        """Yield the result pushes that wait (AppID, fields), and remove them."""
        while self.results:
            yield self.results.popleft()
