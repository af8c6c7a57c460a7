"""The state of the simulated WeChat: accounts, people, followers, tokens and quotas."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from functools import partial

from hub.kernel import clock
from wechat.simulator.accounts import SimAccount
from wechat.simulator.codes import Codes
from wechat.simulator.components import Component, SimComponent
from wechat.simulator.errors import ApiError
from wechat.simulator.faults import Fault, FaultKind, Faults
from wechat.simulator.followers import Crowd, Followers
from wechat.simulator.logins import Logins
from wechat.simulator.menus import Menus
from wechat.simulator.outbox import Outbox
from wechat.simulator.pace import now
from wechat.simulator.people import People
from wechat.simulator.quota import DAILY, MINIPROGRAM_GRANTS, OFFICIAL_GRANTS, CallQuota, Ledger
from wechat.simulator.tags import Tags
from wechat.simulator.tokens import Tokens

__all__ = ["World", "now"]


class World:
    """Hold everything the simulated WeChat knows, behind one lock; all of it lives in memory."""

    def __init__(
        self,
        accounts: Sequence[SimAccount],
        *,
        seed: int = 1,
        page_size: int = 10_000,
        daily_limits: Mapping[str, int] | None = None,
        token_lifetime: int = 7200,
        components: Sequence[SimComponent] = (),
    ) -> None:
        self.lock = threading.RLock()
        self.accounts = {account.appid: account for account in accounts}
        self.page_size = page_size
        self.calls: Counter[str] = Counter()
        self.sent: deque[dict[str, object]] = deque(maxlen=1000)
        self.tokens = Tokens(token_lifetime)
        self.quota = CallQuota({**DAILY, **(daily_limits or {})})
        self.ledger = Ledger()
        self.codes = Codes()
        self.logins = Logins()
        self.faults = Faults()
        self.outbox = Outbox()
        self.moved: dict[str, str] = {}
        """AppID of an account whose followers moved -> the account they moved to."""
        self.components = {component.appid: Component(component) for component in components}
        linked = frozenset(account.appid for account in accounts if not account.official)
        self.menus = {account.appid: Menus(linked) for account in accounts if account.official}
        self.qrcodes: dict[str, tuple[str, str, float | None]] = {}
        """Ticket -> (AppID, scene, when it ends)."""
        self.permanent_codes = 100_000
        self._people = People(seed)
        self._followers = {
            appid: Followers(partial(self._people.openid, appid), partial(self._people.person, appid))
            for appid in self.accounts
        }
        self._tags = {appid: Tags() for appid in self.accounts}

    def account(self, appid: str) -> SimAccount:
        """Return the account of `appid`; raise ApiError 40013 when there is none."""
        if appid not in self.accounts:
            raise ApiError(40013)
        return self.accounts[appid]

    def openid(self, appid: str, person: int) -> str:
        """Return the OpenID of `person` at `appid`."""
        return self._people.openid(appid, person)

    def unionid(self, open_platform: str, person: int) -> str:
        """Return the UnionID of `person` in `open_platform`."""
        return self._people.unionid(open_platform, person)

    def person(self, appid: str, openid: str) -> int:
        """Return the number of the person behind `openid`; raise ApiError 40003 when it is not one of `appid`."""
        return self._people.person(appid, openid)

    def tags(self, appid: str) -> Tags:
        """Return the tags of an account."""
        return self._tags[appid]

    def elsewhere(self, appid: str, openid: str) -> bool:
        """Tell whether `openid` is one of another account."""
        return any(_holds(self._people, other, openid) for other in self.accounts if other != appid)

    def settle(self, appid: str, people: int, *, apart: int = 1, scenes: Sequence[str] = ("",)) -> None:
        """Let the people 0 to `people` - 1 follow since long ago, `apart` seconds after one another; see Crowd."""
        with self.lock:
            self._followers[appid].settle(Crowd(people, int(now()) - 3600, apart, tuple(scenes)))

    def follow(self, appid: str, openid: str, scene: str = "") -> None:
        """Let `openid` follow, through the QR code of `scene` unless that is empty; this opens a reply window."""
        self.person(appid, openid)
        with self.lock:
            self._followers[appid].follow(openid, scene, int(clock.now().timestamp()))
        self.act(appid, openid, "follow")

    def unfollow(self, appid: str, openid: str) -> None:
        """Let `openid` unfollow; this closes every reply window."""
        with self.lock:
            self._followers[appid].unfollow(openid)
            self.ledger.close(appid, openid)

    def follows(self, appid: str, openid: str) -> bool:
        """Tell whether `openid` follows `appid` now."""
        with self.lock:
            return self._followers[appid].get(openid) is not None

    def followers_of(self, appid: str) -> list[str]:
        """Return the OpenIDs of everybody who follows `appid` now."""
        with self.lock:
            return self._followers[appid].all()

    def consent(self, appid: str, openid: str, key: str, *, accept: bool = True) -> None:
        """Let a person accept one message of a template, or refuse all; a one-time one is "template|scene"."""
        with self.lock:
            credits = self.outbox.credits
            credits[appid, openid, key] = credits[appid, openid, key] + 1 if accept else 0

    def act(self, appid: str, openid: str, trigger: str) -> None:
        """Record an act (message, click, follow, scan, enter) that may open a reply window; others open none."""
        grants = OFFICIAL_GRANTS if self.account(appid).official else MINIPROGRAM_GRANTS
        if trigger in grants:
            with self.lock:
                self.ledger.grant(appid, openid, trigger, grants[trigger], now())

    def login(self, appid: str, person: int) -> str:
        """Return a login code, as the mini program gets one on the phone of `person`."""
        with self.lock:
            return self.codes.issue(appid, person, now())

    def phone_code(self, appid: str, person: int) -> str:
        """Return a phone code, as the mini program gets one when `person` agrees to share their number."""
        with self.lock:
            return self.logins.phone_code(appid, person, now())

    def phone(self, person: int) -> str:
        """Return the number of `person`, a placeholder that nobody has."""
        return f"1390000{person % 10_000:04d}"

    def codes_made(self, appid: str, ticket: str, scene: str, until: float | None) -> None:
        """Keep a QR code; raise ApiError 45029 when the account has had all its permanent ones."""
        had = sum(owner == appid and ends is None for owner, _, ends in self.qrcodes.values())
        if until is None and had >= self.permanent_codes:
            raise ApiError(45029)
        self.qrcodes[ticket] = (appid, scene, until)

    def user_info(self, appid: str, openid: str) -> dict[str, object]:
        """Return what user/info says of `openid`; raise ApiError 40003 when it is not one of `appid`."""
        person = self.person(appid, openid)
        with self.lock:
            follower, tagged = self._followers[appid].get(openid, person), self._tags[appid].of(openid)
        if follower is None:
            return {"subscribe": 0, "openid": openid}
        answer: dict[str, object] = {
            "subscribe": 1,
            "openid": openid,
            "language": "zh_CN",
            "subscribe_time": follower.since,
            "remark": "",
            "groupid": 0,
            "tagid_list": tagged,
            "subscribe_scene": "ADD_SCENE_QR_CODE" if follower.scene else "ADD_SCENE_SEARCH",
            "qr_scene": 0,
            "qr_scene_str": follower.scene,
        }
        return {**answer, **self.union(appid, person)}

    def union(self, appid: str, person: int) -> dict[str, str]:
        """Return the `unionid` key of an answer, or nothing when the account is bound to no open platform."""
        platform = self.account(appid).open_platform
        return {"unionid": self.unionid(platform, person)} if platform else {}

    def user_page(self, appid: str, after: str) -> dict[str, object]:
        """Return one page of user/get."""
        with self.lock:
            return self._followers[appid].page(after, self.page_size)

    def fail(
        self,
        path: str,
        kind: FaultKind = "errcode",
        *,
        errcode: int | str = -1,
        seconds: float = 0,
        times: int = 1,
        appid: str = "",
    ) -> None:
        """Queue a fault for the next `times` calls of `path`, by `appid` unless that is empty; see Fault."""
        with self.lock:
            self.faults.add(path, Fault(kind, errcode, seconds), times, appid)

    def withdraw(self, component_appid: str, appid: str) -> None:
        """Let an account withdraw its trust in a platform: its tokens end (61003), and the platform is told."""
        with self.lock:
            self.tokens.withdraw(self.components[component_appid].withdraw(appid, now()))

    def fail_often(self, path: str, kind: FaultKind, share: float, *, seconds: float = 0) -> None:
        """Let that share of the calls of `path` ("*" for all) fail from now on, until the faults are cleared."""
        with self.lock:
            self.faults.add_share(path, Fault(kind, -1, seconds), share)

    def revoke_tokens(self, appid: str) -> None:
        """Make every token of `appid` invalid (40001)."""
        with self.lock:
            self.tokens.revoke(appid, now())

    def spoil_tokens(self, appid: str) -> None:
        """Refuse the tokens of `appid` (40001) although stable_token goes on giving them out, until it is forced."""
        with self.lock:
            self.tokens.spoil(appid, now())

    def expire_tokens(self, appid: str) -> None:
        """Make every token of `appid` expired (42001)."""
        with self.lock:
            self.tokens.expire(appid, now())


def _holds(people: People, appid: str, openid: str) -> bool:
    try:
        people.person(appid, openid)
    except ApiError:
        return False
    return True
