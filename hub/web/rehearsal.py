"""Rehearse with simulated people: WeChat's API on loopback, and their acts delivered as WeChat would."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlsplit

import requests

from hub.group.service import Account, Component
from hub.kernel import clock
from hub.kernel.logs import log
from wechat.simulator import Herald, SimAccount, SimComponent, Simulator, Traffic, World

_INTERESTS = ("automation", "power", "energy", "robot")
_SIZES = ("1-49", "50-499", "500+")
_REGISTERING = 3  # one login in so many comes with a registration


def run(
    accounts: Sequence[Account],
    *,
    hub_url: str,
    listen: str,
    people: int,
    rate: float,
    key: str | None,
    stop: threading.Event,
) -> None:
    """Serve the simulated WeChat at `listen` and send `rate` pushes a second to `hub_url` until `stop` is set."""
    platforms = {account.component.appid: _platform(account.component) for account in accounts if account.component}
    world = World([_simulated(account) for account in accounts], components=list(platforms.values()))
    with Simulator(world, port=urlsplit(listen).port or 0), Herald(world, hub_url):
        if not _reachable(hub_url, stop):
            return
        on_activity = _mini_program(world, hub_url, key) if key else None
        Traffic(world, hub_url, people=people, rate=rate, on_activity=on_activity).run(stop)


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
