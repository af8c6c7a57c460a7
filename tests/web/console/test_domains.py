"""Files that prove a domain: kept in the console or the group file, served by the domain that is asked, checked."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import make_server

from hub.kernel import access, settings
from hub.kernel.db import transaction
from hub.web import groupfile
from hub.web.groupfile import GroupFileError
from tests.web.console.conftest import SignIn
from wechat.views import forget_files

DOMAIN, NAME, WORD = "m.example.com", "MP_verify_AbCd1234efGH5678.txt", "AbCd1234efGH5678"
FILE = {"domain": DOMAIN, "name": NAME, "content": WORD}


@pytest.fixture
def admin(sign_in: SignIn) -> Iterator[FlaskClient]:
    """Yield a group admin's browser; what is served from memory is forgotten before and after."""
    forget_files()
    yield sign_in(access.GROUP_ADMIN)
    forget_files()


def fetch(app: Flask, host: str = DOMAIN, name: str = NAME) -> tuple[int, bytes]:
    answer = app.test_client().get(f"/{name}", headers={"Host": host})
    return answer.status_code, answer.data


def test_a_file_is_served_to_its_own_domain_alone(app: Flask, admin: FlaskClient) -> None:
    assert admin.post("/touchpoints/domains", data=FILE).status_code == 303
    assert fetch(app) == (200, WORD.encode())
    assert fetch(app, "M.Example.com:443") == (200, WORD.encode())
    answer = app.test_client().get(f"/{NAME}", headers={"Host": DOMAIN})
    assert (answer.mimetype, answer.headers["Cache-Control"]) == ("text/plain", "public, max-age=60")
    assert fetch(app, "other.example.com")[0] == 404
    assert fetch(app, name="MP_verify_another.txt")[0] == 404
    assert fetch(app, name="MP_verify_..%2f..%2fetc.txt")[0] == 404


def test_in_production_the_domain_need_not_be_the_hubs(
    app: Flask, admin: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin.post("/touchpoints/domains", data=FILE)
    for name, value in (("HUB_ENV", "production"), ("HUB_BASE_URL", "https://hub.example.com")):
        monkeypatch.setenv(name, value)
    settings.current.cache_clear()
    assert fetch(app) == (200, WORD.encode())
    assert app.test_client().get("/login", headers={"Host": DOMAIN}).status_code == 400


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"domain": "https://m.example.com"}, "不带 https://"),
        ({"domain": "localhost"}, "不带 https://"),
        ({"domain": ""}, "不带 https://"),
        ({"name": "verify.txt"}, "MP_verify_AbCd1234.txt"),
        ({"name": "MP_verify_../x.txt"}, "MP_verify_AbCd1234.txt"),
        ({"content": "<script>"}, "那一串字母和数字"),
    ],
)
def test_what_is_wrong_is_named_and_stays_typed(admin: FlaskClient, change: dict[str, str], words: str) -> None:
    answer = admin.post("/touchpoints/domains", data=FILE | change)
    assert answer.status_code == 422
    assert words in answer.text
    assert 'aria-invalid="true"' in answer.text
    kept = next(value for name, value in FILE.items() if name not in change)
    assert f'value="{kept}"' in answer.text


def test_a_file_taken_away_is_gone_at_once(app: Flask, admin: FlaskClient) -> None:
    admin.post("/touchpoints/domains", data=FILE)
    assert fetch(app)[0] == 200
    assert admin.post("/touchpoints/domains/remove", data=FILE).status_code == 303
    assert fetch(app)[0] == 404
    assert admin.post("/touchpoints/domains/remove", data=FILE).status_code == 404


def test_the_check_asks_ourselves_and_says_what_is_wrong(
    app: Flask, admin: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin.post("/touchpoints/domains", data=FILE)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("HUB_BASE_URL", f"http://127.0.0.1:{server.server_port}")
    settings.current.cache_clear()
    assert "中台会正确回答这个域名" in admin.post("/touchpoints/domains/check", data=FILE).text
    server.shutdown()
    server.server_close()
    assert "打不开" in admin.post("/touchpoints/domains/check", data=FILE).text
    assert admin.post("/touchpoints/domains/check", data=FILE | {"domain": "x.example.com"}).status_code == 404


def test_who_only_reads_may_not_change_files(sign_in: SignIn) -> None:
    marketer = sign_in(access.GROUP_MARKETER)
    page = marketer.get("/touchpoints/domains")
    assert (page.status_code, "还没有校验文件" in page.text, 'name="domain"' in page.text) == (200, True, False)
    for path in ("", "/remove", "/check"):
        assert marketer.post(f"/touchpoints/domains{path}", data=FILE).status_code == 403


def test_the_group_file_carries_files_and_sites(app: Flask) -> None:
    text = f"""
touchpoints:
  - {{slug: minisite, kind: site, name: 产品小站, origins: ["https://m.example.com", "http://127.0.0.1:8000"]}}
domain_files:
  - {{domain: {DOMAIN}, name: {NAME}, content: {WORD}}}
"""
    with transaction() as session:
        done = [change.action for change in groupfile.apply(session, text)]
        again = [change.action for change in groupfile.apply(session, groupfile.export(session, secrets=True))]
        exported = groupfile.export(session)
    assert (done, set(again)) == (["changed", "created"], {"left"})
    assert f"  - {{domain: {DOMAIN}, name: {NAME}, content: {WORD}}}" in exported
    assert "origins: ['https://m.example.com', 'http://127.0.0.1:8000']" in exported


def test_a_wrong_site_or_file_is_told_with_its_line(app: Flask) -> None:
    text = f"""
touchpoints:
  - {{slug: minisite, kind: site, name: 产品小站, origins: ["https://M.example.com/a"]}}
domain_files:
  - {{domain: {DOMAIN}, name: verify.txt, content: {WORD}}}
"""
    with transaction() as session, pytest.raises(GroupFileError) as refused:
        groupfile.apply(session, text)
    told = {(mistake.line, mistake.path) for mistake in refused.value.mistakes}
    assert told == {(3, "touchpoints[0].origins[0]"), (5, "domain_files[0].name")}
