"""Tags: made, renamed, dropped, put on followers and taken off."""

from __future__ import annotations

from wechat.simulator.accounts import SimAccount
from wechat.simulator.api.calls import Call, Document, Route
from wechat.simulator.errors import ApiError
from wechat.simulator.followers import paged
from wechat.simulator.world import World

AT_ONCE = 50
_OK: Document = {"errcode": 0, "errmsg": "ok"}


def _create(world: World, account: SimAccount, call: Call) -> Document:
    name = _name(_tag(call))
    return {"tag": {"id": world.tags(account.appid).create(name), "name": name}}


def _get(world: World, account: SimAccount, _call: Call) -> Document:
    return {"tags": world.tags(account.appid).all()}


def _update(world: World, account: SimAccount, call: Call) -> Document:
    tag = _tag(call)
    world.tags(account.appid).rename(_id(tag.get("id")), _name(tag))
    return dict(_OK)


def _delete(world: World, account: SimAccount, call: Call) -> Document:
    world.tags(account.appid).delete(_id(_tag(call).get("id")))
    return dict(_OK)


def _tagging(world: World, account: SimAccount, call: Call) -> Document:
    world.tags(account.appid).put(_id(call.fields.get("tagid")), _openids(world, account, call))
    return dict(_OK)


def _untagging(world: World, account: SimAccount, call: Call) -> Document:
    world.tags(account.appid).take(_id(call.fields.get("tagid")), _openids(world, account, call))
    return dict(_OK)


def _getidlist(world: World, account: SimAccount, call: Call) -> Document:
    world.person(account.appid, call.text("openid"))
    return {"tagid_list": world.tags(account.appid).of(call.text("openid"))}


def _members(world: World, account: SimAccount, call: Call) -> Document:
    carriers = world.tags(account.appid).after(_id(call.fields.get("tagid")), call.text("next_openid"))
    return paged(carriers, world.page_size)


def _tag(call: Call) -> dict[str, object]:
    tag = call.fields.get("tag")
    if not isinstance(tag, dict):
        raise ApiError(47001)
    return tag


def _name(tag: dict[str, object]) -> str:
    name = tag.get("name")
    if not isinstance(name, str):
        raise ApiError(47001)
    return name


def _id(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ApiError(45159)
    return value


def _openids(world: World, account: SimAccount, call: Call) -> list[str]:
    openids = call.fields.get("openid_list")
    if not isinstance(openids, list) or not openids:
        raise ApiError(47001)
    if len(openids) > AT_ONCE:
        raise ApiError(40032)
    for openid in openids:
        try:
            world.person(account.appid, str(openid))
        except ApiError:
            raise ApiError(49003 if world.elsewhere(account.appid, str(openid)) else 40003) from None
    return [str(openid) for openid in openids]


ROUTES = {
    "/cgi-bin/tags/create": Route("POST", _create, official=True),
    "/cgi-bin/tags/get": Route("GET", _get, official=True),
    "/cgi-bin/tags/update": Route("POST", _update, official=True),
    "/cgi-bin/tags/delete": Route("POST", _delete, official=True),
    "/cgi-bin/tags/members/batchtagging": Route("POST", _tagging, official=True),
    "/cgi-bin/tags/members/batchuntagging": Route("POST", _untagging, official=True),
    "/cgi-bin/tags/getidlist": Route("POST", _getidlist, official=True),
    "/cgi-bin/user/tag/get": Route("POST", _members, official=True),
}
