"""Every page there is, found by the routes themselves, in a browser whose network ends at this machine."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from playwright.sync_api import expect
from sqlalchemy import text

from hub.kernel import access, clock
from hub.kernel.db import transaction
from hub.pool.models import IdentityConflict
from hub.web.access import allowed
from tests.browser.conftest import Hub, Open
from tests.web.console import crowd
from wechat import service as wechat
from wechat.client.qrcodes import Ticket
from wechat.models.replies import ReplyRule
from wechat.service import NewCode, NewSend

NO_PAGES = {
    "api.openapi_json",
    "bootstrap.static",
    "console.export",  # a download
    "console.qrcode_picture",  # pictures, for which the browser makes a page of its own
    "console.qrcode_poster",
    "console.platform_authorized",  # these come back from WeChat, with what it vouches for
    "domains.verify",
    "wechat.oauth_callback",
    "wechat.oauth_login",
    "event_pages.static",
    "health.healthz",
    "health.metrics",
    "health.readyz",
    "live.data",
    "oidc.callback",  # these two lead to the company's own login
    "oidc.start",
    "static",
    "wechat.verify",
}
EXPIRED = "/login/link/<token>"
"""The one page that is a refusal here: nobody was sent such a link."""


def pages(app: Flask, role: str) -> list[str]:
    """Return the rule of every page that a role may open."""
    rules = [
        rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and rule.endpoint not in NO_PAGES
    ]
    roles = {rule.endpoint: allowed(app, rule.endpoint) for rule in rules}
    return sorted(
        str(rule.rule)
        for rule in rules
        if {role, access.PUBLIC, access.OPERATOR} & roles[rule.endpoint]
        and (not rule.rule.startswith("/api/") or rule.endpoint == "api.docs")
    )


def things() -> dict[str, str]:
    """Return what fills the gaps in the rules."""
    person = crowd.person_id(1)
    crowd.act(2, "follow")
    body = {"on": {"contains": "hi"}, "reply": {"text": "hi"}}
    with transaction() as session:
        [code] = wechat.register_codes(session, [NewCode(crowd.GROUP, "auto.hall", "Hall", "campaign", "auto", True)])
        wechat.code_made(session, code, Ticket("ticket", "http://weixin.qq.com/q/x", None))
        words: Any = {"msgtype": "text", "text": {"content": "hi"}}
        wanted: Any = {"openid": crowd.openid(1).value, "channel": "custom", "content": words, "purpose": "service"}
        [send] = wechat.queue_sends(session, [NewSend(appid=crowd.GROUP, **wanted)])
        rule = ReplyRule(name="hi", position=1, appid=None, body=body, changed_at=clock.now())
        two = sorted(UUID(one) for one in (person, crowd.person_id(2)))
        conflict = IdentityConflict(person_a=two[0], person_b=two[1], evidence={"by": "test"}, found_at=clock.now())
        session.add_all([rule, conflict])
        decision = session.scalar(text("SELECT id FROM decision LIMIT 1"))
        session.flush()
        made = {"code_id": code, "send_id": send, "uuid:rule_id": rule.id, "conflict_id": conflict.id}
    return {
        **{f"<{name}>": str(id_) for name, id_ in {**made, "decision_id": decision}.items()},
        "<appid>": crowd.GROUP,
        "<lead_id>": crowd.lead_id(),
        "<person_id>": person,
        "<slug>": "automation-webinar",
        "<token>": crowd.invite(access.GROUP_MARKETER).rpartition("/")[2],
    }


@pytest.mark.parametrize("role", [access.GROUP_ADMIN, access.BU_MEMBER])
def test_every_page_lives_without_the_outside_world(hub: Hub, open_page: Open, role: str) -> None:
    crowd.qualify(1)
    found = pages(hub.app, role)
    assert {"/live", "/api/v1/docs", "/events/<slug>"} <= set(found)
    assert ("/people" in found) == (role == access.GROUP_ADMIN)
    fills = things()
    page = open_page(role, "/account")
    for rule in found:
        path = rule
        for gap, value in fills.items():
            path = path.replace(gap, value)
        assert "<" not in path, f"{rule}: say in things() what fills this"
        answer = page.goto(path)
        assert answer is not None
        assert answer.ok or (rule == EXPIRED and answer.status == 410), f"{path}: {answer.status}"
        page.wait_for_load_state()


def test_charts_are_drawn_anew_when_figures_move(open_page: Open) -> None:
    page = open_page(access.GROUP_ADMIN, "/account")
    page.clock.install()
    page.goto("/")
    people = page.locator('[data-picture="people"]')
    people.locator("summary").click()
    page.locator("h1").click()
    page.mouse.move(0, 0)
    crowd.qualify(1)
    expect(page.locator('.tile[data-key="mqls"] [data-n]')).to_have_text("1")
    expect(people.locator("figcaption b")).to_have_text("0")
    page.clock.fast_forward("00:15")
    expect(people.locator("figcaption b")).to_have_text("1")
    expect(people.locator("table")).to_be_visible()
    page.locator('[data-picture="leads"] a').click()
    expect(page.locator("h1")).to_contain_text("线索")
    assert "state=queued" in page.url
