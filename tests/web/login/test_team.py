"""Users and API keys in the console, and one's own account."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from hub.group import service as group
from hub.group.models import AuditEntry, UserSession
from hub.group.service import users
from hub.kernel.access import BU_MANAGER, BU_MEMBER, GROUP_ADMIN, USER_ROLES
from hub.kernel.db import transaction
from tests.web.login.browsers import PASSWORD, Browser, entered, make_user, signed_in


def find(email: str) -> users.User:
    with transaction() as session:
        return users.user_by_email(session, email)


def acts() -> list[str]:
    with transaction() as session:
        return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def test_an_admin_invites_and_the_link_is_shown_once(app: Flask) -> None:
    admin = signed_in(app)
    form = {"email": "New@Example.com", "name": "示例", "role": BU_MEMBER, "bu": "automation"}
    shown = admin.post("/access/users", form, page="/access")
    link = re.search(r"http://127\.0\.0\.1:8000(/invitations/[\w-]+)", shown.text)
    assert link
    assert link[1] not in admin.get("/access").text
    assert Browser(app).post(link[1], {"password": PASSWORD, "again": PASSWORD}).status_code == 303
    assert (find("new@example.com").role, find("new@example.com").bu) == (BU_MEMBER, "automation")
    assert acts()[2:] == ["user.create", "user.invite", "user.password", "user.totp_reset"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"email": "a@example.com"},
        {"email": "no address"},
        {"email": ""},
        {"role": BU_MEMBER},
        {"bu": "automation"},
        {"role": BU_MEMBER, "bu": "unknown"},
        {"role": "king"},
        {"name": "x" * 101},
    ],
)
def test_what_is_wrong_with_an_invitation_is_said_and_nothing_is_made(app: Flask, wrong: dict[str, str]) -> None:
    admin = signed_in(app)
    form = {"email": "b@example.com", "name": "", "role": GROUP_ADMIN, "bu": ""} | wrong
    answer = admin.post("/access/users", form, page="/access")
    assert answer.status_code == 422
    assert "invalid-feedback" in answer.text
    with transaction() as session:
        assert len(users.users(session)) == 1


def test_many_users_and_keys_come_page_by_page_and_none_is_left_out(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.web.login.team.PAGE", 2)
    admin = signed_in(app)
    with transaction() as session:
        for n in range(4):
            users.create_user(session, None, email=f"Many{n}@example.com", role=GROUP_ADMIN)
            group.create_key(session, name=f"key-{n}", bu="automation")
    for wanted, name in ((r"many\d@example\.com", "users"), (r"key-\d", "keys")):
        seen, path = list[str](), "/access"
        while True:
            page = admin.get(path).text
            seen += re.findall(rf">\s*({wanted})", page, re.IGNORECASE)
            more = re.search(rf'rel="next" href="(/access\?{name}=[^"]+)"', page)
            if more is None:
                break
            path = more[1]
        assert len(seen) == len(set(seen)) == 4, (name, seen)
    assert admin.get("/access?users=broken").status_code == 422


def test_another_role_ends_the_sessions_of_the_old_one(app: Flask) -> None:
    admin, member = signed_in(app), signed_in(app, BU_MEMBER, "automation", "m@example.com")
    path = f"/access/users/{find('m@example.com').id}/role"
    assert admin.post(path, {"role": BU_MANAGER, "bu": "automation"}, page="/access").status_code == 303
    assert find("m@example.com").role == BU_MANAGER
    assert member.get("/account").status_code == 303
    admin.post(path, {"role": BU_MANAGER, "bu": ""}, page="/access")
    assert "BU 角色要选事业部" in admin.get("/access").text


def test_a_user_is_locked_out_and_let_in_again(app: Flask) -> None:
    admin, member = signed_in(app), signed_in(app, BU_MEMBER, "automation", "m@example.com")
    base = f"/access/users/{find('m@example.com').id}"
    admin.post(f"{base}/disable", page="/access")
    assert member.get("/account").status_code == 303
    admin.post(f"{base}/enable", page="/access")
    assert find("m@example.com").active
    assert member.get("/account").status_code == 303  # the session stays ended
    again = signed_in(app, BU_MEMBER, "automation", "n@example.com")
    admin.post(f"/access/users/{find('n@example.com').id}/sessions/end", page="/access")
    assert again.get("/account").status_code == 303


def test_the_last_admin_stays(app: Flask) -> None:
    admin = signed_in(app)
    base = f"/access/users/{find('a@example.com').id}"
    for path, form in (("disable", {}), ("role", {"role": "auditor", "bu": ""})):
        admin.post(f"{base}/{path}", form, page="/access")
        assert "最后一位集团管理员" in admin.get("/access").text
    make_user("b@example.com", password=PASSWORD)
    admin.post(f"{base}/role", {"role": "auditor", "bu": ""}, page="/access")
    assert find("a@example.com").role == "auditor"


def test_nobody_but_an_admin_manages_users(app: Flask) -> None:
    for n, role in enumerate(set(USER_ROLES) - {GROUP_ADMIN}):
        bu = "automation" if role.startswith("bu_") else None
        browser = signed_in(app, role, bu, f"{n}@example.com")
        assert browser.get("/access").status_code == 403
        for path in ("/access/users", f"/access/users/{UUID(int=0)}/disable", "/access/keys"):
            assert browser.post(path, page="/account").status_code == 403


def test_an_unknown_user_or_key_is_simply_not_there(app: Flask) -> None:
    admin = signed_in(app)
    for path in ("users/{}/disable", "users/{}/invitation", "users/{}/sessions/end", "keys/{}/revoke"):
        assert admin.post("/access/" + path.format(UUID(int=0)), page="/access").status_code == 404


def test_keys_are_made_rotated_and_revoked(app: Flask) -> None:
    admin = signed_in(app)
    made = admin.post("/access/keys", {"name": "CRM", "owner": "bu:automation"}, page="/access")
    key = re.search(r"hub_test_\w+", made.text)
    assert key
    headers = {"Authorization": f"Bearer {key[0]}"}
    assert app.test_client().get("/api/v1/leads", headers=headers).status_code == 200
    with transaction() as session:
        (card,) = group.list_keys(session)
    rotated = admin.post(f"/access/keys/{card.id}/rotate", page="/access")
    assert len(set(re.findall(r"hub_test_\w+", rotated.text)) - {key[0]}) == 1
    admin.post(f"/access/keys/{card.id}/revoke", page="/access")
    assert app.test_client().get("/api/v1/leads", headers=headers).status_code == 401
    page = admin.get("/access").text
    assert key[0] not in page
    assert "已吊销" in page
    assert [act for act in acts() if act.startswith("key.")] == ["key.create", "key.rotate", "key.revoke"]
    for wrong in ({"name": "", "owner": "admin"}, {"name": "x", "owner": "bu:none"}, {"name": "x", "owner": "y"}):
        assert admin.post("/access/keys", wrong, page="/access").status_code == 303
    with transaction() as session:
        assert len(group.list_keys(session)) == 2


def test_a_new_password_ends_every_other_session(app: Flask) -> None:
    user_id = make_user("m@example.com", BU_MEMBER, "automation", PASSWORD)
    mine, other = entered(app, user_id), entered(app, user_id)
    before = mine.session
    new = {"password": "another four plain words", "again": "another four plain words"}
    wrong = mine.post("/account/password", {"current": "x", **new}, page="/account")
    assert wrong.status_code == 422
    assert mine.post("/account/password", {"current": PASSWORD, **new}, page="/account").status_code == 303
    assert mine.session not in (None, before)
    assert mine.get("/account").status_code == 200
    assert other.get("/account").status_code == 303


def test_one_ends_ones_own_sessions_and_nobody_elses(app: Flask) -> None:
    mine, foreign = signed_in(app), signed_in(app, email="b@example.com")
    own = re.findall(r"/account/sessions/([\w-]+)/end", mine.get("/account").text)
    assert own == []  # this one is ended by leaving
    with transaction() as session:
        ids = {row.user_id: row.id for row in session.scalars(select(UserSession))}
    mine.post(f"/account/sessions/{ids[find('b@example.com').id]}/end", page="/account")
    assert foreign.get("/account").status_code == 200
    mine.post(f"/account/sessions/{ids[find('a@example.com').id]}/end", page="/account")
    assert mine.get("/account").status_code == 303


def test_a_lost_phone_is_replaced_after_the_password(app: Flask) -> None:
    browser = entered(app, make_user(password=PASSWORD))
    assert browser.post("/account/totp", {"password": "x"}, page="/account").location == "/account"
    assert browser.get("/account").status_code == 200
    assert browser.post("/account/totp", {"password": PASSWORD}, page="/account").location == "/login"
    assert browser.get("/account").status_code == 303
    assert acts()[-2:] == ["user.totp_reset", "session.revoke"]
