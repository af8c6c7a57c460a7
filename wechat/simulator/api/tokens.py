"""Access tokens."""

from __future__ import annotations

from wechat.simulator.accounts import SimAccount
from wechat.simulator.api.calls import Call, Document, Route, by_secret
from wechat.simulator.world import World, now


def _token(world: World, account: SimAccount, _call: Call) -> Document:
    return world.tokens.plain(account.appid, now())


def _stable_token(world: World, account: SimAccount, call: Call) -> Document:
    return world.tokens.stable(account.appid, now(), force=call.fields.get("force_refresh") is True)


ROUTES = {
    "/cgi-bin/token": Route("GET", _token, caller=by_secret),
    "/cgi-bin/stable_token": Route("POST", _stable_token, caller=by_secret),
}
