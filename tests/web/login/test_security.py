"""What a browser must show before a cookie lets it change anything."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from hub.web import security
from tests.web.databases import environment
from tests.web.login.browsers import PAGE, Browser, signed_in

PRODUCTION = {"HUB_ENV": "production", "HUB_BASE_URL": "https://hub.example.com"}


def send(browser: Browser, headers: dict[str, str], token: str | None = None) -> int:
    token = browser.token("/account") if token is None else token
    answer = browser.client.post("/account/password", data={"csrf_token": token}, headers={**PAGE, **headers})
    return answer.status_code


def test_a_form_without_our_token_changes_nothing(app: Flask) -> None:
    browser, other = signed_in(app), signed_in(app, email="b@example.com")
    assert send(browser, {}) == 422  # taken, and found empty
    for token in ("", "x", other.token("/account")):
        assert send(browser, {}, token) == 400
    answer = Browser(app).client.post("/login", data={"email": "a@example.com", "password": "x"}, headers=PAGE)
    assert (answer.status_code, answer.mimetype) == (400, "text/html")
    assert Browser(app).client.post("/logout").status_code == 400


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 422),
        ({"Sec-Fetch-Site": "none"}, 422),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://localhost"}, 422),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}, 422),
    ],
)
def test_a_form_of_another_site_changes_nothing(app: Flask, headers: dict[str, str], status: int) -> None:
    assert send(signed_in(app), headers) == status


def test_a_script_of_ours_sends_the_token_in_a_header(app: Flask) -> None:
    browser = signed_in(app)
    assert send(browser, {"X-CSRFToken": browser.token("/account")}, "") == 422


def test_each_page_has_a_nonce_of_its_own(app: Flask) -> None:
    browser, seen = Browser(app), set()
    for _ in range(2):
        page = browser.get("/login")
        policy = page.headers["Content-Security-Policy"]
        (word,) = set(re.findall(r"'nonce-([\w-]{20,})'", policy))
        assert set(re.findall(r'nonce="([^"]+)"', page.text)) == {word}
        assert not re.search(r"<(script|style)(?![^>]*(src|nonce))|\sstyle=|\son\w+=", page.text)
        seen.add(word)
    assert len(seen) == 2


def test_production_has_strict_transport_and_host_cookies(app: Flask) -> None:
    with environment(**PRODUCTION):
        from hub.web.app import create_app

        browser = Browser(create_app())
        page = browser.get("/login", base_url="https://hub.example.com")
    assert page.headers["Strict-Transport-Security"] == security.HSTS
    cookies = page.headers.getlist("Set-Cookie")
    assert cookies
    for cookie in cookies:
        assert cookie.startswith("__Host-")
        assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
        assert "Domain" not in cookie


def test_production_serves_its_own_host_alone(app: Flask) -> None:
    with environment(**PRODUCTION):
        browser = Browser(app)
        assert browser.get("/login", base_url="https://hub.example.com").status_code == 200
        assert browser.get("/login", base_url="https://hub.example.com:443").status_code == 200
        for host in ("https://evil.example", "https://hub.example.com.evil.example", "https://hub.example.com:444"):
            assert browser.get("/login", base_url=host).status_code == 400
            assert browser.get("/nothing", base_url=host).status_code == 400
            assert browser.get("/healthz", base_url=host).status_code == 200


def test_errors_are_pages_for_people_and_problems_for_programs(app: Flask) -> None:
    browser = Browser(app)
    page = browser.get("/nothing")
    assert (page.status_code, page.mimetype) == (404, "text/html")
    assert "没有这一页" in page.text
    assert browser.client.get("/nothing").mimetype == "application/problem+json"
    assert browser.get("/api/v1/nothing").mimetype == "application/problem+json"
