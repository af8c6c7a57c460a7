"""Web logins by WeChat, from the site's page and back to it: once, bound to the browser, no id in any address."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, text

from hub.kernel import rollups
from hub.kernel.db import transaction
from tests.sample import APPID
from tests.wechat.entering import OTHER, PAGE, REFRESH, SITE, TOKEN, USERINFO, Site, rows, site
from tests.wechat.simulated import later
from wechat import jobs
from wechat.client.errors import mask
from wechat.service import exchanges
from wechat.service.exchanges import SNAPSHOTS
from wechat.views import exchanging

IDENTITIES = "SELECT kind, value FROM identity ORDER BY kind"
ACTS = "SELECT kind FROM activity"


@pytest.fixture
def minisite(clean: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Yield the hub with its sites on a simulated WeChat."""
    with site(monkeypatch) as made:
        yield made


def test_a_person_comes_back_signed_in_and_the_ticket_works_once(minisite: Site) -> None:
    address = minisite.log_in(minisite.app.test_client(), scope="userinfo")
    assert address.startswith("https://m.example.com/products?id=7&from=menu&login_ticket=")
    assert address.endswith("#top")
    found = minisite.redeem(address)
    openid, unionid = minisite.world.openid(APPID, 1), minisite.world.unionid("main", 1)
    identity = {"appid": APPID, "openid": openid, "unionid": unionid}
    assert found.get_json() == {"outcome": "signed_in", "identity": identity, "visitor_linked": False, "hint": None}
    assert minisite.redeem(address).status_code == 422
    assert rows(IDENTITIES) == [("openid", openid), ("unionid", unionid)]
    assert rows(ACTS) == [("login",)]


def test_the_base_scope_gives_an_openid_alone(minisite: Site) -> None:
    found = minisite.redeem(minisite.log_in(minisite.app.test_client())).get_json()
    assert found["identity"] == {"appid": APPID, "openid": minisite.world.openid(APPID, 1)}
    assert minisite.world.calls[USERINFO] == 0


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "https://m.example.com@evil.example/",
        "https://m.example.com.evil.example/",
        "https://evil.example/https://m.example.com/",
        "http://m.example.com/",
        "https://m.example.com:8443/",
        "javascript:alert(1)",
        "https://m.example.com\r\nSet-Cookie: a=b",
        "",
    ],
)
def test_nobody_is_led_to_a_place_that_is_not_the_groups(minisite: Site, target: str) -> None:
    answer = minisite.begin(minisite.app.test_client(), target)
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, ["next"])
    assert "Set-Cookie" not in answer.headers


def test_a_path_leads_to_the_hub_itself_where_a_touchpoint_owns_it(minisite: Site) -> None:
    assert minisite.log_in(minisite.app.test_client(), "/a").startswith("http://127.0.0.1:8000/a?login_ticket=")


@pytest.mark.parametrize(
    ("name", "value"), [("scope", "everything"), ("visitor_id", "short"), ("visitor_id", "a b" * 9)]
)
def test_a_wrong_parameter_is_named(minisite: Site, name: str, value: str) -> None:
    answer = minisite.begin(minisite.app.test_client(), **{name: value})
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, [name])


def test_only_official_accounts_of_the_group_log_in(minisite: Site) -> None:
    for appid in ("wx3333333333333333", "wxffffffffffffffff", "nonsense"):
        for way in ("login", "callback"):
            assert minisite.app.test_client().get(f"/wechat/oauth/{appid}/{way}").status_code == 404


def test_another_browser_cannot_use_a_login_and_wechat_is_not_asked(minisite: Site) -> None:
    address = minisite.agree(minisite.begin(minisite.app.test_client()))
    stranger = minisite.app.test_client()
    assert minisite.come_back(stranger, address).status_code == 400
    minisite.begin(stranger)  # with a login of its own too
    assert minisite.come_back(stranger, address).status_code == 400
    assert minisite.world.calls[TOKEN] == 0


def test_a_forged_or_late_state_is_refused(minisite: Site) -> None:
    browser = minisite.app.test_client()
    address = minisite.agree(minisite.begin(browser))
    for forged in (address[:-1] + ("0" if address[-1] != "0" else "1"), address.replace("state=", "x=")):
        assert minisite.come_back(browser, forged).status_code == 400
    later(600)
    assert minisite.come_back(browser, address).status_code == 400
    assert minisite.world.calls[TOKEN] == 0


def test_a_state_goes_with_one_code(minisite: Site) -> None:
    browser = minisite.app.test_client()
    address = minisite.agree(minisite.begin(browser))
    assert minisite.come_back(browser, address).status_code == 302
    planted = minisite.world.logins.code(APPID, "snsapi_base", 4e9)
    state = address.partition("state=")[2]
    replayed = browser.get(f"/wechat/oauth/{APPID}/callback", query_string={"code": planted, "state": state})
    assert replayed.status_code == 400
    assert minisite.world.calls[TOKEN] == 1


def test_the_same_callback_again_is_answered_from_what_is_kept(minisite: Site) -> None:
    browser = minisite.app.test_client()
    address = minisite.agree(minisite.begin(browser))
    ends = [minisite.come_back(browser, address).headers["Location"] for _ in range(3)]
    found = [minisite.redeem(end).get_json()["identity"] for end in ends]
    assert found == [{"appid": APPID, "openid": minisite.world.openid(APPID, 1)}] * 3
    assert (minisite.world.calls[TOKEN], rows(ACTS)) == (1, [("login",)])


def test_two_callbacks_at_once_make_one_exchange(minisite: Site) -> None:
    browser = minisite.app.test_client()
    address = minisite.agree(minisite.begin(browser))
    cookies = "; ".join(f"{c.key}={c.value}" for c in browser._cookies.values())  # type: ignore[union-attr]
    together = threading.Barrier(2)
    minisite.world.fail(TOKEN, "stall", seconds=0.3)

    def come_back() -> str:
        together.wait()
        client = minisite.app.test_client(use_cookies=False)
        answer = client.get(address.partition("8000")[2], headers={"Cookie": cookies})
        return str(answer.headers["Location"])

    with ThreadPoolExecutor(2) as pool:
        ends = [found.result() for found in [pool.submit(come_back) for _ in range(2)]]
    found = [minisite.redeem(end).get_json() for end in ends]
    assert found[0] == found[1]
    assert found[0]["identity"]["openid"] == minisite.world.openid(APPID, 1)
    assert (minisite.world.calls[TOKEN], rows(ACTS)) == (1, [("login",)])


def test_whoever_waits_too_long_for_another_begins_anew(minisite: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = minisite.app.test_client()
    address = minisite.agree(minisite.begin(browser))
    code, state = (address.partition(f"{name}=")[2].partition("&")[0] for name in ("code", "state"))
    with transaction() as session:
        assert exchanges.claim_code(session, exchanges.WEB, APPID, code, state=state).token == 1
    monkeypatch.setattr(exchanging, "PATIENCE", 0.1)
    again = minisite.come_back(browser, address)
    answer = minisite.come_back(browser, minisite.agree(again))
    assert minisite.redeem(answer.headers["Location"]).get_json()["outcome"] == "signed_in"
    assert minisite.world.calls[TOKEN] == 1


def test_a_code_whose_holder_died_is_taken_over_and_the_dead_write_nothing(minisite: Site) -> None:
    browser = minisite.app.test_client()
    address = minisite.agree(minisite.begin(browser))
    code, state = (address.partition(f"{name}=")[2].partition("&")[0] for name in ("code", "state"))
    with transaction() as session:
        dead = exchanges.claim_code(session, exchanges.WEB, APPID, code, state=state)
        session.execute(text("UPDATE code_exchange SET until = clock_timestamp()"))
    answer = minisite.come_back(browser, address)
    with transaction() as session:
        assert exchanges.settle_code(session, dead, exchanges.Exchanged("refused", 1)).outcome == "signed_in"
    assert minisite.redeem(answer.headers["Location"]).get_json()["outcome"] == "signed_in"


@pytest.mark.parametrize("errcode", [40029, 40163, -1])
def test_a_code_that_is_no_good_begins_the_login_anew_once(minisite: Site, errcode: int) -> None:
    browser = minisite.app.test_client()
    minisite.world.fail(TOKEN, errcode=errcode)
    again = minisite.come_back(browser, minisite.agree(minisite.begin(browser)))
    answer = minisite.come_back(browser, minisite.agree(again))
    assert minisite.redeem(answer.headers["Location"]).get_json()["outcome"] == "signed_in"
    minisite.world.fail(TOKEN, errcode=errcode, times=2)
    again = minisite.come_back(browser, minisite.agree(minisite.begin(browser)))
    assert minisite.come_back(browser, minisite.agree(again)).status_code == 503


@pytest.mark.parametrize("fault", ["html", "truncated", "cut"])
def test_an_answer_that_does_not_come_through_begins_the_login_anew(minisite: Site, fault: str) -> None:
    browser = minisite.app.test_client()
    minisite.world.fail(TOKEN, fault)  # type: ignore[arg-type]
    again = minisite.come_back(browser, minisite.agree(minisite.begin(browser)))
    answer = minisite.come_back(browser, minisite.agree(again))
    assert minisite.redeem(answer.headers["Location"]).get_json()["outcome"] == "signed_in"


@pytest.mark.parametrize("errcode", [48001, 40125, 40164])
def test_an_account_that_may_not_is_refused_plainly(minisite: Site, errcode: int) -> None:
    browser = minisite.app.test_client()
    minisite.world.fail(TOKEN, errcode=errcode)
    assert minisite.come_back(browser, minisite.agree(minisite.begin(browser))).status_code == 503
    assert rows(IDENTITIES) == []


def test_a_persons_token_that_ended_is_renewed(minisite: Site) -> None:
    minisite.world.fail(USERINFO, errcode=42001)
    found = minisite.redeem(minisite.log_in(minisite.app.test_client(), scope="userinfo")).get_json()
    assert found["identity"]["unionid"] == minisite.world.unionid("main", 1)
    assert (minisite.world.calls[REFRESH], minisite.world.calls[USERINFO]) == (1, 2)


@pytest.mark.parametrize("errcode", [40030, 42002, 42007])
def test_a_token_that_cannot_be_renewed_begins_the_login_anew(minisite: Site, errcode: int) -> None:
    browser = minisite.app.test_client()
    minisite.world.fail(USERINFO, errcode=42001)
    minisite.world.fail(REFRESH, errcode=errcode)
    again = minisite.come_back(browser, minisite.agree(minisite.begin(browser, scope="userinfo")))
    answer = minisite.come_back(browser, minisite.agree(again))
    assert minisite.redeem(answer.headers["Location"]).get_json()["outcome"] == "signed_in"


@pytest.mark.parametrize("marked", [True, False], ids=["marked", "unmarked"])
def test_a_snapshot_page_makes_nobody_and_is_counted(minisite: Site, marked: bool) -> None:
    minisite.world.logins.snapshot, minisite.world.logins.marked = True, marked
    browser = minisite.app.test_client()
    found = minisite.redeem(minisite.log_in(browser, scope="userinfo", visitor_id="visitor-1"), visitor_id="visitor-1")
    told = found.get_json()
    assert (told["outcome"], told["identity"], told["visitor_linked"]) == ("snapshot", None, False)
    assert "使用完整服务" in told["hint"]["zh"]
    assert (rows(IDENTITIES), rows("SELECT 1 FROM person"), rows(ACTS)) == ([], [], [])
    assert rows("SELECT 1 FROM code_exchange WHERE sealed IS NOT NULL") == []
    with transaction() as session:
        assert rollups.totals(session)[SNAPSHOTS] == {APPID: 1}


def test_who_says_no_comes_back_as_nobody(minisite: Site) -> None:
    minisite.world.logins.declines = True
    told = minisite.redeem(minisite.log_in(minisite.app.test_client())).get_json()
    assert (told["outcome"], told["identity"]) == ("denied", None)
    assert told["hint"]["en"].startswith("You did not agree")


def test_a_ticket_is_for_its_own_site_and_for_two_minutes(minisite: Site) -> None:
    browser = minisite.app.test_client()
    address = minisite.log_in(browser)
    assert minisite.redeem(address, "other").status_code == 422
    assert minisite.redeem(address).status_code == 200
    assert minisite.redeem(minisite.log_in(browser, f"{OTHER}/x"), "other").status_code == 200
    late = minisite.log_in(browser)
    later(120)
    assert minisite.redeem(late).status_code == 422


def test_what_a_visitor_did_becomes_theirs_when_they_log_in(minisite: Site) -> None:
    item = {"id": "a-1", "identity": {"visitor_id": "visitor-1"}, "kind": "download"}
    minisite.post("activities", {"items": [item]})
    address = minisite.log_in(minisite.app.test_client(), visitor_id="visitor-1")
    assert minisite.redeem(address, visitor_id="visitor-1").get_json()["visitor_linked"] is True
    assert rows("SELECT count(DISTINCT p.root_id) FROM identity i JOIN person p ON p.id = i.person_id") == [(1,)]


def test_a_login_planted_on_another_visitor_is_not_theirs(minisite: Site) -> None:
    address = minisite.log_in(minisite.app.test_client(), visitor_id="attacker-1")
    for more in ({"visitor_id": "victim-0001"}, {}):
        refused = minisite.redeem(address, **more)
        assert (refused.status_code, list(refused.get_json()["errors"])) == (422, ["visitor_id"])
    assert minisite.redeem(address, visitor_id="attacker-1").status_code == 200


def test_a_site_taken_from_the_group_meanwhile_gets_no_ticket(minisite: Site) -> None:
    browser = minisite.app.test_client()
    address = minisite.agree(minisite.begin(browser))
    with transaction() as session:
        session.execute(text("UPDATE touchpoint SET origins = '{}'"))
    assert minisite.come_back(browser, address).status_code == 400


def test_no_id_code_or_ticket_is_written_where_it_stays(minisite: Site, capfd: pytest.CaptureFixture[str]) -> None:
    browser = minisite.app.test_client()
    begun = minisite.begin(browser, scope="userinfo", visitor_id="visitor-1")
    address = minisite.agree(begun)
    code = address.partition("code=")[2].partition("&")[0]
    minisite.world.fail(USERINFO, errcode=-1)
    end = minisite.come_back(browser, minisite.agree(minisite.come_back(browser, address))).headers["Location"]
    openid, unionid = minisite.world.openid(APPID, 1), minisite.world.unionid("main", 1)
    sent = begun.headers["Location"] + end + str(begun.headers.getlist("Set-Cookie"))
    ticket = end.partition("login_ticket=")[2].partition("#")[0]
    logged = "".join(capfd.readouterr())
    assert "login_not_done" in logged
    for value in (openid, unionid, code, ticket):
        assert value not in logged
    assert openid not in sent
    assert unionid not in sent
    kept = str(rows("SELECT * FROM code_exchange")) + str(rows("SELECT * FROM login_ticket"))
    for value in (openid, unionid, code, ticket):
        assert value not in kept


def test_what_a_login_leaves_is_forgotten(minisite: Site) -> None:
    minisite.log_in(minisite.app.test_client())
    jobs.forget_logins()
    assert rows("SELECT count(*) FROM code_exchange") == [(1,)]
    later(601)
    jobs.forget_logins()
    assert rows("SELECT (SELECT count(*) FROM code_exchange), (SELECT count(*) FROM login_ticket)") == [(0, 0)]


def test_the_cookie_goes_to_the_login_alone_and_no_script_reads_it(minisite: Site) -> None:
    cookie = minisite.begin(minisite.app.test_client(), PAGE).headers["Set-Cookie"]
    assert f"Path=/wechat/oauth/{APPID}/" in cookie
    for word in ("HttpOnly", "SameSite=Lax", "Max-Age=600"):
        assert word in cookie
    assert SITE not in cookie


def test_what_is_said_of_a_call_hides_codes_ids_and_tokens_but_not_the_errcode() -> None:
    asked = "/sns/oauth2/access_token?appid=wx1&secret=s3cret&code=c0de&openid=oX&refresh_token=r3fresh errcode=40029"
    told = mask(asked)
    assert [value for value in ("s3cret", "c0de", "oX", "r3fresh") if value in told] == []
    assert told.endswith("errcode=40029")
