"""The sample group as a town to act in: people act on accounts, business units call the API, time passes."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

import privacy.jobs
from hub.kernel import clock
from hub.kernel.db import transaction
from hub.kernel.work import LANES
from hub.pool.models import Identity, Person, Profile
from hub.web import jobs
from hub.web.tables import ensure_partitions
from hub.web.wiring import DRAINS
from wechat.simulator import World, push
from wechat.simulator.push import Fields

GROUP, AUTOMATION, ENERGY, MINI = (f"wx1d0000000000000{n}" for n in range(1, 5))
"""The AppIDs of the sample group: two service accounts, a subscription account, a mini program."""
CONTACT = {
    "name": "示例来宾",
    "mobile": "13900000001",
    "email": "guest@example.com",
    "company": "示例公司",
    "title": "示例职务",
}


@dataclass
class Town:
    """Let simulated people and the group's systems act on the hub, through its HTTP doors only."""

    client: FlaskClient
    world: World
    keys: Mapping[str, str]
    _ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def follow(self, person: int, appid: str, scene: str = "") -> None:
        """Let `person` follow the account, by the QR code of `scene` unless that is empty."""
        self.world.follow(appid, self.world.openid(appid, person), scene)
        self._push(person, appid, Event="subscribe", EventKey=f"qrscene_{scene}" if scene else "", Ticket="t")

    def unfollow(self, person: int, appid: str) -> None:
        """Let `person` unfollow the account."""
        self.world.unfollow(appid, self.world.openid(appid, person))
        self._push(person, appid, Event="unsubscribe", EventKey="")

    def click(self, person: int, appid: str, key: str = "PRICE") -> None:
        """Let `person` click the menu entry `key` of the account."""
        self._push(person, appid, Event="CLICK", EventKey=key)

    def log_in(self, person: int) -> None:
        """Let `person` open the mini program, whose server reports OpenID and UnionID."""
        identity = {**self.openid(person, MINI), "unionid": self.world.unionid("main", person)}
        item = {"id": f"login-{next(self._ids)}", "identity": identity, "kind": "login"}
        assert self.post("minisite", "/activities", {"items": [item]}).get_json() == {"accepted": 1, "duplicates": 0}

    def register(self, person: int, *scopes: str, appid: str = GROUP, **changes: str) -> None:
        """Let `person` leave contact data with the mini-site, consenting to `scopes` beside the collection."""
        body = {
            "id": f"registration-{next(self._ids)}",
            "identity": self.openid(person, appid),
            "contact": {**CONTACT, **changes},
            "consent": {"text_version": "v1", "scopes": ["collection", *scopes]},
        }
        answer = self.post("minisite", "/registrations", body)
        assert (answer.status_code, answer.get_json()["status"]) == (201, "registered")

    def openid(self, person: int, appid: str) -> dict[str, str]:
        """Return the identity of `person` at the account, as the API takes it."""
        return {"appid": appid, "openid": self.world.openid(appid, person)}

    def settle(self) -> None:
        """Do everything that waits behind the scenes, in this process."""
        while sum(jobs.drain(name, lane) for name in DRAINS for lane in range(LANES)):
            pass

    def pass_time(self, **span: float) -> None:
        """Let time pass and do what the clock does at its hours."""
        clock.set_offset(clock.offset() + timedelta(**span))
        ensure_partitions()
        privacy.jobs.purge_due()

    def get(self, who: str, path: str) -> TestResponse:
        """Read from the API as the owner of a key: a business unit, the mini-site or the admin."""
        return self.client.get(f"/api/v1{path}", headers=self._key(who))

    def post(self, who: str, path: str, body: Any = None) -> TestResponse:
        """Write to the API as the owner of a key."""
        return self.client.post(f"/api/v1{path}", headers=self._key(who), json=body)

    def leads(self, bu: str) -> list[dict[str, Any]]:
        """Return what a business unit sees in its list."""
        items: list[dict[str, Any]] = self.get(bu, "/leads").get_json()["items"]
        return items

    def claim(self, bu: str) -> dict[str, Any]:
        """Claim the only lead that waits in a business unit's queue."""
        (lead,) = self.post(bu, "/leads/claims", {"limit": 10}).get_json()["items"]
        return dict(lead)

    def tell(self, bu: str, lead: Mapping[str, Any], verb: str, **body: Any) -> dict[str, Any]:
        """Do something with a lead that must work, and return the answer."""
        answer = self.post(bu, f"/leads/{lead['id']}/{verb}", body or None)
        assert answer.status_code == 200, answer.text
        return dict(answer.get_json())

    def asks_contact(self, bu: str, lead: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a business unit is shown of the contact data behind a lead."""
        return self.tell(bu, lead, "contact", purpose="首次联系")

    def score(self, person: int, appid: str) -> int:
        """Return the score of whoever has this OpenID."""
        query = (
            select(Profile.score)
            .join(Person, Person.root_id == Profile.person_id)
            .join(Identity, Identity.person_id == Person.id)
            .where(Identity.value == self.world.openid(appid, person))
        )
        with transaction() as session:
            return session.scalars(query).one()

    def say(self, person: int, appid: str, words: str) -> None:
        """Let `person` write to the account."""
        self.world.act(appid, self.world.openid(appid, person), "message")
        self._push(person, appid, MsgType="text", Content=words, MsgId=26_000_000_000 + next(self._ids))

    def hear_results(self) -> int:
        """Let WeChat push what became of the messages it took; return how many pushes that were."""
        waiting = list(self.world.outbox.take_results())
        for appid, fields in waiting:
            self._deliver(appid, fields)
        return len(waiting)

    def _push(self, person: int, appid: str, **fields: str | int) -> None:
        account = self.world.account(appid)
        head = {
            "ToUserName": account.original_id,
            "FromUserName": self.world.openid(appid, person),
            "CreateTime": int(clock.now().timestamp()),
            "MsgType": "event",
        }
        self._deliver(appid, {**head, **fields})

    def _deliver(self, appid: str, fields: Fields) -> None:
        sent = push(f"/wechat/callback/{appid}", self.world.account(appid), fields, now=clock.now())
        answer = self.client.post(sent.url, query_string=sent.query, data=sent.body, content_type=sent.content_type)
        assert (answer.status_code, answer.data) == (200, b"success")

    def _key(self, who: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.keys[who]}"}


def signs_up(client: FlaskClient, slug: str, **fields: str) -> TestResponse:
    """Open an event's page as a browser does, fill its form in with `fields` and send it."""
    token = re.search(r'name="csrf_token" type="hidden" value="([^"]+)"', client.get(f"/events/{slug}").text)
    assert token is not None
    return client.post(f"/events/{slug}", data={"csrf_token": token[1], "consent_collection": "y", **fields})


def code_on(page: str) -> str:
    """Return the check-in code that a page shows."""
    found = re.search(r"<b>([0-9A-Z]{3})</b><b>([0-9A-Z]{3})</b>", page)
    assert found is not None
    return found[1] + found[2]
