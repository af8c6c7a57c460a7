"""What happens to the canaries: every way in, a crash, a dead letter, and one look at the contact data."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg
import requests

from tests.residue.canaries import Canaries
from tests.residue.running import APPID, Installation, kill_worker, until
from wechat.simulator import Deliverer


@dataclass
class Story:
    """Send the canaries through a running hub, over HTTP as everybody does."""

    place: Installation
    base: str
    supervisor: int
    canaries: Canaries
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def happen(self) -> dict[str, str]:
        """Let everything happen; return the fields that the business unit was shown."""
        self.push()
        self.register(self.canaries.api, self.openid(1))
        self.sign_up()
        self.be_refused()
        shown = self.reveal_and_reject()
        self.crash()
        return shown

    def push(self) -> None:
        """Let two people ask for the price, and one of them write: a text, and something WeChat may send one day."""
        loose = self.canaries.loose
        account = self.place.world.account(APPID)
        deliverer = Deliverer(self.base)
        text = {"MsgType": "text", "Content": f"我是{loose['message']}，电话{loose['message mobile']}", "MsgId": 4711}
        unknown = {"MsgType": "event", "Event": "brand_new_event", "Remark": loose["unknown push"]}
        asked = [{"MsgType": "event", "Event": "subscribe", "EventKey": "qrscene_auto.expo25.sh", "Ticket": "t"}]
        asked.append({"MsgType": "event", "Event": "CLICK", "EventKey": "PRICE"})
        for person, fields in [*((p, f) for p in (1, 2) for f in asked), (1, text), (1, unknown)]:
            who = {"ToUserName": account.original_id, "FromUserName": self.place.world.openid(APPID, person)}
            assert deliverer.deliver(account, {**who, "CreateTime": int(time.time()), **fields})
        deliverer.close()

    def register(self, contact: Mapping[str, str], identity: Mapping[str, str], **more: Any) -> requests.Response:
        """Register contact data by the API."""
        consent = {"text_version": "v1", "scopes": ["collection"]}
        body = {"id": f"r-{next(self._numbers)}", "identity": identity, "contact": contact, "consent": consent, **more}
        return self.call("minisite", "/registrations", body)

    def sign_up(self) -> None:
        """Fill in the form of an event's page."""
        page = f"{self.base}/events/automation-webinar"
        with requests.Session() as browser:
            token = re.search(r'name="csrf_token" type="hidden" value="([^"]+)"', browser.get(page, timeout=10).text)
            assert token is not None
            data = {"csrf_token": token[1], "consent_collection": "y", **self.canaries.form}
            assert browser.post(page, data={**data, "name": ""}, timeout=10).status_code == 422
            assert browser.post(page, data=data, timeout=10, allow_redirects=False).status_code == 303

    def be_refused(self) -> None:
        """Make the mistakes that callers make, with personal data in them."""
        loose, visitor = self.canaries.loose, {"visitor_id": "visitor-0001"}
        assert self.register({"email": loose["refused e-mail"]}, visitor).status_code == 422
        assert self.register({"name": "示例"}, visitor, extra=loose["unknown field"]).status_code == 422
        path = f"{self.base}/api/v1/nothing/{loose['query']}"
        assert requests.get(path, params={"q": loose["query"]}, timeout=10).status_code == 404

    def reveal_and_reject(self) -> dict[str, str]:
        """Let the business unit claim both leads, look at one's contact data and reject the other with a note."""
        until(lambda: len(self.call("automation", "/leads?state=queued").json()["items"]) == 2)
        leads = self.call("automation", "/leads/claims", {"limit": 2}).json()["items"]
        known, unknown = sorted(leads, key=lambda lead: lead["reach"]["contact"] != "available")
        shown = self.call("automation", f"/leads/{known['id']}/contact", {"purpose": "首次联系"}).json()
        body = {"reason": "other", "note": f"请联系{self.canaries.loose['note']}"}
        assert self.call("automation", f"/leads/{unknown['id']}/rejection", body).status_code == 200
        return dict(shown["fields"])

    def crash(self) -> None:
        """Kill the worker while it holds opened contact data; leave a registration that fails for good."""
        until(lambda: self.place.sql("SELECT count(*) FROM collection WHERE state = 'new'") == [(0,)])
        with psycopg.connect(self.place.conninfo) as held:
            held.execute("LOCK TABLE vault_item IN ACCESS EXCLUSIVE MODE")
            assert self.register(self.canaries.crash, {"visitor_id": "visitor-0002"}).status_code == 201
            waits = "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            until(lambda: self.place.sql(waits) == [(True,)])
            assert self.register(self.canaries.dead, {"visitor_id": "visitor-0003"}).status_code == 201
            self.place.sql(
                "UPDATE collection SET attempts = 7, expires_at = expires_at + interval '1 hour'"
                " WHERE id = (SELECT max(id::text)::uuid FROM collection)"
            )
            kill_worker(self.supervisor)
        until(lambda: self.place.sql("SELECT count(*) FROM collection WHERE state = 'new'") == [(0,)])

    def call(self, who: str, path: str, body: Any = None) -> requests.Response:
        """Call the API as the owner of a key."""
        headers = {"Authorization": f"Bearer {self.place.keys[who]}"}
        method = "GET" if body is None else "POST"
        return requests.request(method, f"{self.base}/api/v1{path}", json=body, headers=headers, timeout=10)

    def openid(self, person: int) -> dict[str, str]:
        """Return a follower's identity."""
        return {"appid": APPID, "openid": self.place.world.openid(APPID, person)}
