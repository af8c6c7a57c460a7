"""A site, a mini program and their people at the simulated WeChat, as tests of logins need them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask import Flask
from sqlalchemy import text
from werkzeug.test import Client, TestResponse

from hub.group import service as group
from hub.kernel import settings
from hub.kernel.db import transaction
from hub.web.app import create_app
from tests.sample import APPID, apply_sample, sim_account
from wechat.client import clients
from wechat.simulator import Simulator, World

MINI = "wx3333333333333333"
SITE, PAGE = "https://m.example.com", "https://m.example.com/products?id=7&from=menu#top"
OTHER = "https://other.example.com"
TOKEN, USERINFO, REFRESH = "/sns/oauth2/access_token", "/sns/userinfo", "/sns/oauth2/refresh_token"
SESSION, NUMBER = "/sns/jscode2session", "/wxa/business/getuserphonenumber"
GROUP_FILE = f"""
accounts:
  - {{appid: {MINI}, original_id: gh_333333333333, name: 示例小程序, kind: miniprogram, open_platform: main, mode: safe,
     token: hubtoken1, aes_key: abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG, secret: 0123456789abcdef0123456789abcdef}}
touchpoints:
  - {{slug: minisite, kind: site, name: 产品小站, origins: ["{SITE}", "http://127.0.0.1:8000"]}}
  - {{slug: other, kind: site, name: 别的小站, origins: ["{OTHER}"]}}
"""


@dataclass(frozen=True, slots=True)
class Site:
    """Let people log in, and the servers of sites and mini programs call the hub."""

    app: Flask
    world: World
    wechat: str
    keys: dict[str, dict[str, str]]

    def begin(self, browser: Client, target: str = PAGE, **more: str) -> TestResponse:
        """Open the hub's login in a browser."""
        return browser.get(f"/wechat/oauth/{APPID}/login", query_string={"next": target, **more})

    def agree(self, answer: TestResponse) -> str:
        """Follow the hub's redirect to WeChat's page; return the address to which WeChat leads back."""
        assert answer.status_code == 302, answer.text
        assert answer.headers["Location"].startswith(f"{self.wechat}/connect/oauth2/authorize?appid=")
        page = requests.get(answer.headers["Location"], allow_redirects=False, timeout=5)
        assert page.status_code == 302, page.text
        return page.headers["Location"]

    def come_back(self, browser: Client, address: str) -> TestResponse:
        """Let a browser follow WeChat's redirect to the hub."""
        parts = urlsplit(address)
        return browser.get(parts.path, query_string=parts.query)

    def log_in(self, browser: Client, target: str = PAGE, **more: str) -> str:
        """Log in, whoever is at WeChat's page, and return the address on which the browser ends."""
        answer = self.come_back(browser, self.agree(self.begin(browser, target, **more)))
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]

    def redeem(self, address: str, key: str = "minisite", **more: str) -> TestResponse:
        """Let the site's server redeem the ticket in an address."""
        (ticket,) = parse_qs(urlsplit(address).query)["login_ticket"]
        return self.post("logins/redeem", {"ticket": ticket, **more}, key)

    def post(self, path: str, body: Any, key: str = "minisite") -> TestResponse:
        """Post to the API with a touchpoint's key."""
        return self.app.test_client().post(f"/api/v1/{path}", json=body, headers=self.keys[key])


@contextmanager
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Yield a hub with a site, another one and a mini program, on a simulated WeChat that it asks for everything."""
    apply_sample()
    apply_sample(GROUP_FILE.encode())
    with transaction() as session:
        keys = {slug: group.create_key(session, name=slug, touchpoint=slug) for slug in ("minisite", "other", MINI)}
    with Simulator(World([sim_account(), sim_account(MINI)])) as simulator:
        for name in ("HUB_WECHAT_API", "HUB_WECHAT_OPEN"):
            monkeypatch.setenv(name, simulator.url)
        settings.current.cache_clear()
        clients.cache_clear()
        headers = {slug: {"Authorization": f"Bearer {key}"} for slug, key in keys.items()}
        yield Site(_app(), simulator.world, simulator.url, headers)
    monkeypatch.undo()
    settings.current.cache_clear()
    clients.cache_clear()


@cache
def _app() -> Flask:
    """Return one application for all tests: it reads settings and rows on each request."""
    return create_app()


def rows(query: str) -> list[tuple[Any, ...]]:
    """Return what the database holds."""
    with transaction() as session:
        return [tuple(row) for row in session.execute(text(query))]
