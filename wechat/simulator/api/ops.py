"""The account's own affairs: addresses, quotas, OpenIDs after a move from another account."""

from __future__ import annotations

import hmac

from wechat.simulator.accounts import SimAccount
from wechat.simulator.api.calls import Call, Document, Route
from wechat.simulator.errors import ApiError
from wechat.simulator.world import World, now

IPS = ["101.226.103.0/25", "127.0.0.1"]
OPERATORS = ("CHINANET", "UNICOM", "CAP", "DEFAULT")
AT_ONCE = 100
OK: Document = {"errcode": 0, "errmsg": "ok"}


def _addresses(_world: World, _account: SimAccount, _call: Call) -> Document:
    return {"ip_list": list(IPS)}


def _check(_world: World, _account: SimAccount, call: Call) -> Document:
    action, operator = call.text("action"), call.text("check_operator")
    if action not in ("all", "dns", "ping"):
        raise ApiError(40201 if action else 40202)
    if operator not in OPERATORS:
        raise ApiError(40203)
    found: Document = {}
    if action != "ping":
        found["dns"] = [{"ip": "127.0.0.1", "real_operator": operator}]
    if action != "dns":
        found["ping"] = [{"ip": "127.0.0.1", "from_operator": operator, "package_loss": "0%", "time": "1.000ms"}]
    return found


def _quota(world: World, account: SimAccount, call: Call) -> Document:
    path = _path(call)
    limit, used = world.quota.state(account.appid, path, now())
    if not limit:
        raise ApiError(76021)
    return {**OK, "quota": {"daily_limit": limit, "used": min(used, limit), "remain": max(0, limit - used)}}


def _clear(world: World, account: SimAccount, call: Call) -> Document:
    if call.text("appid") != account.appid:
        raise ApiError(40013)
    world.quota.clear(account.appid, now())
    return OK


def _clear_one(world: World, account: SimAccount, call: Call) -> Document:
    world.quota.clear(account.appid, now(), _path(call))
    return OK


def _path(call: Call) -> str:
    path = call.text("cgi_path")
    if not path.startswith("/") or "?" in path:
        raise ApiError(76003)
    return path


def _by_appsecret(world: World, call: Call) -> SimAccount:
    account = world.account(call.text("appid"))
    if not hmac.compare_digest(account.secret.encode(), call.text("appsecret").encode()):
        raise ApiError(40125)
    return account


def _change(world: World, account: SimAccount, call: Call) -> Document:
    """Answer what people of the account that moved here are called now."""
    before, openids = call.text("from_appid"), call.fields.get("openid_list")
    if world.moved.get(before) != account.appid:
        raise ApiError(63178)
    if not isinstance(openids, list) or not 0 < len(openids) <= AT_ONCE:
        raise ApiError(40032)
    return {**OK, "result_list": [_changed(world, before, account.appid, str(openid)) for openid in openids]}


def _changed(world: World, before: str, after: str, openid: str) -> Document:
    try:
        person = world.person(before, openid)
    except ApiError:
        return {"ori_openid": openid, "err_msg": "ori_openid error"}
    return {"ori_openid": openid, "new_openid": world.openid(after, person), "err_msg": "ok"}


ROUTES = {
    "/cgi-bin/getcallbackip": Route("GET", _addresses),
    "/cgi-bin/get_api_domain_ip": Route("GET", _addresses),
    "/cgi-bin/callback/check": Route("POST", _check),
    "/cgi-bin/openapi/quota/get": Route("POST", _quota),
    "/cgi-bin/openapi/quota/clear": Route("POST", _clear_one),
    "/cgi-bin/clear_quota": Route("POST", _clear),
    "/cgi-bin/clear_quota/v2": Route("POST", _clear, caller=_by_appsecret),
    "/cgi-bin/changeopenid": Route("POST", _change, official=True),
}
