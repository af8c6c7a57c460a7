"""Deliver pushes to third-party platforms themselves: tickets, and accounts that grant and withdraw their trust."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Mapping
from datetime import datetime
from typing import Self

import requests

from hub.kernel import clock
from wechat.simulator import crypto
from wechat.simulator.components import SimComponent
from wechat.simulator.push import Push, xml
from wechat.simulator.world import World, now

TICKET_SECONDS = 600.0


def component_push(hub_url: str, component: SimComponent, fields: Mapping[str, str | int], *, at: datetime) -> Push:
    """Return `fields` as a fresh delivery to the platform itself."""
    url = f"{hub_url}/wechat/component/{component.appid}/authorization"
    stamp, nonce = str(int(at.timestamp())), secrets.token_hex(5)
    encrypted = crypto.encrypt(component.aes_key, component.appid, xml(fields))
    query = {
        "signature": crypto.sign(component.token, stamp, nonce),
        "timestamp": stamp,
        "nonce": nonce,
        "encrypt_type": "aes",
        "msg_signature": crypto.sign(component.token, stamp, nonce, encrypted),
    }
    return Push(url, query, xml({"AppId": component.appid, "Encrypt": encrypted}), "text/xml")


class Herald:
    """Push a ticket to every platform each `every` seconds, and whatever else happens to them, while it is entered."""

    def __init__(self, world: World, hub_url: str, *, every: float = TICKET_SECONDS) -> None:
        self._world, self._hub_url, self._every = world, hub_url, every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="herald", daemon=True)

    def deliver(self) -> list[int]:
        """Deliver what is queued now; return the statuses. What the hub does not take is queued again."""
        statuses = []
        for component in self._world.components.values():
            for _ in range(len(component.pushes)):
                fields = component.pushes.popleft()
                status = self._once(component_push(self._hub_url, component.who, fields, at=clock.now()))
                if status != requests.codes.ok:
                    component.pushes.append(fields)
                statuses.append(status)
        return statuses

    def issue_tickets(self) -> None:
        """Queue a new ticket for every platform that is pushed tickets."""
        for component in self._world.components.values():
            if component.pushing:
                component.issue_ticket(now())

    def _once(self, push: Push) -> int:
        headers = {"Content-Type": push.content_type}
        try:
            with requests.Session() as session:
                session.trust_env = False
                answer = session.post(push.url, params=push.query, data=push.body, headers=headers, timeout=5)
        except requests.RequestException:
            return 0
        return answer.status_code if answer.text == "success" else 0

    def _run(self) -> None:
        next_ticket = 0.0
        while not self._stop.wait(0.2):
            if now() >= next_ticket:
                next_ticket = now() + self._every
                self.issue_tickets()
            self.deliver()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
