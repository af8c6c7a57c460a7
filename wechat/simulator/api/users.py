"""Followers: their list, and what is said of each."""

from __future__ import annotations

from wechat.simulator.accounts import SimAccount
from wechat.simulator.api.calls import Call, Document, Route
from wechat.simulator.errors import ApiError
from wechat.simulator.world import World

BATCH = 100


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


ROUTES = {
    "/cgi-bin/user/get": Route("GET", _user_get, official=True),
    "/cgi-bin/user/info": Route("GET", _user_info, official=True),
    "/cgi-bin/user/info/batchget": Route("POST", _batchget, official=True),
}
