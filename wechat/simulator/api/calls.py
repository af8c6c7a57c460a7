"""One call of the simulated API: who calls, with which fields, and what a route is."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from wechat.simulator.accounts import SimAccount
from wechat.simulator.errors import ApiError
from wechat.simulator.world import World, now

Document = dict[str, object]


@dataclass(frozen=True, slots=True)
class Page:
    """Hold an answer that is no JSON: a picture, a page, a redirect."""

    status: int
    body: bytes = b""
    content_type: str = "text/html; charset=utf-8"
    location: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """Hold one call; `fields` is the JSON body of a POST (empty when it is none) and the query of a GET."""

    path: str
    query: Mapping[str, str]
    fields: Mapping[str, object]
    raw: bytes = b""

    def text(self, name: str) -> str:
        """Return the field `name` as text, empty when it is missing."""
        value = self.fields.get(name, "")
        return value if isinstance(value, str) else ""


def read_json(raw: bytes) -> Mapping[str, object]:
    """Return the body of a POST; raise ApiError for anything but a JSON object in plain UTF-8."""
    if b"\\u" in raw:
        raise ApiError(40033)
    try:
        fields = json.loads(raw.decode())
    except ValueError as error:
        raise ApiError(47001) from error
    if not isinstance(fields, dict):
        raise ApiError(47001)
    return fields


def by_token(world: World, call: Call) -> SimAccount:
    """Return the account whose access token the call carries; raise ApiError when it carries none that is good."""
    token = call.query.get("access_token", "")
    if not token:
        raise ApiError(41001)
    return world.account(world.tokens.check(token, now()))


def by_secret(world: World, call: Call) -> SimAccount:
    """Return the account that the call names by AppID and AppSecret; raise ApiError when they do not fit."""
    if call.text("grant_type") != "client_credential":
        raise ApiError(40002)
    for name, errcode in (("appid", 41002), ("secret", 41004)):
        if not call.text(name):
            raise ApiError(errcode)
    account = world.account(call.text("appid"))
    if not hmac.compare_digest(account.secret.encode(), call.text("secret").encode()):
        raise ApiError(40125)
    return account


@dataclass(frozen=True, slots=True)
class Route:
    """Describe one API: `caller` finds the account that calls, `official` ones refuse mini programs."""

    method: str
    handle: Callable[[World, SimAccount, Call], Document | Page]
    caller: Callable[[World, Call], SimAccount] = by_token
    official: bool = False
    json: bool = True
