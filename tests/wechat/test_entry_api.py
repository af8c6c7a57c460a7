"""Mini programs log in, numbers go into the vault, pages are signed: once each, and every refusal says what to do."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

import privacy.jobs
from hub.group import service as group
from hub.kernel import settings
from hub.kernel.db import transaction
from hub.kernel.work import LANES
from privacy import service as vault
from tests.sample import APPID
from tests.wechat.entering import MINI, NUMBER, PAGE, SESSION, Site, rows, site
from wechat.rules import pages
from wechat.service import exchanges
from wechat.simulator.world import now

CONSENT = {"text_version": "2026-01", "scopes": ["collection", "phone"]}
LOGIN, PHONE, SIGN = "wechat/mini-program-logins", "wechat/phone-numbers", "wechat/js-signatures"


@pytest.fixture
def minisite(clean: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Site]:
    """Yield the hub with its sites on a simulated WeChat, and a key store of its own."""
    monkeypatch.setenv("HUB_KEYSTORE", str(tmp_path / "keys"))
    settings.current.cache_clear()
    with site(monkeypatch) as made:
        yield made


def phone(minisite: Site, person: int = 5, **more: Any) -> dict[str, Any]:
    code = minisite.world.phone_code(MINI, person)
    body = {"appid": MINI, "code": code, "openid": minisite.world.openid(MINI, person), "consent": CONSENT}
    return {name: value for name, value in (body | more).items() if value is not None}


def test_a_mini_program_learns_who_opened_it_and_nothing_of_the_session(minisite: Site) -> None:
    answer = minisite.post(LOGIN, {"appid": MINI, "code": minisite.world.login(MINI, 5)}, MINI)
    openid, unionid = minisite.world.openid(MINI, 5), minisite.world.unionid("main", 5)
    assert answer.get_json() == {"identity": {"appid": MINI, "openid": openid, "unionid": unionid}}
    assert rows("SELECT kind, value FROM identity ORDER BY 1") == [("openid", openid), ("unionid", unionid)]
    assert rows("SELECT kind FROM activity") == [("login",)]
    assert rows("SELECT count(*) FROM identity_link") == [(1,)]


def test_a_login_code_sent_twice_at_once_is_exchanged_once(minisite: Site) -> None:
    body = {"appid": MINI, "code": minisite.world.login(MINI, 5)}
    minisite.world.fail(SESSION, "stall", seconds=0.3)
    together = threading.Barrier(2)

    def send() -> Any:
        together.wait()
        return minisite.post(LOGIN, body, MINI).get_json()

    with ThreadPoolExecutor(2) as pool:
        first, second = (found.result() for found in [pool.submit(send) for _ in range(2)])
    assert first == second == minisite.post(LOGIN, body, MINI).get_json()
    assert (minisite.world.calls[SESSION], rows("SELECT count(*) FROM activity")) == (1, [(1,)])


@pytest.mark.parametrize(
    ("errcode", "status", "words"),
    [
        (40029, 422, "get a new one with wx.login"),
        (40163, 409, "used already"),
        (40226, 403, "high risk"),
        (45011, 429, "for a minute"),
        (-1, 503, "does not answer"),
        (40125, 503, "40125"),
        ("40029", 422, "not valid"),
    ],
)
def test_a_refused_login_says_what_to_do(minisite: Site, errcode: int | str, status: int, words: str) -> None:
    body = {"appid": MINI, "code": minisite.world.login(MINI, 5)}
    minisite.world.fail(SESSION, errcode=errcode)
    for _ in range(2):  # the second time WeChat is not asked
        answer = minisite.post(LOGIN, body, MINI)
        assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    english = minisite.app.test_client().post(
        f"/api/v1/{LOGIN}", json=body, headers={**minisite.keys[MINI], "Accept-Language": "en"}
    )
    assert words in english.get_json()["detail"]
    assert ("Retry-After" in english.headers) == (status in (429, 503))
    assert minisite.world.calls[SESSION] == 1
    assert rows("SELECT 1 FROM identity") == []


def test_a_code_of_another_account_or_kind_is_refused(minisite: Site) -> None:
    for appid in (APPID, "wxffffffffffffffff"):
        answer = minisite.post(LOGIN, {"appid": appid, "code": "x"}, MINI)
        assert (answer.status_code, list(answer.get_json()["errors"])) == (422, ["appid"])
    assert minisite.post(SIGN, {"appid": MINI, "url": PAGE}).status_code == 422
    assert minisite.world.calls[SESSION] == 0


def test_a_verified_number_goes_into_the_vault_and_nowhere_else(
    minisite: Site, capfd: pytest.CaptureFixture[str]
) -> None:
    body = phone(minisite)
    answer = minisite.post(PHONE, body, MINI)
    assert (answer.status_code, answer.get_json()) == (201, {"status": "registered"})
    again = minisite.post(PHONE, body, MINI)
    assert (again.status_code, again.get_json()) == (200, {"status": "duplicate"})
    assert minisite.world.calls[NUMBER] == 1
    number = minisite.world.phone(5)
    with transaction() as session:
        tables = session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
        kept = "".join(str(session.execute(text(f"SELECT * FROM {name}")).all()) for name in tables)
    assert "code_exchange" in tables
    assert number not in kept
    assert number not in "".join(capfd.readouterr())
    assert rows("SELECT fields, verified FROM collection") == [(["mobile"], ["mobile"])]
    assert rows("SELECT kind, key FROM activity") == [("registration", "miniprogram")]
    sum(privacy.jobs.drain_collections(lane) for lane in range(LANES))
    ((person,),) = rows("SELECT person_id FROM collection")
    with transaction() as session:
        (found,) = vault.kept_of(session, [person])
    assert (found.fields, found.verified, found.scopes) == (("mobile",), ("mobile",), ("collection", "phone"))


def test_a_number_may_be_a_visitors(minisite: Site) -> None:
    body = phone(minisite, openid=None, visitor_id="visitor-0001")
    assert minisite.post(PHONE, body, MINI).status_code == 201
    assert rows("SELECT kind, value FROM identity") == [("visitor", "visitor-0001")]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"openid": None}, "_schema"),
        ({"visitor_id": "visitor-0001"}, "_schema"),
        ({"consent": {"text_version": "v", "scopes": ["phone"]}}, "consent"),
        ({"consent": {"text_version": "13900000001", "scopes": ["collection"]}}, "consent"),
        ({"consent": None}, "consent"),
        ({"code": ""}, "code"),
        ({"number": "1"}, "number"),
    ],
)
def test_a_body_that_is_wrong_uses_no_code_up(minisite: Site, change: dict[str, Any], field: str) -> None:
    answer = minisite.post(PHONE, phone(minisite, **change), MINI)
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, [field])
    assert minisite.world.calls[NUMBER] == 0


@pytest.mark.parametrize(
    ("errcode", "status"), [(40029, 422), (40003, 422), (45009, 429), (45011, 429), (48001, 503), (-1, 503), (9, 503)]
)
def test_a_refused_number_says_so_and_its_code_is_never_tried_again(minisite: Site, errcode: int, status: int) -> None:
    body = phone(minisite)
    minisite.world.fail(NUMBER, errcode=errcode)
    assert [minisite.post(PHONE, body, MINI).status_code for _ in range(2)] == [status, status]
    assert minisite.world.calls[NUMBER] == 1
    assert rows("SELECT 1 FROM collection") == []


@pytest.mark.parametrize("fault", ["truncated", "cut", "html"])
def test_an_answer_that_is_lost_takes_the_code_with_it(minisite: Site, fault: str) -> None:
    body = phone(minisite)
    minisite.world.fail(NUMBER, fault)  # type: ignore[arg-type]
    assert [minisite.post(PHONE, body, MINI).status_code for _ in range(2)] == [503, 503]
    assert minisite.world.calls[NUMBER] == 1
    assert minisite.post(PHONE, phone(minisite), MINI).status_code == 201


def test_a_process_that_died_over_a_phone_code_takes_it_along(minisite: Site) -> None:
    body = phone(minisite)
    with transaction() as session:
        exchanges.claim_code(session, exchanges.PHONE, MINI, body["code"])
        session.execute(text("UPDATE code_exchange SET until = clock_timestamp()"))
    assert minisite.post(PHONE, body, MINI).status_code == 503
    assert minisite.world.calls[NUMBER] == 0


def test_a_code_of_somebody_else_gives_no_number(minisite: Site) -> None:
    body = phone(minisite, openid=minisite.world.openid(MINI, 6))
    answer = minisite.post(PHONE, body, MINI)
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, ["openid"])


def test_a_number_given_to_another_account_is_dropped(minisite: Site) -> None:
    body = phone(minisite)
    minisite.world.logins.watermark = APPID
    assert minisite.post(PHONE, body, MINI).status_code == 503
    assert rows("SELECT 1 FROM collection") == []


def test_a_page_is_signed_with_the_ticket_of_its_account(minisite: Site) -> None:
    answer = minisite.post(SIGN, {"appid": APPID, "url": PAGE}).get_json()
    assert set(answer) == {"appId", "timestamp", "nonceStr", "signature"}
    assert answer["appId"] == APPID
    ticket = str(minisite.world.tokens.ticket(APPID, "jsapi", now())["ticket"])
    assert answer["signature"] == pages.sign(ticket, answer["nonceStr"], answer["timestamp"], PAGE.partition("#")[0])
    assert minisite.world.calls["/cgi-bin/ticket/getticket"] == 1


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/",
        "https://other.example.com/",
        "https://m.example.com.evil.example/",
        "http://m.example.com/",
    ],
)
def test_a_page_of_another_site_is_not_signed(minisite: Site, url: str) -> None:
    answer = minisite.post(SIGN, {"appid": APPID, "url": url})
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, ["url"])
    assert minisite.world.calls["/cgi-bin/ticket/getticket"] == 0


def test_a_page_is_not_signed_while_wechat_gives_no_ticket(minisite: Site) -> None:
    minisite.world.fail("/cgi-bin/ticket/getticket", errcode=48001)
    answer = minisite.post(SIGN, {"appid": APPID, "url": PAGE})
    assert (answer.status_code, "48001" in answer.get_json()["detail"]) == (503, True)


def test_a_key_without_the_scope_may_not(minisite: Site) -> None:
    with transaction() as session:
        key = group.create_key(session, name="narrow", touchpoint="minisite", scopes=["activities:write"])
    for path, body in (
        ("logins/redeem", {"ticket": "x" * 30}),
        (SIGN, {"appid": APPID, "url": PAGE}),
        (LOGIN, {"appid": MINI, "code": "x"}),
        (PHONE, phone(minisite)),
    ):
        answer = minisite.app.test_client().post(
            f"/api/v1/{path}", data=json.dumps(body), headers={"Authorization": f"Bearer {key}"}
        )
        assert answer.status_code == 403
