"""Rehearse with simulated people: WeChat's API on loopback, and their acts delivered as WeChat would."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

import requests

from hub.group.service import Account
from hub.kernel import clock
from hub.kernel.logs import log
from wechat.simulator import SimAccount, Simulator, Traffic, World

_INTERESTS = ("automation", "power", "energy", "robotics")


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
    world = World([_simulated(account) for account in accounts])
    with Simulator(world, port=urlsplit(listen).port or 0):
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
    )


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
    """Return a hook that plays the mini program's own server: it reports each login with OpenID and UnionID."""
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {key}"
    numbers = itertools.count()
    run_id = f"{int(clock.now().timestamp()):x}"  # ids must differ from those of the last run

    def report(person: int, appid: str, kind: str) -> None:
        account = world.account(appid)
        if kind != "login" or not account.open_platform:
            return
        number = next(numbers)
        item = {
            "id": f"login-{run_id}-{world.openid(appid, person)[-12:]}-{number}",
            "identity": {
                "appid": appid,
                "openid": world.openid(appid, person),
                "unionid": world.unionid(account.open_platform, person),
            },
            "kind": "download" if number % 4 == 0 else "login",
            "properties": {"interest": _INTERESTS[person % len(_INTERESTS)]},
        }
        try:
            session.post(f"{hub_url}/api/v1/activities", json={"items": [item]}, timeout=5).raise_for_status()
        except requests.RequestException as error:
            log.warning("login_not_reported", error=type(error).__name__)

    return report
