from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from dataclasses import replace

import pytest
from redis import Redis

from tests.wechat.simulated import ACCOUNTS, MINI, SERVICE, UNBOUND, Server, later
from wechat.client import Clients, HubClient, Login, TokenProvider, UserInfo, WeChatError
from wechat.client.errors import CircuitOpen, mask
from wechat.simulator import Simulator, World

STABLE, BATCHGET, SEND = "/cgi-bin/stable_token", "/cgi-bin/user/info/batchget", "/cgi-bin/message/custom/send"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("redis"))
    yield made
    made.kill()


@pytest.fixture
def redis(server: Server) -> Iterator[Redis]:
    with server.client() as client:
        client.flushall()
        yield client


@pytest.fixture
def world() -> World:
    return World(ACCOUNTS, page_size=3)


@pytest.fixture
def api(world: World) -> Iterator[str]:
    with Simulator(world) as simulator:
        yield simulator.url


@pytest.fixture
def tokens(redis: Redis, api: str) -> TokenProvider:
    return TokenProvider(redis, api)


@pytest.fixture
def client(tokens: TokenProvider, api: str) -> Iterator[HubClient]:
    clients = Clients(tokens, api)
    yield clients.of(SERVICE)
    clients.close()


def get(tokens: TokenProvider) -> str:
    return tokens.get(SERVICE.appid, SERVICE.secret)


def fans(world: World, count: int) -> list[str]:
    found = [world.openid(SERVICE.appid, person) for person in range(count)]
    for fan in found:
        world.follow(SERVICE.appid, fan, "auto.expo25.sh")
    return found


def test_users_are_resolved_in_batches(client: HubClient, world: World) -> None:
    followers = fans(world, 230)
    world.unfollow(SERVICE.appid, followers[7])
    found = client.resolve_unionids([*followers, followers[0]])
    assert set(found) == set(followers)
    assert world.calls[BATCHGET] == 3
    assert found[followers[7]] == UserInfo(followers[7], subscribed=False)
    first = found[followers[0]]
    assert (first.subscribed, first.unionid) == (True, world.unionid("main", 0))
    assert (first.subscribe_scene, first.qr_scene_str) == ("ADD_SCENE_QR_CODE", "auto.expo25.sh")
    assert first.subscribe_time > 0


def test_an_invalid_openid_is_found_by_halving_and_left_out(client: HubClient, world: World) -> None:
    followers = fans(world, 99)
    poison = world.openid(UNBOUND.appid, 1)
    found = client.resolve_unionids([*followers[:40], poison, *followers[40:]])
    assert set(found) == set(followers)
    assert world.calls[BATCHGET] <= 15
    assert client.resolve_unionids([poison]) == client.resolve_unionids([]) == {}


def test_other_errors_are_not_halved(client: HubClient, world: World) -> None:
    world.fail(BATCHGET, errcode=45009)
    with pytest.raises(WeChatError) as error:
        client.resolve_unionids(fans(world, 10))
    assert (error.value.errcode, error.value.retryable, error.value.uncertain) == (45009, True, False)
    assert world.calls[BATCHGET] == 1


def test_an_unbound_account_gives_no_unionid(tokens: TokenProvider, api: str, world: World) -> None:
    client = HubClient(UNBOUND.appid, UNBOUND.secret, tokens=tokens, api_url=api)
    fan = world.openid(UNBOUND.appid, 1)
    world.follow(UNBOUND.appid, fan)
    assert client.resolve_unionids([fan])[fan].unionid == ""
    client.close()


def test_all_followers_come_page_by_page(client: HubClient, world: World) -> None:
    assert list(client.user_pages()) == []
    followers = fans(world, 7)
    assert list(client.user_pages()) == [followers[:3], followers[3:6], followers[6:]]
    assert list(client.user_pages(followers[4])) == [followers[5:]]


def test_texts_go_out_as_raw_utf8(client: HubClient, world: World) -> None:
    (fan,) = fans(world, 1)
    client.send_text(fan, "您好")
    assert world.sent[0]["text"] == {"content": "您好"}
    assert client.get_user(fan)["openid"] == fan
    later(61)
    with pytest.raises(WeChatError, match="45015"):
        client.send_text(fan, "您好")


@pytest.mark.parametrize("end", ["revoke_tokens", "expire_tokens"])
def test_a_dead_token_is_replaced_once(client: HubClient, world: World, end: str) -> None:
    (fan,) = fans(world, 1)
    assert client.get_user(fan)["subscribe"] == 1
    getattr(world, end)(SERVICE.appid)
    assert client.get_user(fan)["subscribe"] == 1
    assert world.calls[STABLE] == 2


@pytest.mark.parametrize("errcode", [40001, 40014, 42001, "40001"])
def test_a_token_that_stays_rejected_ends_in_an_error(client: HubClient, world: World, errcode: int | str) -> None:
    world.fail(BATCHGET, errcode=errcode, times=10)
    with pytest.raises(WeChatError) as error:
        client.batchget_users(fans(world, 1))
    assert (error.value.errcode, error.value.blameless) == (int(errcode), True)
    assert world.calls[BATCHGET] == 2
    assert world.calls[STABLE] == 3  # fetched, renewed, and forced, because normal mode gave out the same
    with pytest.raises(CircuitOpen) as shut:
        client.batchget_users(fans(world, 1))
    assert (shut.value.reason, world.calls[BATCHGET]) == (int(errcode), 2)


@pytest.mark.parametrize(("kind", "errcode"), [("html", -3), ("truncated", -4), ("cut", -2), ("errcode", -1)])
def test_broken_answers_become_retryable_errors_and_are_not_repeated(
    client: HubClient, world: World, kind: str, errcode: int
) -> None:
    (fan,) = fans(world, 1)
    world.fail(SEND, kind)  # type: ignore[arg-type]
    with pytest.raises(WeChatError) as error:
        client.send_text(fan, "您好")
    assert (error.value.errcode, error.value.retryable, error.value.uncertain) == (errcode, True, True)
    assert world.calls[SEND] == 1
    assert len(world.sent) == (kind in ("truncated", "cut"))


def test_a_silent_wechat_ends_in_a_timeout(client: HubClient, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wechat.client.http.TIMEOUT", (0.1, 0.1))
    client.access_token  # noqa: B018 - fetched before the stall
    world.fail("/cgi-bin/user/info", "stall", seconds=5)
    with pytest.raises(WeChatError) as error:
        client.get_user("o")
    assert (error.value.errcode, error.value.retryable) == (-2, True)


def test_unknown_fields_are_ignored(client: HubClient, world: World) -> None:
    world.fail(BATCHGET, "extra")
    assert len(client.resolve_unionids(fans(world, 2))) == 2


def test_a_login_needs_no_access_token(tokens: TokenProvider, api: str, world: World) -> None:
    client = HubClient(MINI.appid, MINI.secret, tokens=tokens, api_url=api)
    code = world.login(MINI.appid, 9)
    assert client.code_to_session(code) == Login(world.openid(MINI.appid, 9), world.unionid("main", 9))
    with pytest.raises(WeChatError, match="40163"):
        client.code_to_session(code)
    assert world.calls[STABLE] == 0
    client.close()


def test_wechatpys_own_calls_follow_the_same_rules(client: HubClient, world: World) -> None:
    (fan,) = fans(world, 1)
    assert client.user.get(fan)["openid"] == fan
    with pytest.raises(WeChatError) as error:
        client.wxa.get_category()
    assert error.value.errcode == 40066


@pytest.mark.parametrize("kind", ["html", "truncated", "cut", "errcode"])
def test_no_secret_reaches_errors_or_logs(
    client: HubClient, tokens: TokenProvider, world: World, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    caplog.set_level(logging.DEBUG)
    token = get(tokens)
    world.fail(BATCHGET, kind)  # type: ignore[arg-type]
    with pytest.raises(WeChatError) as error:
        client.batchget_users(fans(world, 1))
    world.revoke_tokens(SERVICE.appid)
    client.batchget_users(fans(world, 1))
    with pytest.raises(WeChatError):
        client.code_to_session("js-code-of-a-person")
    told = "".join(traceback.format_exception(error.value)) + repr(error.value.__context__) + caplog.text
    assert "batchget" in told
    assert not [secret for secret in (token, get(tokens), SERVICE.secret, "js-code-of-a-person") if secret in told]


def test_masking_hides_long_runs_and_parameters() -> None:
    assert mask("bad secret=abc&x=1 and " + "A1" * 16) == "bad secret=***&x=1 and ***"
    message = "invalid openid rid: 6385c6c1-0fcadca1-22c1fc91"
    assert mask(message) == message


def test_clients_are_kept_while_used_and_replaced_with_their_secret(tokens: TokenProvider, api: str) -> None:
    clients = Clients(tokens, api, size=2)
    first = clients.of(SERVICE)
    assert clients.of(SERVICE) is first
    changed = replace(SERVICE, secret="another")
    second = clients.of(changed)
    assert second is not first
    clients.of(MINI)
    clients.of(UNBOUND)
    assert clients.of(changed) is not second
    clients.close()
