"""Logins of mini programs."""

from __future__ import annotations

import hmac

from wechat.simulator.accounts import SimAccount
from wechat.simulator.api.calls import Call, Document, Route, by_secret
from wechat.simulator.errors import ApiError
from wechat.simulator.world import World, now


def jscode2session(world: World, account: SimAccount, call: Call) -> Document:
    """Return who a login code of a mini program stands for."""
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


ROUTES = {"/sns/jscode2session": Route("GET", jscode2session, caller=by_secret)}
