"""Third-party platforms end to end, over HTTP with the simulated WeChat: tickets, trust, tokens, pushes, the check."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest
import requests
from sqlalchemy import Engine, func, select, text
from werkzeug.serving import make_server

from hub.group import service as group
from hub.kernel import clock, queue, settings
from hub.kernel.db import transaction
from hub.web.app import create_app
from tests.sample import APPID, apply_sample, sim_account
from tests.wechat.simulated import later
from wechat import client, jobs, service
from wechat.client import HubClient, WeChatError, logins
from wechat.jobs.keeping import DatabaseKeeper
from wechat.models import Callback, ComponentPush
from wechat.simulator import (
    Deliverer,
    Herald,
    SimAccount,
    SimComponent,
    Simulator,
    World,
    component_push,
    crypto,
)
from wechat.simulator.components import Component
from wechat.simulator.push import push as make_push

PLATFORM = SimComponent(
    appid="wxc0ffee1234567890",
    secret="fedcba9876543210fedcba9876543210",
    token="platformtoken",
    aes_key="0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg",
)
RELEASE = SimAccount(
    "wx570bc396a51b8ff8", "gh_3c884a361561", "service", "", "safe", "unused", PLATFORM.aes_key, "unused"
)
GROUP_FILE = f"""
component_platforms:
  - {{slug: group, appid: {PLATFORM.appid}, token: {PLATFORM.token}, aes_key: {PLATFORM.aes_key},
     secret: {PLATFORM.secret}}}
"""
RENEW, REDEEM, TOKEN = (
    f"/cgi-bin/component/{name}" for name in ("api_authorizer_token", "api_query_auth", "api_component_token")
)


class Town:
    """A hub with one platform and one account, and the simulated WeChat beside it."""

    def __init__(self, world: World, hub_url: str, wechat_url: str) -> None:
        self.world, self.hub_url, self.wechat_url = world, hub_url, wechat_url
        self.herald = Herald(world, hub_url)

    @property
    def platform(self) -> Component:
        """Return the platform as WeChat knows it."""
        return self.world.components[PLATFORM.appid]

    def ticket(self) -> None:
        self.herald.issue_tickets()
        self.settle()

    def settle(self) -> None:
        """Deliver what WeChat has to push, and work it off."""
        statuses = self.herald.deliver()
        assert statuses == [200] * len(statuses)
        work()

    def authorize(self, appid: str = APPID) -> str:
        """Let the owner of an account agree on WeChat's page; return the address they are sent back to."""
        with transaction() as session:
            component = group.component(session, PLATFORM.appid)
        assert component is not None
        code = client.clients().platform(component).pre_auth_code()
        fields = {"component_appid": PLATFORM.appid, "pre_auth_code": code, "auth_type": "3"}
        page = requests.get(
            f"{self.wechat_url}/cgi-bin/componentloginpage",
            params={**fields, "redirect_uri": f"{self.hub_url}/back?state=x", "authorizer_appid": appid},
            allow_redirects=False,
            timeout=5,
        )
        assert page.status_code == 302
        return page.headers["Location"]

    def client(self, appid: str = APPID) -> HubClient:
        with transaction() as session:
            account = group.account(session, appid)
        assert account is not None
        return client.clients().of(account)

    def calls(self) -> int:
        """Make one call for the account; return its errcode, 0 when it was answered."""
        try:
            self.client().get_user(self.world.openid(APPID, 1))
        except WeChatError as error:
            return error.errcode
        return 0


def work() -> None:
    while sum(jobs.drain_component_pushes(lane) for lane in range(8)):
        pass


def run_by(slug: str | None) -> None:
    with transaction() as session:
        group.run_by(session, APPID, slug)
    service.forget_accounts()


def trust(appid: str = APPID) -> service.Authorization | None:
    with transaction() as session:
        return service.authorization(session, PLATFORM.appid, appid)


def pushes() -> list[tuple[str, str, str | None]]:
    with transaction() as session:
        query = select(ComponentPush.info_type, ComponentPush.state, ComponentPush.error).order_by(ComponentPush.id)
        return [tuple(row) for row in session.execute(query)]


@pytest.fixture(scope="module")
def hub_url(database: Engine) -> Iterator[str]:
    """Yield the address of the hub, served for all of these tests."""
    server = make_server("127.0.0.1", 0, create_app(), threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def town(clean: Engine, hub_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    apply_sample()
    apply_sample(GROUP_FILE.encode())
    own = replace(sim_account(), secret="0123456789abcdef0123456789abcdef")
    world = World([own, RELEASE], components=[PLATFORM])
    with Simulator(world) as simulator:
        monkeypatch.setenv("HUB_WECHAT_API", simulator.url)
        settings.current.cache_clear()
        client.clients.cache_clear()
        yield Town(world, hub_url, simulator.url)
    client.clients.cache_clear()
    monkeypatch.undo()
    settings.current.cache_clear()


@pytest.fixture
def joined(town: Town) -> Town:
    """Return the town once its account trusts the platform and is run through it."""
    town.ticket()
    town.authorize()
    town.settle()
    run_by("group")
    return town


def test_the_newest_ticket_is_kept_sealed_whatever_the_order(town: Town) -> None:
    town.ticket()
    at = clock.now()
    old = {"AppId": PLATFORM.appid, "CreateTime": int(at.timestamp()) - 300, "InfoType": "component_verify_ticket"}
    town.platform.pushes.append({**old, "ComponentVerifyTicket": "ticket@@@old"})
    town.settle()
    newest = next(iter(town.platform.tickets))
    with transaction() as session:
        assert service.platform_state(session, PLATFORM.appid).ticket == newest
        stored = session.scalar(text("SELECT string_agg(t::text, '') FROM component_state AS t"))
        assert "ticket" not in stored.replace("ticket_", "")
        assert session.scalar(select(func.count()).where(ComponentPush.secret.is_not(None))) == 0
    assert pushes() == [("component_verify_ticket", "done", None)] * 2


def test_an_account_that_agrees_is_pushed_redeemed_once_and_called_through_the_platform(town: Town) -> None:
    town.ticket()
    back = town.authorize()
    town.settle()
    found = trust()
    assert found is not None
    assert (found.connected, found.kind, found.original_id) == (True, "service", "gh_9f1c0aa35d21")
    assert found.permissions == ("1", "15", "4", "7", "2")
    service.receive_code(PLATFORM.appid, code_in(back))
    work()
    assert town.world.calls[REDEEM] == 1  # the same code, brought back by its owner
    service.forget_accounts()
    assert town.calls() == 0  # adopted: run through the platform from now on
    assert town.world.calls["/cgi-bin/stable_token"] == 0
    assert town.world.calls[RENEW] == 0  # the token that came with the code works


def test_an_account_that_the_group_does_not_have_is_made_when_its_owner_comes_back(town: Town) -> None:
    stranger = SimAccount("wx00000000000000c1", "gh_0000000000c1", "subscription", "", "safe", "t", "k", "s")
    town.world.accounts[stranger.appid] = stranger
    town.ticket()
    back = town.authorize(stranger.appid)
    service.receive_code(PLATFORM.appid, code_in(back))
    work()
    town.settle()
    assert town.world.calls[REDEEM] == 1  # this time the owner was first
    with transaction() as session:
        made = group.account(session, stranger.appid)
    assert made is not None
    assert made.component is not None
    assert (made.name, made.kind, made.original_id) == ("示例 00c1", "subscription", "gh_0000000000c1")


def test_a_stranger_who_agrees_without_coming_from_the_console_is_kept_out(town: Town) -> None:
    stranger = SimAccount("wx00000000000000c2", "gh_0000000000c2", "service", "", "safe", "t", "k", "s")
    town.world.accounts[stranger.appid] = stranger
    town.ticket()
    town.authorize(stranger.appid)
    town.settle()
    assert trust(stranger.appid) is not None
    with transaction() as session:
        assert group.account(session, stranger.appid) is None


def test_refresh_tokens_rotate_and_are_kept_with_the_token(joined: Town) -> None:
    assert joined.calls() == 0
    first = trust()
    later(6950)
    assert joined.calls() == 0
    second = trust()
    assert first is not None
    assert second is not None
    assert second.refresh_tokens == (second.refresh_tokens[0], first.refresh_tokens[0])
    later(301)
    third = trust()
    assert third is not None
    assert third.refresh_tokens == second.refresh_tokens[:1]
    assert joined.world.calls[RENEW] == 1


def test_a_wiped_redis_costs_nothing_because_tokens_are_kept(joined: Town) -> None:
    assert joined.calls() == 0
    queue.redis().flushdb()
    client.clients.cache_clear()
    assert joined.calls() == 0
    assert joined.world.calls[RENEW] == 0
    assert joined.world.calls[TOKEN] == 1


def test_many_workers_renew_once_with_and_without_redis(joined: Town) -> None:
    later(6950)
    with transaction() as session:
        account = group.account(session, APPID)
    assert account is not None
    client.clients.cache_clear()
    before = joined.world.calls[RENEW]
    gate = threading.Barrier(8)
    keepers = [client.TokenProvider(None, joined.wechat_url) for _ in range(8)]
    workers = [client.Clients(tokens, joined.wechat_url, keeper=DatabaseKeeper()) for tokens in keepers]

    def token(number: int) -> str:
        gate.wait()
        return workers[number].of(account).access_token

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(token, range(8)))) == 1
    assert joined.world.calls[RENEW] == before + 1
    for worker in workers:
        worker.close()


def test_a_rejected_token_is_renewed_once(joined: Town) -> None:
    assert joined.calls() == 0
    joined.world.expire_tokens(APPID)
    assert joined.calls() == 0
    assert joined.world.calls[RENEW] == 1


def test_an_expired_platform_token_is_renewed_once(joined: Town) -> None:
    joined.platform.expire_tokens(clock.now().timestamp())
    joined.world.expire_tokens(APPID)
    assert joined.calls() == 0
    assert joined.world.calls[TOKEN] == 2


def test_a_lost_refresh_token_is_read_from_wechats_list(joined: Town) -> None:
    joined.platform.lose_refresh_tokens(APPID)
    joined.world.expire_tokens(APPID)
    assert joined.calls() == 0
    assert joined.world.calls["/cgi-bin/component/api_get_authorizer_list"] == 1


def test_withdrawn_trust_marks_the_account_and_agreeing_again_mends_it(joined: Town) -> None:
    assert joined.calls() == 0
    joined.world.withdraw(PLATFORM.appid, APPID)
    assert [joined.calls(), joined.calls()] == [61003, -5]
    joined.settle()
    gone = trust()
    assert gone is not None
    assert (gone.connected, gone.reason) == (False, "61003")
    later(2)
    joined.authorize()
    joined.settle()
    assert joined.calls() == 0


def test_trust_that_is_withdrawn_is_noted_when_wechat_says_so(joined: Town) -> None:
    later(2)
    joined.world.withdraw(PLATFORM.appid, APPID)
    joined.settle()
    gone = trust()
    assert gone is not None
    assert (gone.connected, gone.reason) == (False, "unauthorized")
    assert joined.calls() == 61003


def test_trust_that_ended_unheard_is_found_out_at_the_next_renewal(joined: Town) -> None:
    joined.platform.trust.clear()
    joined.world.expire_tokens(APPID)
    assert joined.calls() == 61003
    gone = trust()
    assert gone is not None
    assert (gone.connected, gone.reason) == (False, "61003")


def test_a_late_withdrawal_does_not_undo_a_newer_agreement(joined: Town) -> None:
    at = int(clock.now().timestamp()) - 3600
    joined.platform.pushes.append(
        {"AppId": PLATFORM.appid, "CreateTime": at, "InfoType": "unauthorized", "AuthorizerAppid": APPID}
    )
    joined.settle()
    assert joined.calls() == 0


def test_without_a_ticket_nobody_is_called_in_a_loop_and_wechat_is_asked_for_one(town: Town) -> None:
    run_by("group")
    with transaction() as session:
        component = group.component(session, PLATFORM.appid)
    assert component is not None
    with pytest.raises(WeChatError, match="61006"):
        client.clients().platform(component).pre_auth_code()
    assert town.world.calls[TOKEN] == 0
    assert [jobs.ask_for_tickets(), jobs.ask_for_tickets()] == [1, 0]
    town.settle()
    later(31)
    assert client.clients().platform(component).pre_auth_code().startswith("preauthcode@@@")
    assert jobs.ask_for_tickets() == 0


def test_an_expired_ticket_is_told_and_the_next_one_mends_it(town: Town) -> None:
    town.ticket()
    later(43_201)
    with transaction() as session:
        component = group.component(session, PLATFORM.appid)
    assert component is not None
    with pytest.raises(WeChatError) as refused:
        client.clients().platform(component).pre_auth_code()
    assert (refused.value.errcode, refused.value.blameless) == (61005, True)
    town.ticket()
    later(31)
    assert client.clients().platform(component).pre_auth_code()


def test_a_code_whose_worker_died_is_recovered_from_the_list(town: Town) -> None:
    town.ticket()
    back = town.authorize()
    code = code_in(back)
    with town.world.lock:
        appid = town.platform.redeem(code, clock.now().timestamp())  # as a worker did, and was killed before it wrote
        town.platform.grant(appid, town.world.tokens.authorizer(appid, clock.now().timestamp()), 0)
    town.settle()
    found = trust()
    assert found is not None
    assert found.connected
    assert ("authorized", "done", None) in pushes()


def test_a_code_that_nobody_can_redeem_is_a_dead_letter(town: Town) -> None:
    town.ticket()
    service.receive_code(PLATFORM.appid, "queryauthcode@@@never")
    work()
    assert pushes()[-1] == ("redirect", "dead", "wechat 61009")


def test_wechat_being_down_costs_time_and_nothing_else(town: Town) -> None:
    town.ticket()
    town.authorize()
    town.world.fail(REDEEM, "html")
    town.settle()
    assert ("authorized", "new", "wechat -3") in pushes()
    later(30)
    work()
    assert trust() is not None


def test_unknown_kinds_are_kept_sealed_and_acknowledged(town: Town) -> None:
    fields: dict[str, str | int] = {"AppId": PLATFORM.appid, "CreateTime": int(clock.now().timestamp())}
    more = {"InfoType": "notify_third_fasteregister", "appid": "wx5566778899aabbcc", "legal_persona_name": "示例甲"}
    town.platform.pushes.append({**fields, **more})
    town.settle()
    assert pushes() == [("notify_third_fasteregister", "done", None)]
    with transaction() as session:
        row = session.scalars(select(ComponentPush)).one()
    assert row.appid == "wx5566778899aabbcc"
    assert row.sealed is not None
    assert "示例甲".encode() not in row.sealed


def test_redeliveries_are_one_push(town: Town) -> None:
    town.platform.issue_ticket(clock.now().timestamp())
    again = dict(town.platform.pushes[0])
    town.platform.pushes.extend([again, again])
    town.settle()
    assert len(pushes()) == 1


@pytest.mark.parametrize("wrong", ["token", "aes_key", "appid", "stale", "unknown", "plain"])
def test_what_is_no_authentic_push_of_the_platform_is_refused_and_leaves_nothing(town: Town, wrong: str) -> None:
    who, at = PLATFORM, clock.now()
    if wrong == "stale":
        at -= timedelta(hours=1)
    elif wrong in ("token", "aes_key"):
        who = replace(PLATFORM, **{wrong: "x" * len(getattr(PLATFORM, wrong))})
    elif wrong == "unknown":
        who = replace(PLATFORM, appid="wx0000000000000009")
    fields: dict[str, str | int] = {"AppId": who.appid, "CreateTime": int(at.timestamp()), "InfoType": "unauthorized"}
    fields |= {"AuthorizerAppid": APPID}
    if wrong == "appid":
        fields["AppId"] = APPID
    push = component_push(town.hub_url, who, fields, at=at)
    body = b"<xml><AppId>x</AppId></xml>" if wrong == "plain" else push.body
    answer = requests.post(push.url, params=push.query, data=body, timeout=5)
    assert answer.status_code == {"unknown": 404, "aes_key": 400}.get(wrong, 403)
    assert pushes() == []


def message(town: Town, account: SimAccount, **fields: Any) -> requests.Response:
    told = {"ToUserName": account.original_id, "FromUserName": "oVisitor_000000000000000001", "CreateTime": 1}
    told["CreateTime"] = int(clock.now().timestamp())
    trusting = replace(account, through=PLATFORM)
    push = make_push(trusting.address(town.hub_url), trusting, {**told, **fields}, now=clock.now())
    return requests.post(push.url, params=push.query, data=push.body, timeout=5)


def test_both_addresses_take_pushes_while_an_account_moves(joined: Town) -> None:
    own = joined.world.accounts[APPID]
    for slug in ("group", None):
        run_by(slug)
        answer = message(joined, own, MsgType="text", Content="您好", MsgId=f"2491234567890{slug}"[:17])
        assert (answer.status_code, answer.text) == (200, "success")
        deliverer = Deliverer(joined.hub_url, attempts=1)
        event = {"ToUserName": own.original_id, "FromUserName": "oVisitor_000000000000000001", "MsgType": "event"}
        at = int(clock.now().timestamp())
        assert deliverer.deliver(own, {**event, "CreateTime": at, "Event": "CLICK", "EventKey": str(slug)})
        deliverer.close()
    with transaction() as session:
        rows = session.execute(select(Callback.appid, Callback.msg_type).order_by(Callback.id)).all()
    assert sorted(map(tuple, rows)) == [(APPID, "event")] * 2 + [(APPID, "text")] * 2


def test_an_account_without_keys_of_its_own_takes_no_direct_push(town: Town) -> None:
    text_ = """
accounts:
  - {appid: wx00000000000000b1, original_id: gh_0000000000b1, name: 示例, kind: service, component: group}
"""
    apply_sample(text_.encode())
    timestamp = str(int(clock.now().timestamp()))
    query = {"timestamp": timestamp, "nonce": "1", "signature": crypto.sign("", timestamp, "1"), "echostr": "5"}
    answer = requests.get(f"{town.hub_url}/wechat/callback/wx00000000000000b1", params=query, timeout=5)
    assert answer.status_code == 404


def test_the_release_check_is_passed(town: Town) -> None:
    town.ticket()
    answer = message(town, RELEASE, MsgType="text", Content="TESTCOMPONENT_MSG_TYPE_TEXT", MsgId="1")
    assert opened(answer) == "TESTCOMPONENT_MSG_TYPE_TEXT_callback"
    answer = message(town, RELEASE, MsgType="event", Event="LOCATION")
    assert opened(answer) == "LOCATIONfrom_callback"
    back = town.authorize(RELEASE.appid)
    code = code_in(back)
    visitor = town.world.openid(RELEASE.appid, 7)
    town.world.follow(RELEASE.appid, visitor)
    town.world.act(RELEASE.appid, visitor, "message")
    town.platform.pushes.clear()  # WeChat's own check: the code comes by the message alone
    answer = message(town, RELEASE, MsgType="text", Content=f"QUERY_AUTH_CODE:{code}", MsgId="2", FromUserName=visitor)
    assert (answer.status_code, answer.content) == (200, b"")
    assert len(town.world.sent) == 0
    work()
    assert [sent["text"] for sent in town.world.sent] == [{"content": f"{code}_from_api"}]
    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(Callback)) == 0


def opened(answer: requests.Response) -> str:
    """Return the text inside an encrypted reply, opened as WeChat opens it."""
    assert answer.status_code == 200
    outer = {e.tag: e.text or "" for e in ElementTree.fromstring(answer.content)}  # noqa: S314 - made by the hub
    assert outer["MsgSignature"] == crypto.sign(PLATFORM.token, outer["TimeStamp"], outer["Nonce"], outer["Encrypt"])
    inner = crypto.decrypt(PLATFORM.aes_key, PLATFORM.appid, outer["Encrypt"])
    return {e.tag: e.text or "" for e in ElementTree.fromstring(inner)}["Content"]  # noqa: S314 - made by the hub


def test_a_mini_program_logs_in_through_its_platform(town: Town) -> None:
    mini = SimAccount("wx00000000000000d1", "gh_0000000000d1", "miniprogram", "main", "safe", "t", "k", "s")
    town.world.accounts[mini.appid] = mini
    town.ticket()
    service.receive_code(PLATFORM.appid, code_in(town.authorize(mini.appid)))
    work()
    session = town.client(mini.appid).code_to_session(town.world.login(mini.appid, 3))
    assert session.openid == town.world.openid(mini.appid, 3)
    with pytest.raises(WeChatError, match="40163|40029"):
        town.client(mini.appid).code_to_session("used or never")


def code_in(back: str) -> str:
    """Return the authorization code in the address of the way back."""
    return parse_qs(urlsplit(back).query)["auth_code"][0]


def test_a_person_logs_in_on_the_web_through_the_platform(town: Town) -> None:
    town.ticket()
    service.receive_code(PLATFORM.appid, code_in(town.authorize(APPID)))
    work()
    town.world.logins.visitor = 3
    own = town.client(APPID)
    grant = logins.web_grant(own, town.world.logins.code(APPID, "snsapi_userinfo", clock.now().timestamp()))
    assert grant.openid == town.world.openid(APPID, 3)
    assert logins.profile_unionid(own, logins.renew_grant(own, grant)) == town.world.unionid("main", 3)
    asked = {path for path in town.world.calls if path.startswith("/sns/")}
    assert asked == {"/sns/oauth2/component/access_token", "/sns/oauth2/component/refresh_token", "/sns/userinfo"}
