from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from redis import Redis

from tests.wechat.simulated import ACCOUNTS, SERVICE, Server, later
from wechat.client import TokenProvider, WeChatError
from wechat.simulator import Simulator, World

STABLE = "/cgi-bin/stable_token"


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
