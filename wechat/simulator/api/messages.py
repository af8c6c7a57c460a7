"""Messages to one person."""

from __future__ import annotations

from wechat.simulator.accounts import SimAccount
from wechat.simulator.api.calls import Call, Document, Route
from wechat.simulator.errors import ApiError
from wechat.simulator.world import World, now

TEXT_BYTES = 2048


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


ROUTES = {"/cgi-bin/message/custom/send": Route("POST", _custom_send)}
