"""Fifty worker processes over real HTTP and a real Valkey: one fetch per account and validity, whatever happens."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.wechat.fifty_workers import WORKERS
from tests.wechat.simulated import Server, account, later
from wechat.simulator import SimAccount, Simulator, World

STABLE, USER = "/cgi-bin/stable_token", "/cgi-bin/user/info"
ACCOUNTS = [account(f"wx{number:016x}", "service", "safe") for number in range(100)]


class Crowd:
    """The workers of `fifty_workers`, told what to do."""

    def __init__(self, socket: str, api: str) -> None:
        program = [sys.executable, "-m", "tests.wechat.fifty_workers", socket, api]
        self.process = subprocess.Popen(
            program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )

    def tell(self, **command: object) -> list[Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(json.dumps(command), file=self.process.stdin, flush=True)
        answers: list[Any] = json.loads(self.process.stdout.readline())
        assert len(answers) == WORKERS
        return answers

    def walk(self, accounts: list[SimAccount]) -> list[int]:
        """Return how many different tokens each account was given."""
        answers = self.tell(do="walk", accounts=[(a.appid, a.secret) for a in accounts])
        return [len({answer[a.appid] for answer in answers}) for a in accounts]

    def later(self, seconds: float) -> None:
        self.tell(do="later", seconds=seconds)
        later(seconds)

    def close(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(timeout=20)
        self.process.stdout.close()


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path)
    yield made
    made.kill()


@pytest.fixture
def world() -> World:
    return World(ACCOUNTS)


@pytest.fixture
def crowd(redis: Server, world: World) -> Iterator[Crowd]:
    with Simulator(world) as simulator:
        made = Crowd(redis.socket, simulator.url)
        yield made
        made.close()


def test_fifty_workers_and_a_hundred_accounts_make_one_fetch_per_account_and_validity(
    crowd: Crowd, redis: Server, world: World
) -> None:
    assert crowd.walk(ACCOUNTS) == [1] * 100
    assert world.calls[STABLE] == 100
    crowd.later(6890)
    assert crowd.walk(ACCOUNTS) == [1] * 100
    assert world.calls[STABLE] == 100
    crowd.later(20)  # the last five minutes: one worker renews, the others use what still works
    crowd.walk(ACCOUNTS)
    assert world.calls[STABLE] == 200
    assert crowd.walk(ACCOUNTS) == [1] * 100
    assert world.calls[STABLE] == 200
    with redis.client() as client:
        client.flushall()
    assert crowd.walk(ACCOUNTS) == [1] * 100
    assert world.calls[STABLE] == 300


def test_with_redis_away_each_worker_makes_one_and_all_are_given_the_same(
    crowd: Crowd, redis: Server, world: World
) -> None:
    few = ACCOUNTS[:4]
    redis.kill()
    assert crowd.walk(few) == [1] * 4
    assert crowd.walk(few) == [1] * 4
    assert world.calls[STABLE] == WORKERS * 4


def test_tokens_that_expire_under_load_cost_one_fetch_each_and_no_call_fails(crowd: Crowd, world: World) -> None:
    few = ACCOUNTS[:5]
    asked = [(a.appid, a.secret, world.openid(a.appid, 1)) for a in few]
    crowd.walk(few)

    def expire() -> None:
        while world.calls[USER] < 100:
            time.sleep(0.001)
        for one in few:
            world.expire_tokens(one.appid)

    expiring = threading.Thread(target=expire)
    expiring.start()
    answers = crowd.tell(do="call", accounts=asked, times=20)
    expiring.join()
    assert answers == [[]] * WORKERS
    assert world.calls[USER] > WORKERS * 20  # some were refused, and made again
    assert world.calls[STABLE] == 10
