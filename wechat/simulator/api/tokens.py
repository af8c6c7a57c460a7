"""Access tokens, and the tickets that pages and cards are signed with."""

from __future__ import annotations

from wechat.simulator.accounts import SimAccount
from wechat.simulator.api.calls import Call, Document, Route, by_secret
from wechat.simulator.errors import ApiError
from wechat.simulator.world import World, now

TICKETS = ("jsapi", "wx_card")


def _token(world: World, account: SimAccount, _call: Call) -> Document:
    return world.tokens.plain(account.appid, now())


def _stable_token(world: World, account: SimAccount, call: Call) -> Document:
    return world.tokens.stable(account.appid, now(), force=call.fields.get("force_refresh") is True)


def _ticket(world: World, account: SimAccount, call: Call) -> Document:
    kind = call.text("type")
    if kind not in TICKETS:
        raise ApiError(40097)
    return {"errcode": 0, "errmsg": "ok", **world.tokens.ticket(account.appid, kind, now())}


ROUTES = {
    "/cgi-bin/token": Route("GET", _token, caller=by_secret),
    "/cgi-bin/stable_token": Route("POST", _stable_token, caller=by_secret),
    "/cgi-bin/ticket/getticket": Route("GET", _ticket, official=True),
}
