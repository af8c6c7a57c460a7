"""Menus: make, read and delete them, those for some people only, and try which one a person sees."""

from __future__ import annotations

from wechat.simulator.accounts import SimAccount
from wechat.simulator.api.calls import Call, Document, Route
from wechat.simulator.errors import ApiError
from wechat.simulator.world import World

OK: Document = {"errcode": 0, "errmsg": "ok"}


def _create(world: World, account: SimAccount, call: Call) -> Document:
    world.menus[account.appid].create(call.fields.get("button"))
    return OK


def _get(world: World, account: SimAccount, _call: Call) -> Document:
    return world.menus[account.appid].get()


def _delete(world: World, account: SimAccount, _call: Call) -> Document:
    world.menus[account.appid].delete()
    return OK


def _add(world: World, account: SimAccount, call: Call) -> Document:
    return {"menuid": world.menus[account.appid].add(call.fields.get("button"), call.fields.get("matchrule"))}


def _remove(world: World, account: SimAccount, call: Call) -> Document:
    world.menus[account.appid].remove(call.fields.get("menuid"))
    return OK


def _try(world: World, account: SimAccount, call: Call) -> Document:
    """Answer what a person sees, who may be named by OpenID; the phone is an Android one."""
    openid = call.text("user_id")
    if not openid or not world.follows(account.appid, openid):
        raise ApiError(65302)
    tags = world.user_info(account.appid, openid).get("tagid_list")
    return {"menu": {"button": world.menus[account.appid].match(tags if isinstance(tags, list) else [], "2")}}


def _current(world: World, account: SimAccount, _call: Call) -> Document:
    menus = world.menus[account.appid]
    if menus.default is None:
        return {"is_menu_open": 0}
    buttons = []
    for button in menus.default:
        inner = button.get("sub_button")
        shown = {key: value for key, value in button.items() if key != "sub_button"}
        buttons.append({**shown, "sub_button": {"list": inner}} if inner else shown)
    return {"is_menu_open": 1, "selfmenu_info": {"button": buttons}}


ROUTES = {
    "/cgi-bin/menu/create": Route("POST", _create, official=True),
    "/cgi-bin/menu/get": Route("GET", _get, official=True),
    "/cgi-bin/menu/delete": Route("GET", _delete, official=True),
    "/cgi-bin/menu/addconditional": Route("POST", _add, official=True),
    "/cgi-bin/menu/delconditional": Route("POST", _remove, official=True),
    "/cgi-bin/menu/trymatch": Route("POST", _try, official=True),
    "/cgi-bin/get_current_selfmenu_info": Route("GET", _current, official=True),
}
