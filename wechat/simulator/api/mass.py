"""Mass messages: to a list of people, to all; their state, their preview, their deletion."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone

from wechat.simulator.accounts import SimAccount
from wechat.simulator.api.calls import Call, Document, Route
from wechat.simulator.errors import ApiError
from wechat.simulator.outbox import MassMessage
from wechat.simulator.push import Fields
from wechat.simulator.quota import BEIJING
from wechat.simulator.world import World, now

TYPES = ("text", "mpnews", "voice", "images", "mpvideo", "wxcard")
LEAST, MOST, CLIENT_ID = 2, 10_000, 64
ADMIN = "oAdminxxxxxxxxxxxxxxxxxxxxxx"


def _mass_send(world: World, account: SimAccount, call: Call) -> Document:
    openids = call.fields.get("touser")
    if not isinstance(openids, list) or not all(isinstance(openid, str) for openid in openids):
        raise ApiError(40031)
    if len(openids) < LEAST:
        raise ApiError(40130)
    if len(openids) > MOST:
        raise ApiError(40032)
    for openid in openids:
        world.person(account.appid, openid)
    return _submit(world, account, call, openids)


def _mass_sendall(world: World, account: SimAccount, call: Call) -> Document:
    chosen = call.fields.get("filter")
    if not isinstance(chosen, dict) or not (chosen.get("is_to_all") is True or isinstance(chosen.get("tag_id"), int)):
        raise ApiError(40050)
    return _submit(world, account, call, world.followers_of(account.appid))


def _submit(world: World, account: SimAccount, call: Call, openids: Sequence[str]) -> Document:
    kind = call.text("msgtype")
    if kind not in TYPES or not isinstance(call.fields.get(kind), dict):
        raise ApiError(40008)
    client_id = call.text("clientmsgid")
    if len(client_id.encode()) > CLIENT_ID:
        raise ApiError(45067)
    known = world.outbox.known_mass(account.appid, client_id, now()) if client_id else None
    if known is not None:
        raise ApiError(45065, {"msg_id": known.msg_id})
    made = world.outbox.new_mass(account.appid, account.kind, client_id, now())
    _deliver(world, account, made, openids)
    world.sent.append({"appid": account.appid, **call.fields, "touser": list(openids)[:10]})
    answer = {"errcode": 0, "errmsg": "send job submission success", "msg_id": made.msg_id}
    return {**answer, "msg_data_id": 2_247_483_650}


def _deliver(world: World, account: SimAccount, made: MassMessage, openids: Sequence[str]) -> None:
    """Let it reach who follows and has had fewer than four this month; the others are filtered in silence."""
    beijing = timezone(timedelta(seconds=BEIJING))
    month = f"{datetime.fromtimestamp(now(), beijing):%Y-%m}"
    reached = [
        openid
        for openid in openids
        if world.follows(account.appid, openid) and world.outbox.counts_this_month(account.appid, openid, month)
    ]
    for openid in reached:
        world.outbox.received[account.appid, openid, f"mass {made.msg_id}"] += 1
    failed = sum((account.appid, openid) in world.outbox.blockers for openid in reached)
    made.status = "SEND_SUCCESS"
    made.counts = {
        "TotalCount": len(openids),
        "FilterCount": len(reached),
        "SentCount": len(reached) - failed,
        "ErrorCount": failed,
    }
    world.outbox.results.append((account.appid, _finished(account, made)))


def _finished(account: SimAccount, made: MassMessage) -> Fields:
    return {
        "ToUserName": account.original_id,
        "FromUserName": ADMIN,
        "CreateTime": int(now()),
        "MsgType": "event",
        "Event": "MASSSENDJOBFINISH",
        "MsgID": made.msg_id,
        "Status": "send success",
        **made.counts,
        "CopyrightCheckResult": {"Count": 0, "ResultList": "", "CheckState": 1},
    }


def _get(world: World, account: SimAccount, call: Call) -> Document:
    made = world.outbox.mass(account.appid, _msg_id(call))
    return {"msg_id": made.msg_id, "msg_status": made.status}


def _delete(world: World, account: SimAccount, call: Call) -> Document:
    world.outbox.mass(account.appid, _msg_id(call)).status = "DELETE"
    return {"errcode": 0, "errmsg": "ok"}


def _preview(world: World, account: SimAccount, call: Call) -> Document:
    world.person(account.appid, call.text("touser"))
    if not isinstance(call.fields.get(call.text("msgtype")), dict):
        raise ApiError(40008)
    return {"errcode": 0, "errmsg": "preview success", "msg_id": world.outbox.next_id()}


def _msg_id(call: Call) -> int:
    value = call.fields.get("msg_id")
    if isinstance(value, bool) or not str(value).isdecimal():
        raise ApiError(40059)
    return int(str(value))


ROUTES = {
    "/cgi-bin/message/mass/send": Route("POST", _mass_send, official=True),
    "/cgi-bin/message/mass/sendall": Route("POST", _mass_sendall, official=True),
    "/cgi-bin/message/mass/get": Route("POST", _get, official=True),
    "/cgi-bin/message/mass/delete": Route("POST", _delete, official=True),
    "/cgi-bin/message/mass/preview": Route("POST", _preview, official=True),
}
