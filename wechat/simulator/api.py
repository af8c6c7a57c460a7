"""What each simulated API answers."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from wechat.simulator.accounts import SimAccount
from wechat.simulator.errors import ApiError
from wechat.simulator.world import World, now

BATCH = 100
TEXT_BYTES = 2048

Document = dict[str, object]


@dataclass(frozen=True, slots=True)
class Call:
    """Hold one call; `fields` is the JSON body of a POST and the query of a GET."""

    path: str
    query: Mapping[str, str]
    fields: Mapping[str, object]

    def text(self, name: str) -> str:
        """Return the field `name` as text, empty when it is missing."""
        value = self.fields.get(name, "")
        return value if isinstance(value, str) else ""


def answer(world: World, method: str, path: str, query: Mapping[str, str], raw: bytes) -> Document:
    """Return the answer to one call; raise ApiError for a refusal."""
    if path not in ROUTES:
        raise ApiError(40066)
    route = ROUTES[path]
    if method != route.method:
        raise ApiError(43002 if route.method == "POST" else 43001)
    call = Call(path, query, _json(raw) if method == "POST" else query)
    with world.lock:
        account = _bearer(world, call) if route.by_token else _owner(world, call)
        world.quota.use(account.appid, path, now())
        if route.official and not account.official:
            raise ApiError(48001)
        return route.handle(world, account, call)


def _json(raw: bytes) -> Mapping[str, object]:
    if b"\\u" in raw:
        raise ApiError(40033)
    try:
        fields = json.loads(raw.decode())
    except ValueError as error:
        raise ApiError(47001) from error
    if not isinstance(fields, dict):
        raise ApiError(47001)
    return fields


def _bearer(world: World, call: Call) -> SimAccount:
    token = call.query.get("access_token", "")
    if not token:
        raise ApiError(41001)
    return world.account(world.tokens.check(token, now()))


def _owner(world: World, call: Call) -> SimAccount:
    grant = "authorization_code" if "js_code" in call.fields else "client_credential"
    if call.text("grant_type") != grant:
        raise ApiError(40002)
    for name, errcode in (("appid", 41002), ("secret", 41004)):
        if not call.text(name):
            raise ApiError(errcode)
    account = world.account(call.text("appid"))
    if not hmac.compare_digest(account.secret.encode(), call.text("secret").encode()):
        raise ApiError(40125)
    return account


def _token(world: World, account: SimAccount, _call: Call) -> Document:
    return world.tokens.plain(account.appid, now())


def _stable_token(world: World, account: SimAccount, call: Call) -> Document:
    return world.tokens.stable(account.appid, now(), force=call.fields.get("force_refresh") is True)


def _user_get(world: World, account: SimAccount, call: Call) -> Document:
    return world.user_page(account.appid, call.text("next_openid"))


def _user_info(world: World, account: SimAccount, call: Call) -> Document:
    if not call.text("openid"):
        raise ApiError(41009)
    return world.user_info(account.appid, call.text("openid"))


def _batchget(world: World, account: SimAccount, call: Call) -> Document:
    users = call.fields.get("user_list")
    if not isinstance(users, list) or not users:
        raise ApiError(47001)
    if len(users) > BATCH:
        raise ApiError(40032)
    openids = [str(user.get("openid", "")) if isinstance(user, dict) else "" for user in users]
    return {"user_info_list": [world.user_info(account.appid, openid) for openid in openids]}


def _custom_send(world: World, account: SimAccount, call: Call) -> Document:
    openid = call.text("touser")
    world.person(account.appid, openid)
    if call.text("msgtype") == "text":
        _check_text(call.fields.get("text"))
    if account.official and not world.follows(account.appid, openid):
        raise ApiError(45015)
    world.ledger.spend(account.appid, openid, now())
    world.sent.append({"appid": account.appid, **call.fields})
    return {"errcode": 0, "errmsg": "ok"}


def _check_text(text: object) -> None:
    content = text.get("content") if isinstance(text, dict) else None
    if not isinstance(content, str) or not content:
        raise ApiError(44004)
    if len(content.encode()) > TEXT_BYTES:
        raise ApiError(45002)


def _jscode2session(world: World, account: SimAccount, call: Call) -> Document:
    if account.official:
        raise ApiError(40013)
    if not call.text("js_code"):
        raise ApiError(41008)
    person = world.codes.redeem(account.appid, call.text("js_code"), now())
    key = f"session {account.appid} {person} {now()}".encode()
    session_key = hmac.digest(key, key, "sha256").hex()[:24]
    return {
        "openid": world.openid(account.appid, person),
        "session_key": session_key,
        **world.union(account.appid, person),
    }


@dataclass(frozen=True, slots=True)
class Route:
    """Describe one API: `by_token` ones want an access token, `official` ones refuse mini programs."""

    method: str
    handle: Callable[[World, SimAccount, Call], Document]
    by_token: bool = True
    official: bool = False


ROUTES = {
    "/cgi-bin/token": Route("GET", _token, by_token=False),
    "/cgi-bin/stable_token": Route("POST", _stable_token, by_token=False),
    "/cgi-bin/user/get": Route("GET", _user_get, official=True),
    "/cgi-bin/user/info": Route("GET", _user_info, official=True),
    "/cgi-bin/user/info/batchget": Route("POST", _batchget, official=True),
    "/cgi-bin/message/custom/send": Route("POST", _custom_send),
    "/sns/jscode2session": Route("GET", _jscode2session, by_token=False),
}
