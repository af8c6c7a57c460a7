from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from redis import Redis

from tests.wechat.simulated import ACCOUNTS, SERVICE, Server, later
from wechat.client import Clients, HubClient, TokenProvider, WeChatError
from wechat.simulator import Simulator, World

STABLE, TICKET = "/cgi-bin/stable_token", "/cgi-bin/ticket/getticket"


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


def get(tokens: TokenProvider) -> str:
    return tokens.get(SERVICE.appid, SERVICE.secret)


def together(tokens: list[TokenProvider], threads: int = 20) -> set[str]:
    gate = threading.Barrier(threads)

    def one(number: int) -> str:
        gate.wait()
        return get(tokens[number % len(tokens)])

    with ThreadPoolExecutor(threads) as pool:
        return set(pool.map(one, range(threads)))


def test_twenty_threads_make_one_fetch(tokens: TokenProvider, world: World) -> None:
    assert len(together([tokens])) == 1
    assert world.calls[STABLE] == 1


def test_processes_share_one_fetch(redis: Redis, api: str, world: World) -> None:
    world.fail(STABLE, "stall", seconds=0.3)
    assert len(together([TokenProvider(redis, api) for _ in range(10)])) == 1
    assert world.calls[STABLE] == 1


def test_a_token_is_renewed_five_minutes_before_its_end(tokens: TokenProvider, world: World) -> None:
    first = get(tokens)
    later(6890)
    assert get(tokens) == first
    later(20)
    assert get(tokens) != first
    assert world.calls[STABLE] == 2


def test_a_token_that_still_works_is_used_while_wechat_stumbles(tokens: TokenProvider, world: World) -> None:
    first = get(tokens)
    later(6950)
    world.fail(STABLE, "html")
    assert get(tokens) == first


def test_a_token_that_still_works_is_used_while_another_process_renews_it(
    tokens: TokenProvider, redis: Redis, world: World
) -> None:
    first = get(tokens)
    later(6950)
    redis.set(f"wechat:token:lock:{SERVICE.appid}", "another", px=60_000)
    assert get(tokens) == first
    assert world.calls[STABLE] == 1
    assert redis.get(f"wechat:token:lock:{SERVICE.appid}") == b"another"


def test_everything_works_on_when_redis_dies(tmp_path: Path, api: str, world: World) -> None:
    mortal = Server(tmp_path)
    with mortal.client() as redis:
        tokens = TokenProvider(redis, api)
        first = get(tokens)
        mortal.kill()
        assert get(tokens) == first
        tokens.invalidate(SERVICE.appid, first)
        assert together([tokens]) == {first}
        assert world.calls[STABLE] == 2


def test_no_redis_at_all_works_too(api: str, world: World) -> None:
    tokens = TokenProvider(None, api)
    assert len(together([tokens])) == 1
    assert world.calls[STABLE] == 1


def test_a_wiped_redis_costs_one_fetch_of_the_same_token(tokens: TokenProvider, redis: Redis, world: World) -> None:
    first = get(tokens)
    redis.flushall()
    assert get(tokens) == first
    assert world.calls[STABLE] == 2


def test_tokens_are_sealed_at_rest_and_a_lost_key_costs_one_fetch(redis: Redis, api: str, world: World) -> None:
    key = Fernet(Fernet.generate_key())
    tokens = TokenProvider(redis, api, seal=key.encrypt, unseal=key.decrypt)
    token = get(tokens)
    stored = redis.get(f"wechat:token:{SERVICE.appid}")
    assert isinstance(stored, bytes)
    assert token.encode() not in stored
    assert get(tokens) == token
    box, nonce = AESGCM(bytes(32)), bytes(12)
    other = TokenProvider(
        redis, api, seal=lambda raw: box.encrypt(nonce, raw, None), unseal=lambda raw: box.decrypt(nonce, raw, None)
    )
    assert get(other) == token == get(other)
    assert world.calls[STABLE] == 2


def test_invalidating_spares_a_newer_token(tokens: TokenProvider, redis: Redis) -> None:
    token = get(tokens)
    tokens.invalidate(SERVICE.appid, "an older one")
    assert redis.exists(f"wechat:token:{SERVICE.appid}")
    tokens.invalidate(SERVICE.appid, token)
    assert not redis.exists(f"wechat:token:{SERVICE.appid}")


def test_a_refused_secret_is_not_asked_about_again_for_a_while(tokens: TokenProvider, world: World) -> None:
    for _ in range(5):
        with pytest.raises(WeChatError) as refusal:
            tokens.get(SERVICE.appid, "wrong")
        assert (refusal.value.errcode, refusal.value.at_token, refusal.value.blameless) == (40125, True, True)
    assert world.calls[STABLE] == 1
    assert get(tokens)
    later(31)
    with pytest.raises(WeChatError):
        TokenProvider(None, "http://127.0.0.1:9").get(SERVICE.appid, "wrong")


def test_a_stored_value_that_is_damaged_is_replaced(tokens: TokenProvider, redis: Redis) -> None:
    for damaged in (b"no json", b"[]", json.dumps({"token": "x"}).encode()):
        redis.set(f"wechat:token:{SERVICE.appid}", damaged)
        assert len(get(tokens)) > 100


@pytest.fixture
def client(tokens: TokenProvider, api: str) -> Iterator[HubClient]:
    made = HubClient(SERVICE.appid, SERVICE.secret, tokens=tokens, api_url=api)
    yield made
    made.close()


def calls(client: HubClient, world: World) -> int:
    """Make one call, and return its errcode, 0 when it was answered."""
    try:
        client.get_user(world.openid(SERVICE.appid, 1))
    except WeChatError as error:
        return error.errcode
    return 0


def test_a_token_that_another_worker_renewed_is_read_again_before_anything_else(
    client: HubClient, redis: Redis, api: str, world: World
) -> None:
    assert calls(client, world) == 0
    stale = redis.get(f"wechat:token:{SERVICE.appid}")
    world.revoke_tokens(SERVICE.appid)
    assert calls(client, world) == 0
    fresh = redis.get(f"wechat:token:{SERVICE.appid}")
    assert isinstance(stale, bytes)
    assert isinstance(fresh, bytes)

    class Behind(TokenProvider):
        """Read the stale copy first, as a worker does that was about to call."""

        def get(self, appid: str, secret: str) -> str:
            return str(json.loads(stale)["token"])

    slow = HubClient(SERVICE.appid, SERVICE.secret, tokens=Behind(redis, api), api_url=api)
    assert calls(slow, world) == 0
    slow.close()
    assert world.calls[STABLE] == 2


def test_a_token_that_is_refused_although_it_is_given_out_is_forced_once(client: HubClient, world: World) -> None:
    assert calls(client, world) == 0
    world.spoil_tokens(SERVICE.appid)
    assert calls(client, world) == 0
    assert world.calls[STABLE] == 3  # fetched, renewed in vain, forced


def test_tokens_are_forced_at_most_every_thirty_seconds_and_twenty_times_a_day_by_all_workers(
    redis: Redis, api: str, world: World
) -> None:
    def forced() -> bool:
        provider = TokenProvider(redis, api)  # another worker each time
        token = get(provider)
        return provider.renew(SERVICE.appid, SERVICE.secret, token) != token

    assert [forced(), forced()] == [True, False]
    outcomes = []
    for _ in range(21):
        redis.delete(f"wechat:forced:{SERVICE.appid}")  # as if thirty seconds had passed for Redis too
        later(31)
        outcomes.append(forced())
    assert outcomes == [True] * 19 + [False] * 2


def test_without_redis_a_process_keeps_the_same_measure(api: str, world: World) -> None:
    provider = TokenProvider(None, api)

    def forced() -> bool:
        token = get(provider)
        return provider.renew(SERVICE.appid, SERVICE.secret, token) != token

    assert [forced(), forced()] == [True, False]
    later(31)
    assert forced()


@pytest.mark.parametrize("errcode", [40001, 40125, 40164, 40243, 50007])
def test_a_refusal_at_the_token_shuts_the_account_off_without_a_loop(
    client: HubClient, world: World, errcode: int
) -> None:
    world.fail(STABLE, errcode=errcode, times=5)
    assert [calls(client, world) for _ in range(3)] == [errcode, -5, -5]
    assert world.calls[STABLE] == 1


def test_a_new_secret_opens_the_way_at_once(tokens: TokenProvider, api: str, world: World) -> None:
    clients = Clients(tokens, api)
    wrong = replace(SERVICE, secret="f" * 32)
    assert [calls(clients.of(wrong), world) for _ in range(2)] == [40125, -5]
    assert calls(clients.of(SERVICE), world) == 0
    clients.close()


def test_a_check_asks_although_the_account_is_shut_off_and_opens_the_way(client: HubClient, world: World) -> None:
    world.fail(STABLE, errcode=40164, times=2)
    assert calls(client, world) == 40164
    with pytest.raises(WeChatError, match="40164"):
        client.check_token()
    assert calls(client, world) == -5
    client.check_token()
    assert calls(client, world) == 0


@pytest.mark.parametrize("kind", ["jsapi", "wx_card"])
def test_tickets_are_fetched_once_and_again_before_their_end(
    redis: Redis, api: str, world: World, client: HubClient, kind: str
) -> None:
    others = [
        HubClient(SERVICE.appid, SERVICE.secret, tokens=TokenProvider(redis, api), api_url=api) for _ in range(10)
    ]
    gate = threading.Barrier(20)

    def one(number: int) -> str:
        gate.wait()
        return others[number % len(others)].ticket(kind)

    with ThreadPoolExecutor(20) as pool:
        first = set(pool.map(one, range(20)))
    assert (len(first), world.calls[TICKET], world.calls[STABLE]) == (1, 1, 1)
    later(6910)
    assert client.ticket(kind) not in first
    assert world.calls[TICKET] == 2
    for other in others:
        other.close()


def test_a_ticket_survives_a_token_that_died_and_a_refusal_is_told(client: HubClient, world: World) -> None:
    assert calls(client, world) == 0
    world.revoke_tokens(SERVICE.appid)
    assert client.ticket().startswith("ticket_")
    world.fail(TICKET, errcode=48001)
    with pytest.raises(WeChatError, match="48001"):
        client.ticket("wx_card")
    with pytest.raises(WeChatError, match="48001"):
        client.ticket("wx_card")  # remembered: WeChat is not asked again at once
    assert world.calls[TICKET] == 3
    later(31)
    assert client.ticket("wx_card")
