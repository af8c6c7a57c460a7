"""Rehearse with simulated people: WeChat's API on loopback, and their acts delivered as WeChat would."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests

from hub.group.service import Account, Component
from hub.kernel import clock
from hub.kernel.logs import log
from wechat.simulator import Deliverer, Herald, SimAccount, SimComponent, Simulator, Traffic, World, set_speed
from wechat.simulator.faults import FaultKind

_INTERESTS = ("automation", "power", "energy", "robot")
_SIZES = ("1-49", "50-499", "500+")
_LANES, _EVERY = 64, 5.0
_SLOW = 10.0
"""Seconds of a slow answer: more than the hub waits."""
_REGISTERING = 3  # one login in so many comes with a registration


@dataclass(frozen=True, slots=True)
class Fault:
    """Let a share (0 to 1) of the calls of a path fail in one way; see the simulator's Fault."""

    kind: FaultKind
    path: str
    share: float


@dataclass(frozen=True, slots=True)
class Plan:
    """Say what is rehearsed; `seconds` ends it by itself, else it runs until it is stopped."""

    hub_url: str
    listen: str
    people: int
    rate: float
    key: str | None = None
    followers: int = 0
    speed: float = 1.0
    faults: Sequence[Fault] = ()
    duplicates: float = 0.05
    reorder: int = 0
    deliveries: int = 3
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """Hold how far a rehearsal is: pushes sent, taken, tried again and given up, and calls of WeChat's API."""

    seconds: float
    sent: int
    acknowledged: int
    retried: int
    given_up: int
    calls: int
    busy: float
    """Processor seconds that the simulator itself used."""

    def line(self) -> str:
        """Return it as one line of progress."""
        return (
            f"{self.seconds:7.0f} s  sent {self.sent:,}  acknowledged {self.acknowledged:,}"
            f"  retried {self.retried:,}  given up {self.given_up:,}  API calls {self.calls:,}"
        )

    def summary(self) -> str:
        """Return what it came to."""
        rate = self.sent / self.seconds if self.seconds else 0
        share = 100 * self.busy / self.seconds if self.seconds else 0
        verdict = "Nothing was given up." if not self.given_up else f"{self.given_up:,} pushes were given up."
        return f"{self.line()}\n{rate:,.0f} pushes/s; the simulator used {share:.0f}% of one processor. {verdict}"


def run(
    accounts: Sequence[Account], plan: Plan, stop: threading.Event, *, say: Callable[[str], object] | None = None
) -> Report:
    """Serve the simulated WeChat and send pushes until `stop` is set or the plan's time is over; `say` hears progress.

    What was sent when the time is over is seen to its end: acknowledged or given up.
    """
    set_speed(plan.speed)
    world = _world(accounts, plan)
    carrier = Deliverer(
        plan.hub_url,
        concurrency=max(8, min(_LANES, round(plan.rate / 16))),
        attempts=plan.deliveries,
        duplicate_rate=plan.duplicates,
        reorder_window=plan.reorder,
    )
    with Simulator(world, port=urlsplit(plan.listen).port or 0), Herald(world, plan.hub_url):
        if not _reachable(plan.hub_url, stop):
            carrier.close()
            return Report(0, 0, 0, 0, 0, 0, 0)
        on_activity = _mini_program(world, plan.hub_url, plan.key) if plan.key else None
        traffic = Traffic(
            world, plan.hub_url, people=plan.people, rate=plan.rate, on_activity=on_activity, carrier=carrier
        )
        began, busy = time.monotonic(), time.process_time()

        def report() -> Report:
            n, calls = carrier.stats(), sum(world.calls.values())
            spent, used = time.monotonic() - began, time.process_time() - busy
            return Report(spent, n["pushes"], n["delivered"], n["retried"], n["given_up"], calls, used)

        teller = threading.Thread(target=_tell, args=(report, say, stop), daemon=True)
        teller.start()
        traffic.run(stop, seconds=plan.seconds)
        done = report()
        stop.set()
        teller.join()
        return done


def _world(accounts: Sequence[Account], plan: Plan) -> World:
    platforms = {account.component.appid: _platform(account.component) for account in accounts if account.component}
    world = World([_simulated(account) for account in accounts], components=list(platforms.values()))
    for account in world.accounts.values():
        if account.official and plan.followers:
            world.settle(account.appid, plan.followers)
    for fault in plan.faults:
        world.fail_often(fault.path, fault.kind, fault.share, seconds=_SLOW)
    return world


def _tell(report: Callable[[], Report], say: Callable[[str], object] | None, stop: threading.Event) -> None:
    while say and not stop.wait(_EVERY):
        say(report().line())


def _simulated(account: Account) -> SimAccount:
    return SimAccount(
        appid=account.appid,
        original_id=account.original_id,
        kind=account.kind,  # type: ignore[arg-type]
        open_platform=account.open_platform or "",
        mode=account.mode,  # type: ignore[arg-type]
        token=account.token,
        aes_key=account.aes_key,
        secret=account.secret,
        through=_platform(account.component) if account.component else None,
    )


def _platform(component: Component) -> SimComponent:
    return SimComponent(component.appid, component.secret, component.token, component.aes_key)


def _reachable(hub_url: str, stop: threading.Event) -> bool:
    """Wait until the hub answers, so that no simulated push is given up while it starts."""
    while not stop.is_set():
        try:
            if requests.get(f"{hub_url}/readyz", timeout=2).ok:
                return True
        except requests.RequestException:
            pass  # not up yet: that is what we wait for
        stop.wait(0.3)
    return False


def _mini_program(world: World, hub_url: str, key: str) -> Callable[[int, str, str], None]:
    """Return a hook that plays the mini program's own server: it reports logins, and a registration now and then."""
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {key}"
    numbers = itertools.count(int(clock.now().timestamp()) * 1000)  # ids must differ from those of the last run

    def tell(path: str, body: Mapping[str, object]) -> None:
        try:
            session.post(f"{hub_url}/api/v1/{path}", json=body, timeout=5).raise_for_status()
        except requests.RequestException as error:
            log.warning("rehearsal_not_heard", path=path, error=type(error).__name__)

    def report(person: int, appid: str, kind: str) -> None:
        account = world.account(appid)
        if kind != "login" or not account.open_platform:
            return
        openid, unionid = world.openid(appid, person), world.unionid(account.open_platform, person)
        identity = {"appid": appid, "openid": openid, "unionid": unionid}
        number = next(numbers)
        act = {"id": f"login-{number}", "identity": identity, "kind": "download" if number % 4 == 0 else "login"}
        tell("activities", {"items": [act]})
        if person % _REGISTERING == 0:
            tell("registrations", _registration(person, number, identity))

    return report


def _registration(person: int, number: int, identity: Mapping[str, str]) -> dict[str, object]:
    """Return a registration with placeholders that nobody could take for a person's."""
    return {
        "id": f"registration-{number}",
        "identity": identity,
        "contact": {
            "name": f"演示 {person}",
            "mobile": f"1390000{person % 10_000:04d}",
            "email": f"demo-{person}@example.com",
            "company": f"示例公司 {person % 50}",
        },
        "traits": {"interest": _INTERESTS[person % len(_INTERESTS)], "company_size": _SIZES[person % len(_SIZES)]},
        "consent": {"text_version": "demo-1", "scopes": ["collection", "phone", "email"]},
        "source": "miniprogram",
    }
