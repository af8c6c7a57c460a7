"""This process's clients of WeChat."""

from __future__ import annotations

from functools import cache

from hub.kernel import queue, secretbox, settings
from wechat.client.clients import Clients
from wechat.client.tokens import TokenProvider


@cache
def clients() -> Clients:
    """Return this process's clients, which share access tokens through Redis, sealed."""
    now = settings.current()
    key = secretbox.derive(now.secret_key, "access_token")
    tokens = TokenProvider(
        queue.redis(),
        now.wechat_api,
        seal=lambda clear: secretbox.seal(key, clear.decode(), context="access_token"),
        unseal=lambda sealed: secretbox.unseal(key, sealed, context="access_token").encode(),
    )
    from wechat.jobs.keeping import DatabaseKeeper  # it asks a service, which imports this package

    return Clients(tokens, now.wechat_api, keeper=DatabaseKeeper())
