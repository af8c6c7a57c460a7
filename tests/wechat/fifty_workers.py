"""Fifty worker processes that ask for tokens and call WeChat as they are told, one JSON command a line."""

from __future__ import annotations

import json
import os
import random
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any, TextIO

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from hub.kernel import clock
from wechat.client import HubClient, TokenProvider, WeChatError

WORKERS = 50

Command = dict[str, Any]


class Worker:
    """One process: its own connection to Redis, its own provider, the same accounts as all."""

    def __init__(self, number: int, socket: str, api: str) -> None:
        redis = Redis(unix_socket_path=socket, socket_timeout=5, retry=Retry(NoBackoff(), 0))
        self._tokens, self._api = TokenProvider(redis, api), api
        self._lot = random.Random(number)  # noqa: S311 - each in an order of its own

    def walk(self, command: Command) -> object:
        """Return the token of every account, asked for in a random order."""
        accounts = [tuple(account) for account in command["accounts"]]
        self._lot.shuffle(accounts)
        return {appid: self._tokens.get(appid, secret) for appid, secret in accounts}

    def call(self, command: Command) -> object:
        """Return the errors of many calls for accounts drawn by lot."""
        errors = []
        with ExitStack() as stack:
            clients = {}
            for appid, secret, openid in command["accounts"]:
                clients[appid] = (HubClient(appid, secret, tokens=self._tokens, api_url=self._api), openid)
                stack.callback(clients[appid][0].close)
            for _ in range(command["times"]):
                client, openid = clients[self._lot.choice(list(clients))]
                try:
                    client.get_user(openid)
                except WeChatError as error:
                    errors.append(error.errcode)
        return errors

    def later(self, command: Command) -> object:
        """Move this process's clock on."""
        clock.set_offset(clock.offset() + timedelta(seconds=command["seconds"]))
        return None


def _serve(number: int, commands: TextIO, answers: TextIO) -> None:
    worker = Worker(number, sys.argv[1], sys.argv[2])
    for line in commands:
        command = json.loads(line)
        act: Callable[[Command], object] = getattr(worker, command["do"])
        answers.write(json.dumps(act(command)) + "\n")
        answers.flush()


def _fork() -> Iterator[tuple[TextIO, TextIO]]:
    """Yield the pipes to and from each worker."""
    for number in range(WORKERS):
        down, up = os.pipe(), os.pipe()
        if os.fork() == 0:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            os.close(down[1])
            with os.fdopen(down[0]) as commands, os.fdopen(up[1], "w") as answers:
                _serve(number, commands, answers)
            os._exit(0)
        os.close(down[0])
        os.close(up[1])
        os.set_inheritable(down[1], False)
        yield os.fdopen(down[1], "w"), os.fdopen(up[0])


def main() -> None:
    """Pass every line of the input to all workers, and write what they answer as one list."""
    workers = list(_fork())
    for line in sys.stdin:
        for commands, _ in workers:
            commands.write(line)
            commands.flush()
        answers = [json.loads(answer.readline()) for _, answer in workers]
        print(json.dumps(answers), flush=True)
    os.killpg(0, signal.SIGTERM)


if __name__ == "__main__":
    main()
