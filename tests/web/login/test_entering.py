"""In and out of the console: password, one-time code, links, sessions that end."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text

from hub.group import service as group
from hub.group.service import invitations
from hub.kernel import clock
from hub.kernel.access import BU_MEMBER, GROUP_ADMIN
from hub.kernel.db import transaction
from hub.web.login.landing import safe
from tests.web.databases import environment
from tests.web.login.browsers import PAGE, PASSWORD, Browser, code, make_user, signed_in


def give_password(browser: Browser, password: str = PASSWORD, **more: str) -> object:
    return browser.post("/login" + more.get("query", ""), {"email": "a@example.com", "password": password})


def enrol(browser: Browser) -> str:
    """Give the password and the first code; return the secret."""
    assert give_password(browser).status_code == 303
    shown = re.search(r"<code>([A-Z2-7]{32})</code>", browser.get("/login/totp").text)
    assert shown
    assert browser.post("/login/totp", {"code": code(shown[1])}).status_code == 303
    return shown[1]


def test_password_and_code_let_a_user_in_under_new_references(app: Flask) -> None:
    make_user(password=PASSWORD)
    browser = Browser(app)
    led = browser.get("/account")
    assert (led.status_code, led.location) == (303, "/login?next=%2Faccount")
    assert give_password(browser, query="?next=/account").location == "/login/totp?next=/account"
    half = browser.session
    assert browser.get("/account").status_code == 303  # half in is not in
    secret = re.search(r"<code>([A-Z2-7]{32})</code>", browser.get("/login/totp").text)
    assert secret
    done = browser.client.post(
        "/login/totp?next=/account",
        data={"code": code(secret[1]), "csrf_token": browser.token("/login/totp")},
        headers=PAGE,
    )
    assert (done.status_code, done.location) == (303, "/account")
    assert browser.session not in (None, half)
    assert "a@example.com" in browser.get("/account").text
    cookie = next(line for line in done.headers.getlist("Set-Cookie") if line.startswith("hub_session="))
    assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))


def test_a_code_counts_once(app: Flask) -> None:
    make_user(password=PASSWORD)
    secret = enrol(Browser(app))
    other = Browser(app)
    give_password(other)
    assert "二维码" not in other.get("/login/totp").text
    assert other.post("/login/totp", {"code": code(secret)}).status_code == 401
    clock.set_offset(timedelta(seconds=60))
    assert other.post("/login/totp", {"code": code(secret)}).status_code == 303


@pytest.mark.parametrize(
    ("email", "password"), [("a@example.com", "wrong"), ("nobody@example.com", PASSWORD), ("b@example.com", PASSWORD)]
)
def test_what_was_wrong_is_not_said(app: Flask, email: str, password: str) -> None:
    make_user(password=PASSWORD)
    make_user("b@example.com")  # invited, without a password
    answer = Browser(app).post("/login", {"email": email, "password": password})
    assert answer.status_code == 401
    assert "邮箱或密码不对。" in answer.text


def test_a_disabled_user_is_out_and_stays_out(app: Flask) -> None:
    browser = signed_in(app)
    with transaction() as session:
        session.execute(text("UPDATE user_account SET active = false"))
    assert browser.get("/account").status_code == 303
    with transaction() as session:
        session.execute(text("UPDATE user_account SET active = true"))
    assert browser.get("/account").status_code == 200


def test_who_fails_too_often_waits_longer_each_time(app: Flask) -> None:
    make_user(password=PASSWORD)
    browser = Browser(app)
    for _ in range(5):
        assert give_password(browser, "wrong").status_code == 401
    waits = []
    for _ in range(3):
        refused = give_password(browser)
        assert refused.status_code == 429  # even the right one must wait
        waits.append(int(refused.headers["Retry-After"]))
        clock.set_offset(clock.offset() + timedelta(seconds=waits[-1] + 1))
        assert give_password(browser, "wrong").status_code == 401
    assert waits == [60, 120, 240]
    clock.set_offset(clock.offset() + timedelta(hours=1))
    assert give_password(browser).status_code == 303


def test_one_address_cannot_try_everybody(app: Flask) -> None:
    browser = Browser(app)
    for n in range(20):
        assert browser.post("/login", {"email": f"{n}@example.com", "password": "x"}).status_code == 401
    assert browser.post("/login", {"email": "other@example.com", "password": "x"}).status_code == 429


def test_guessing_codes_is_slow_too(app: Flask) -> None:
    make_user(password=PASSWORD)
    browser = Browser(app)
    give_password(browser)
    for _ in range(5):
        assert browser.post("/login/totp", {"code": "000000"}).status_code in (401, 303)
    assert browser.post("/login/totp", {"code": "000000"}).status_code == 429


def test_a_session_ends_after_rest_and_after_the_working_day(app: Flask) -> None:
    browser = signed_in(app)
    clock.set_offset(timedelta(minutes=29))
    assert browser.get("/account").status_code == 200
    clock.set_offset(timedelta(minutes=58))
    assert browser.get("/account").status_code == 200
    clock.set_offset(timedelta(minutes=89))
    assert browser.get("/account").status_code == 303
    other = signed_in(app, email="b@example.com")
    for quarter in range(1, 32):
        clock.set_offset(timedelta(minutes=89 + 15 * quarter))
        assert other.get("/account").status_code == 200
    clock.set_offset(timedelta(minutes=89 + 480))
    assert other.get("/account").status_code == 303


def test_a_forged_reference_is_nobody(app: Flask) -> None:
    browser = Browser(app)
    for forged in ("x" * 43, "", "\u00e9", "a" * 4000):
        browser.client.set_cookie("hub_session", forged)
        assert browser.get("/account").status_code == 303
        answer = browser.client.get("/account")
        assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")


def test_logout_ends_the_session_itself(app: Flask) -> None:
    browser = signed_in(app)
    reference = browser.session
    left = browser.post("/logout", page="/account")
    assert (left.status_code, left.location) == (303, "/login")
    assert left.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert browser.session is None
    browser.client.set_cookie("hub_session", reference or "")
    assert browser.get("/account").status_code == 303


def test_a_sign_in_link_works_once_and_never_in_production(app: Flask) -> None:
    user_id = make_user("m@example.com", BU_MEMBER, "automation")
    with transaction() as session:
        token = group.sign_in_link(session, user_id)
    browser = Browser(app)
    assert browser.client.head(f"/login/link/{token}").status_code == 404
    with environment(HUB_ENV="production", HUB_BASE_URL="https://hub.example.com"):
        away = browser.get(f"/login/link/{token}", base_url="https://hub.example.com")
        assert away.status_code == 404
        with transaction() as session, pytest.raises(invitations.RefusedInProduction):
            group.sign_in_link(session, user_id)
    assert browser.get(f"/login/link/{token}").status_code == 303
    assert "m@example.com" in browser.get("/account").text
    assert Browser(app).get(f"/login/link/{token}").status_code == 410
    assert Browser(app).get("/login/link/nonsense").status_code == 410


def test_an_invitation_sets_a_password_once(app: Flask) -> None:
    user_id = make_user()
    with transaction() as session:
        token = invitations.invite(session, None, user_id)
    browser, path = Browser(app), f"/invitations/{token}"
    assert "a@example.com" in browser.get(path).text
    for short in ("short", "a" * 20):
        assert browser.post(path, {"password": short, "again": short}).status_code == 422
    assert browser.post(path, {"password": PASSWORD, "again": "other"}).status_code == 422
    assert browser.post(path, {"password": PASSWORD, "again": PASSWORD}).location == "/login/totp"
    assert "<svg" in browser.get("/login/totp").text
    assert browser.get(path).status_code == 410
    clock.set_offset(timedelta(days=8))
    with transaction() as session:
        late = invitations.invite(session, None, user_id)
    clock.set_offset(timedelta(days=16))
    assert browser.get(f"/invitations/{late}").status_code == 410


def test_a_user_of_another_role_is_refused_with_a_page(app: Flask) -> None:
    browser = signed_in(app, BU_MEMBER, "automation")
    answer = browser.get("/access")
    assert (answer.status_code, answer.mimetype) == (403, "text/html")
    assert "没有权限" in answer.text
    assert browser.client.get("/access").mimetype == "application/problem+json"


def test_a_session_is_no_api_key(app: Flask) -> None:
    browser = signed_in(app, GROUP_ADMIN)
    answer = browser.client.get("/api/v1/leads")
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert browser.client.get("/account", headers={"Authorization": "Bearer x"}).status_code == 401


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "\\/x",
        "javascript:x",
        "/login",
        "",
    ],
)
def test_nobody_is_led_off_the_site(target: str) -> None:
    assert safe(target) is None


def test_a_path_of_ours_may_be_the_next_one() -> None:
    assert safe("/people?q=a&sort=b") == "/people?q=a&sort=b"
    assert safe("/people/x%0d%0a") == "/people/x%0d%0a"
