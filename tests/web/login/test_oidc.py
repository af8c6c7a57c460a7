"""Sign-in by an identity provider that runs beside the test, and is wrong in every way when asked to."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask import Flask
from sqlalchemy import Engine, text

from hub.group.service import users
from hub.kernel.db import transaction
from hub.kernel.settings import SettingsError
from hub.web.app import create_app
from tests.sample import apply_sample
from tests.web.databases import environment
from tests.web.login.browsers import Browser, make_user
from tests.web.login.provider import CLIENT, SECRET, follow

ROLES = {"hub-admins": "group_admin", "sales": "bu_member:automation", "gone": "bu_member:closed"}


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """Yield the address of a provider in a process of its own."""
    command = [sys.executable, "-m", "tests.web.login.provider"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


@pytest.fixture
def app(clean: Engine, issuer: str) -> Iterator[Flask]:
    """Yield the application, which trusts the provider."""
    apply_sample()
    with environment(
        HUB_OIDC_ISSUER=issuer,
        HUB_OIDC_CLIENT_ID=CLIENT,
        HUB_OIDC_CLIENT_SECRET=SECRET,
        HUB_OIDC_ROLES=json.dumps(ROLES),
        HUB_BASE_URL="http://localhost",
    ):
        yield create_app()


def back(app: Flask, issuer: str, **mode: object) -> tuple[Browser, str]:
    """Return a browser that went to the provider, and the path by which it comes back."""
    requests.post(f"{issuer}/mode", json=mode, timeout=5)
    browser = Browser(app)
    led = browser.get("/login/oidc?next=/account")
    assert led.status_code == 302, led.text
    with requests.Session() as session:
        return browser, follow(led.location, session)


def sign_in(app: Flask, issuer: str, **mode: object) -> tuple[Browser, int]:
    browser, path = back(app, issuer, **mode)
    return browser, browser.get(path).status_code


def everybody() -> list[users.User]:
    with transaction() as session:
        return users.users(session)


def test_the_provider_is_asked_with_state_nonce_and_a_challenge(app: Flask, issuer: str) -> None:
    assert "用公司账号登录" in Browser(app).get("/login").text
    asked = parse_qs(urlsplit(Browser(app).get("/login/oidc").location).query)
    assert asked["response_type"] == ["code"]
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == ["http://localhost/login/oidc/callback"]
    for name in ("state", "nonce", "code_challenge"):
        assert len(asked[name][0]) >= 20


def test_whom_the_provider_vouches_for_comes_in_with_the_role_of_the_group(app: Flask, issuer: str) -> None:
    browser, path = back(app, issuer, groups=["others", "sales"], email="M@Example.com")
    answer = browser.get(path)
    assert (answer.status_code, answer.location) == (303, "/account")
    assert "m@example.com" in browser.get("/account").text
    (made,) = everybody()
    assert (made.role, made.bu, made.federated) == ("bu_member", "automation", True)


def test_users_are_known_by_their_subject_alone(app: Flask, issuer: str) -> None:
    local = make_user("one@example.com")
    for subject, email in (("s-1", "one@example.com"), ("s-2", "one@example.com"), ("s-1", "new@example.com")):
        assert sign_in(app, issuer, sub=subject, email=email)[1] == 303
    found = {user.email: user for user in everybody() if user.id != local}
    assert sorted(found) == ["new@example.com", "one@example.com"]


def test_a_change_of_groups_changes_the_role_and_ends_the_sessions(app: Flask, issuer: str) -> None:
    first, _ = sign_in(app, issuer, groups=["hub-admins"])
    assert first.get("/access").status_code == 200
    second, _ = sign_in(app, issuer, groups=["sales"])
    assert first.get("/account").status_code == 303
    assert second.get("/access").status_code == 403
    assert sign_in(app, issuer, groups=["others"])[1] == 403
    assert second.get("/account").status_code == 303


@pytest.mark.parametrize("groups", [[], ["others"], "hub-admins", None, [["hub-admins"]], ["HUB-ADMINS"]])
def test_who_is_in_no_known_group_stays_out(app: Flask, issuer: str, groups: object) -> None:
    browser, status = sign_in(app, issuer, groups=groups)
    assert status == 403
    assert everybody() == []
    assert browser.get("/account").status_code == 303


def test_whom_an_admin_disabled_stays_out(app: Flask, issuer: str) -> None:
    sign_in(app, issuer)
    with transaction() as session:
        session.execute(text("UPDATE user_account SET active = false"))
    assert sign_in(app, issuer)[1] == 403


@pytest.mark.parametrize(
    "fault",
    [
        "nonce",
        "no_nonce",
        "iss",
        "aud",
        "expired",
        "none",
        "hs256",
        "key",
        "kid",
        "no_state",
        "no_token",
        "iss_parameter",
    ],
)
def test_an_answer_that_is_wrong_lets_nobody_in(app: Flask, issuer: str, fault: str) -> None:
    browser, status = sign_in(app, issuer, fault=fault)
    assert status == 400
    assert everybody() == []
    assert browser.get("/account").status_code == 303
    assert sign_in(app, issuer)[1] == 303


def test_a_code_is_used_once_and_by_its_own_browser(app: Flask, issuer: str) -> None:
    browser, path = back(app, issuer, code="the-code")
    assert Browser(app).get(path).status_code == 400  # another browser's state
    assert browser.get(path).status_code == 303
    assert browser.get(path).status_code == 400
    again, path = back(app, issuer)
    replayed = path.replace(parse_qs(urlsplit(path).query)["code"][0], "the-code")
    assert again.get(replayed).status_code == 400
    assert len(everybody()) == 1


def test_a_provider_that_names_another_issuer_is_not_ours(app: Flask, issuer: str) -> None:
    requests.post(f"{issuer}/mode", json={"fault": "metadata"}, timeout=5)
    assert Browser(app).get("/login/oidc").status_code == 400
    requests.post(f"{issuer}/mode", json={}, timeout=5)
    assert Browser(app).get("/login/oidc").status_code == 302


def test_a_provider_that_does_not_answer_is_said_to(clean: Engine) -> None:
    dead = {"HUB_OIDC_ISSUER": "http://127.0.0.1:1", "HUB_OIDC_CLIENT_ID": "x", "HUB_OIDC_CLIENT_SECRET": "x"}
    with environment(**dead, HUB_OIDC_ROLES="{}"):
        answer = Browser(create_app()).get("/login/oidc")
    assert answer.status_code == 503
    assert "没有应答" in answer.text


@pytest.mark.parametrize("roles", ["{", "[]", '{"a": 1}', '{"a": "king"}', '{"a": "bu_member"}', '{"a": "auditor:x"}'])
def test_a_map_that_is_wrong_keeps_the_app_from_starting(roles: str) -> None:
    named = {"HUB_OIDC_ISSUER": "http://127.0.0.1:1", "HUB_OIDC_CLIENT_ID": "x", "HUB_OIDC_CLIENT_SECRET": "x"}
    with environment(**named, HUB_OIDC_ROLES=roles), pytest.raises(SettingsError, match="HUB_OIDC_ROLES"):
        create_app()


def test_half_of_the_settings_is_none(database: Engine) -> None:
    with pytest.raises(SettingsError, match="HUB_OIDC_ISSUER needs"), environment(HUB_OIDC_ISSUER="http://127.0.0.1:1"):
        create_app()


def test_without_a_provider_there_is_no_such_page(clean: Engine) -> None:
    browser = Browser(create_app())
    assert "用公司账号登录" not in browser.get("/login").text
    assert browser.get("/login/oidc").status_code == 404
    assert browser.get("/login/oidc/callback").status_code == 404
