"""The registration page, as a browser without JavaScript sees it."""

from __future__ import annotations

import re
import threading
from collections import Counter
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from event_hub.models import EventRegistration
from hub.kernel import clock
from hub.kernel.db import transaction
from hub.pool.models import Activity, Identity, Profile
from privacy.models import Collection, ConsentRecord
from tests.event_hub.making import FORM, code_of, make_event, open_form, send


def counted(model: type) -> int:
    with transaction() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_the_page_shows_the_event_and_no_box_is_ticked(app: Flask) -> None:
    answer = app.test_client().get("/events/day")
    assert answer.status_code == 200
    for words in (
        "示例开放日",
        "示例会场",
        "2099 年 3 月 20 日（周五）",
        "14:00–16:00（北京时间）",
        "event-2026-1",
        "「能源」",
    ):
        assert words in answer.text
    assert answer.text.count('type="checkbox"') == 4
    assert "checked" not in answer.text
    assert answer.headers["Content-Language"] == "zh"


def test_nothing_on_the_page_needs_what_the_policy_refuses(app: Flask) -> None:
    page = app.test_client().get("/events/day")
    assert "style-src 'self'" in page.headers["Content-Security-Policy"]
    assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=|https?://", page.text)
    with app.test_client().get("/static/events/events.css") as sheet:
        assert sheet.status_code == 200
        assert sheet.headers["Cache-Control"] == "public, max-age=3600"


@pytest.mark.parametrize(
    ("query", "header", "language"),
    [
        ("", "", "zh"),
        ("", "en-GB,en;q=0.9", "en"),
        ("?lang=zh", "en", "zh"),
        ("?lang=en", "zh-CN", "en"),
        ("", "fr", "zh"),
    ],
)
def test_the_language_is_the_one_asked_for(app: Flask, query: str, header: str, language: str) -> None:
    answer = app.test_client().get(f"/events/day{query}", headers={"Accept-Language": header})
    assert answer.headers["Content-Language"] == language
    assert ("提交报名" if language == "zh" else "Company size") in answer.text


def test_a_registration_is_recorded_and_shows_its_code(app: Flask) -> None:
    client = app.test_client()
    answer = send(client, consent_phone="y", consent_share="y", email="name@example.com", query="?lang=en")
    assert (answer.status_code, answer.location) == (303, "/events/day/done?lang=en")
    with transaction() as session:
        row = session.scalars(select(EventRegistration)).one()
        activity = session.scalars(select(Activity)).one()
        identity = session.scalars(select(Identity)).one()
        assert (activity.kind, activity.key) == ("registration", "event.day")
        assert (identity.kind, identity.value) == ("visitor", row.identity_value)
        profile = session.scalars(select(Profile)).one()
        assert profile.registered
        assert profile.traits == {"interest": "power", "company_size": "200-999"}
        collection = session.scalars(select(Collection)).one()
        assert collection.fields == ["company", "email", "mobile", "name"]
        consent = session.scalars(select(ConsentRecord)).one()
        assert consent.text_version == "event-2026-1"
        assert consent.scopes == ["collection", "phone", "share:acme-power"]
    assert code_of(client) == row.code


def test_no_contact_data_stays_outside_the_vault(app: Flask) -> None:
    send(app.test_client(), name="张示例", email="name@example.com")
    with transaction() as session:
        tables = session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
        for table in tables:
            rows = "\n".join(session.scalars(text(f"SELECT cast(t AS text) FROM {table} t")))
            assert "13900000000" not in rows
            assert "张示例" not in rows
            assert "name@example.com" not in rows


def test_sending_twice_changes_nothing_and_shows_the_same_code(app: Flask) -> None:
    client = app.test_client()
    token = open_form(client)
    first = client.post("/events/day", data={"csrf_token": token, **FORM})
    code = code_of(client)
    second = client.post("/events/day", data={"csrf_token": token, **FORM, "name": "别名"})
    assert first.status_code == second.status_code == 303
    assert code_of(client) == code
    assert counted(EventRegistration) == counted(Collection) == counted(Activity) == 1


def test_a_code_is_shown_to_its_own_visitor_only(app: Flask) -> None:
    send(app.test_client())
    stranger = app.test_client()
    assert stranger.get("/events/day/done").location == "/events/day"
    with transaction() as session:
        visitor = session.scalars(select(EventRegistration.identity_value)).one()
    stranger.set_cookie("visitor", visitor)
    assert stranger.get("/events/day/done").status_code == 303


def test_the_visitor_cookie_is_hidden_from_scripts_and_stays_a_year(app: Flask) -> None:
    cookies = app.test_client().get("/events/day").headers.getlist("Set-Cookie")
    cookie = next(c for c in cookies if c.startswith("visitor="))
    for part in ("HttpOnly", "SameSite=Lax", "Max-Age=31536000", "Path=/"):
        assert part in cookie


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"name": "  "}, "name", "请填写此项"),
        ({"mobile": ""}, "mobile", "请填写此项"),
        ({"mobile": "not a number"}, "mobile", "这不像电话号码"),
        ({"mobile": "139 not a number 0000000"}, "mobile", "这不像电话号码"),
        ({"email": "nobody"}, "email", "这不像邮箱地址"),
        ({"email": "no body@example"}, "email", "这不像邮箱地址"),
        ({"title": "a\x07b"}, "title", "无法使用的字符"),
        ({"company": "x" * 201}, "company", "内容过长"),
        ({"company_size": "huge"}, "company_size", "请从列表中选择"),
        ({"consent_collection": ""}, "consent_collection", "请勾选"),
    ],
)
def test_a_mistake_is_told_beside_its_field_and_the_rest_stays(
    app: Flask, changes: dict[str, str], field: str, message: str
) -> None:
    answer = send(app.test_client(), **{"company": "示例 & 公司", "consent_phone": "y", **changes})
    assert answer.status_code == 422
    assert re.search(rf'id="{field}-error">[^<]*{message}', answer.text)
    assert f'aria-describedby="{field}-error"' in answer.text
    if field != "company":
        assert 'value="示例 &amp; 公司"' in answer.text
    assert re.search(r'id="consent_phone"[^>]*checked', answer.text)
    assert counted(Identity) == counted(EventRegistration) == counted(Collection) == 0


def test_mistakes_are_told_together(app: Flask) -> None:
    answer = send(app.test_client(), name="", mobile="139", email="nobody")
    assert "有 3 处需要修改" in answer.text
    for field in ("name", "mobile", "email"):
        assert f'<a href="#{field}">' in answer.text


def test_what_was_typed_is_shown_as_text(app: Flask) -> None:
    answer = send(app.test_client(), name='"><script>alert(1)</script>', mobile="")
    assert answer.status_code == 422
    assert "<script" not in answer.text


@pytest.mark.parametrize("token", [None, "", "forged"])
def test_a_form_from_elsewhere_is_not_taken_but_kept(app: Flask, token: str | None) -> None:
    client = app.test_client()
    client.get("/events/day")
    answer = client.post("/events/day", data=FORM if token is None else {**FORM, "csrf_token": token})
    assert answer.status_code == 422
    assert "再次提交" in answer.text
    assert 'value="13900000000"' in answer.text
    assert counted(EventRegistration) == 0


def test_a_browser_without_cookies_is_told_so(app: Flask) -> None:
    answer = app.test_client(use_cookies=False).post("/events/day", data=FORM)
    assert answer.status_code == 422
    assert "Cookie" in answer.text


def test_the_last_place_is_given_once(app: Flask) -> None:
    make_event(capacity=3)
    clients = [app.test_client() for _ in range(8)]
    tokens = [open_form(client) for client in clients]
    seen: Counter[int] = Counter()

    def register(number: int) -> None:
        answer = clients[number].post("/events/day", data={"csrf_token": tokens[number], **FORM})
        seen[answer.status_code] += 1
        assert answer.status_code == 303 or "名额已满" in answer.text

    threads = [threading.Thread(target=register, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {303: 3, 409: 5}
    assert counted(EventRegistration) == 3
    assert "名额已满" in app.test_client().get("/events/day").text


def test_a_place_is_kept_for_whoever_has_it(app: Flask) -> None:
    make_event(capacity=1)
    client = app.test_client()
    token = open_form(client)
    for _ in range(2):
        assert client.post("/events/day", data={"csrf_token": token, **FORM}).status_code == 303


def test_an_event_that_is_over_takes_nobody(app: Flask) -> None:
    client = app.test_client()
    token = open_form(client)
    make_event(starts_at="2020-01-01T09:00:00+08:00", ends_at="2020-01-01T10:00:00+08:00")
    assert "报名已结束" in client.get("/events/day").text
    answer = client.post("/events/day", data={"csrf_token": token, **FORM})
    assert answer.status_code == 409
    assert "报名已结束" in answer.text


def test_registration_stays_open_at_the_door(app: Flask) -> None:
    now = clock.now()
    make_event(starts_at=(now - timedelta(hours=1)).isoformat(), ends_at=(now + timedelta(hours=1)).isoformat())
    assert send(app.test_client()).status_code == 303


@pytest.mark.parametrize("path", ["/events/nowhere", "/events/nowhere/done"])
def test_an_unknown_event_is_a_page_of_its_own(app: Flask, path: str) -> None:
    answer = app.test_client().get(path)
    assert answer.status_code == 404
    assert answer.mimetype == "text/html"
    assert "没有这个活动" in answer.text


def test_an_unpublished_event_is_not_there(app: Flask) -> None:
    with transaction() as session:
        session.execute(text("UPDATE event SET published = false"))
    client = app.test_client()
    assert client.get("/events/day").status_code == 404
    assert client.post("/events/day", data=FORM).status_code == 404


def test_too_large_a_form_is_refused(app: Flask) -> None:
    client = app.test_client()
    answer = client.post("/events/day", data={**FORM, "name": "x" * 100_000}, content_type="multipart/form-data")
    assert answer.status_code == 413
    assert answer.mimetype == "text/html"


def test_the_next_person_on_a_shared_device_is_another_visitor(app: Flask) -> None:
    client = app.test_client()
    send(client)
    first = code_of(client)
    page = client.get("/events/day").text
    assert "此设备已报名" in page
    assert first not in page
    token = re.search(r'name="csrf_token" type="hidden" value="([^"]+)"', page)
    assert token is not None
    client.post("/events/day/another", data={"csrf_token": "forged"})
    assert code_of(client) == first
    client.post("/events/day/another", data={"csrf_token": token[1]})
    assert send(client, mobile="13900000001").status_code == 303
    assert code_of(client) != first
    assert counted(EventRegistration) == 2


def test_an_event_without_a_business_unit_shares_with_nobody(app: Flask) -> None:
    make_event(bu=None, interest=None)
    client = app.test_client()
    assert "consent_share" not in client.get("/events/day").text
    assert send(client, consent_share="y", company_size="").status_code == 303
    with transaction() as session:
        assert session.scalars(select(ConsentRecord)).one().scopes == ["collection"]
        assert session.scalars(select(Profile)).one().traits == {}
