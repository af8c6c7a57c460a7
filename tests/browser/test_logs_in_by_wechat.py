"""A person on a mini-site logs in by WeChat in a real browser, and the site's server learns who they are."""

from __future__ import annotations

import html
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import pytest
import requests
from flask import Flask, redirect, request
from playwright.sync_api import Browser, expect
from werkzeug.serving import make_server
from werkzeug.wrappers import Response

from hub.group import service as group
from hub.kernel import settings
from hub.kernel.db import transaction
from hub.web import groupfile
from tests.browser.conftest import Hub, _Quiet
from tests.sample import sim_account
from tests.web.console import crowd
from wechat.client import clients
from wechat.simulator import Simulator, World

VISITOR = "visitor-00000001"


@dataclass
class MiniSite:
    """Serve one page that logs people in, as a site of the group would."""

    hub: str
    key: str = ""
    url: str = ""
    asked: list[str] = field(default_factory=list)

    def app(self) -> Flask:
        """Return the site."""
        app = Flask("minisite")

        @app.get("/")
        def page() -> str | Response:
            self.asked.append(request.full_path)
            if "login_ticket" in request.args:
                told = self.redeem(request.args["login_ticket"], request.cookies.get("visitor", ""))
                return redirect(f"/?done={quote(told)}", 303)
            if "done" in request.args:
                return f"<!doctype html><title>x</title><h1>{html.escape(request.args['done'])}</h1>"
            target = quote(f"{self.url}/?product=7", safe="")
            path = f"/wechat/oauth/{crowd.GROUP}/login?next={target}&scope=userinfo&visitor_id={VISITOR}"
            return f'<!doctype html><title>x</title><a href="{self.hub}{html.escape(path)}">登录</a>'

        @app.after_request
        def visit(answer: Any) -> Any:
            answer.set_cookie("visitor", VISITOR, httponly=True)
            return answer

        return app

    def redeem(self, ticket: str, visitor: str) -> str:
        """Return in words what the hub says of a ticket."""
        answer = requests.post(
            f"{self.hub}/api/v1/logins/redeem",
            json={"ticket": ticket, "visitor_id": visitor},
            headers={"Authorization": f"Bearer {self.key}"},
            timeout=10,
        ).json()
        who = "somebody" if answer["identity"] else "nobody"
        return f"{answer['outcome']} {who} {(answer['hint'] or {}).get('zh', '')}"


@pytest.fixture
def world(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Yield the simulated WeChat, whose API and pages the hub uses."""
    made = World([sim_account(crowd.GROUP)])
    with Simulator(made) as simulator:
        for name in ("HUB_WECHAT_API", "HUB_WECHAT_OPEN"):
            monkeypatch.setenv(name, simulator.url)
        settings.current.cache_clear()
        clients.cache_clear()
        yield made
    clients.cache_clear()


@pytest.fixture
def minisite(hub: Hub, world: World) -> Iterator[MiniSite]:
    """Yield a mini-site on an origin of its own, which the group's file names."""
    made = MiniSite(hub.url)
    server = make_server("127.0.0.1", 0, made.app(), threaded=True, request_handler=_Quiet)
    made.url = f"http://127.0.0.1:{server.server_port}"
    with transaction() as session:
        site = {"slug": "minisite", "kind": "site", "name": "产品小站", "origins": [made.url]}
        groupfile.apply(session, groupfile.writing.write({"touchpoints": [site]}))
        made.key = group.create_key(session, name="minisite", touchpoint="minisite")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield made
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(("snapshot", "told"), [(False, "signed_in somebody"), (True, "snapshot nobody")])
def test_a_person_goes_to_wechat_and_comes_back(
    chromium: Browser, minisite: MiniSite, world: World, snapshot: bool, told: str
) -> None:
    world.logins.snapshot = snapshot
    context = chromium.new_context(locale="zh-CN")
    try:
        page = context.new_page()
        seen: list[str] = []
        page.on("request", lambda asked: seen.append(asked.url))
        page.goto(minisite.url)
        page.get_by_role("link", name="登录").click()
        expect(page.locator("h1")).to_contain_text(told)
        if snapshot:
            expect(page.locator("h1")).to_contain_text("使用完整服务")
        assert any(asked.startswith("/?product=7&login_ticket=") for asked in minisite.asked)
        addresses = " ".join(seen)
        assert "/connect/oauth2/authorize?appid=" in addresses
        assert "/callback?code=" in addresses
        for secret in (world.openid(crowd.GROUP, 1), world.unionid("main", 1)):
            assert secret not in addresses
        assert not re.search(r"[?&]code=", page.url)
    finally:
        context.close()
