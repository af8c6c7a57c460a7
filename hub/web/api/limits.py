"""Rate limits by API key, counted in Redis; with Redis away each process counts for itself."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, g, request
from flask_limiter import ApplicationLimit, Limit, Limiter, RateLimitExceeded
from redis.exceptions import RedisError

from hub.kernel import clock, queue, settings
from hub.web import problems

SHARES: Mapping[str, int] = {"leads.post_contact": 10, "leads.post_claim": 5}
"""Endpoint -> by how much its own limit is below that of the key: contact data a tenth, claims a fifth."""


def install(app: Flask) -> None:
    """Limit what each key asks of the API; to be installed after the check that tells who calls."""
    if not settings.current().api_rate:
        return
    limiter = Limiter(
        _key,
        application_limits=[ApplicationLimit(_whole, key_function=_key, exempt_when=_nobody)],
        default_limits=[Limit(_share, key_function=_key, exempt_when=_shares_none)],
        strategy="sliding-window-counter",
        storage_uri="redis://" if settings.current().redis_url else "memory://",
        storage_options=_storage(),
        in_memory_fallback_enabled=True,
        key_prefix="hub-api",
    )
    limiter.init_app(app)
    app.register_error_handler(RateLimitExceeded, lambda _: _exceeded(limiter))
    app.after_request(lambda response: _told(limiter, response))


def _storage() -> dict[str, Any]:
    """Return the hub's own connections, quick to notice that Redis is away, whatever kind of address it has."""
    return {"connection_pool": queue.redis().connection_pool} if settings.current().redis_url else {}


def _key() -> str:
    return str(g.caller.actor_id)


def _nobody() -> bool:
    """Tell whether nobody with an API key calls: pushes, pages, probes and users of the console are not limited."""
    return not request.path.startswith("/api/v1/") or "caller" not in g or g.caller.is_user


def _shares_none() -> bool:
    return _nobody() or request.endpoint not in SHARES


def _whole() -> str:
    return f"{settings.current().api_rate} per minute"


def _share() -> str:
    share = math.ceil(settings.current().api_rate / SHARES.get(request.endpoint or "", 1))
    return f"{share} per minute"


def _exceeded(limiter: Limiter) -> Response:
    wait = 1
    with contextlib.suppress(RedisError):
        wait = _seconds(limiter)
    message = f"Too many requests with this key: try again in {wait} s."
    return problems.answer(429, message, retry_after=wait)


def _told(limiter: Limiter, response: Response) -> Response:
    """Say in every answer what the tightest limit is, what is left of it, and in how many seconds it is whole again."""
    now = None if _nobody() else limiter.current_limit
    if now is None:
        return response
    with contextlib.suppress(RedisError):  # Redis went away since the request came: then nobody knows
        told = {"Limit": now.limit.amount, "Remaining": max(0, now.remaining), "Reset": _seconds(limiter)}
        for name, value in told.items():
            response.headers[f"RateLimit-{name}"] = str(value)
    return response


def _seconds(limiter: Limiter) -> int:
    now = limiter.current_limit
    return 1 if now is None else max(1, now.reset_at - int(clock.wall().timestamp()))
