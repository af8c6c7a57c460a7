"""What the simulated WeChat answers third-party platforms, and the page on which an account's owner agrees."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

from wechat.simulator.accounts import SimAccount
from wechat.simulator.api.calls import Call, Document, Page, Route
from wechat.simulator.components import CODE_LIFE, PERMISSIONS, Component
from wechat.simulator.errors import ApiError
from wechat.simulator.world import World, now

_MINIPROGRAM = {"network": {"RequestDomain": []}, "visit_status": 0}


def _component(world: World, appid: str) -> Component:
    if not appid:
        raise ApiError(41018)
    found = world.components.get(appid)
    if found is None:
        raise ApiError(40013)
    return found


def _token(world: World, _account: SimAccount, call: Call) -> Document:
    component = _component(world, call.text("component_appid"))
    return component.issue_token(call.text("component_appsecret"), call.text("component_verify_ticket"), now())


def _start(world: World, _account: SimAccount, call: Call) -> Document:
    component = _component(world, call.text("component_appid"))
    component.check_secret(call.text("component_secret"))
    component.pushing = True
    component.issue_ticket(now())
    return {"errcode": 0, "errmsg": "ok"}


def _checked(answer: Callable[[World, Component, Call], Document]) -> Callable[[World, SimAccount, Call], Document]:
    """Return a handler that lets only the platform itself in."""

    def handle(world: World, _account: SimAccount, call: Call) -> Document:
        component = _component(world, call.text("component_appid"))
        component.check_token(call.query.get("component_access_token", ""), now())
        return answer(world, component, call)

    return handle


def _preauth(_world: World, component: Component, _call: Call) -> Document:
    return component.pre_auth_code(now())


def _query_auth(world: World, component: Component, call: Call) -> Document:
    appid = component.redeem(call.text("authorization_code"), now())
    info = component.grant(appid, world.tokens.authorizer(appid, now()), now())
    sets = [{"funcscope_category": {"id": number}} for number in PERMISSIONS]
    return {"authorization_info": {"authorizer_appid": appid, **info, "func_info": sets}}


def _renew(world: World, component: Component, call: Call) -> Document:
    appid = call.text("authorizer_appid")
    component.renew(appid, call.text("authorizer_refresh_token"), now())
    return component.grant(appid, world.tokens.authorizer(appid, now()), now())


def _list(_world: World, component: Component, call: Call) -> Document:
    offset, count = call.fields.get("offset"), call.fields.get("count")
    if not isinstance(offset, int) or not isinstance(count, int):
        raise ApiError(47001)
    return component.listed(offset, count)


def _info(world: World, component: Component, call: Call) -> Document:
    appid = call.text("authorizer_appid")
    if appid not in component.trust:
        raise ApiError(61003)
    account = world.account(appid)
    told: Document = {"nick_name": f"示例 {appid[-4:]}", "user_name": account.original_id}
    told["service_type_info"] = {"id": 2 if account.kind == "service" else 0}
    if not account.official:
        told["MiniProgramInfo"] = _MINIPROGRAM
    return {"authorizer_info": told, "authorization_info": {"authorizer_appid": appid}}


def _page(world: World, _account: SimAccount, call: Call) -> Page:
    """Agree at once on behalf of the owner of `authorizer_appid`, or of the first account that does not yet trust."""
    component = _component(world, call.text("component_appid"))
    chosen = call.text("authorizer_appid") or next((a for a in world.accounts if a not in component.trust), "")
    back = urlsplit(call.text("redirect_uri"))
    if not chosen or not back.scheme:
        return Page(400, b"nobody to agree, or nowhere to go back to", "text/plain")
    code = component.authorize(world.account(chosen).appid, call.text("pre_auth_code"), now())
    query = "&".join(part for part in (back.query, urlencode({"auth_code": code, "expires_in": CODE_LIFE})) if part)
    return Page(302, location=back._replace(query=query).geturl())


def _nobody(world: World, _call: Call) -> SimAccount:
    """Return an account for routes that no account calls: quotas of platforms are not played."""
    return next(iter(world.accounts.values()))


def _post(handle: Callable[[World, SimAccount, Call], Document]) -> Route:
    return Route("POST", handle, caller=_nobody)


ROUTES = {
    "/cgi-bin/component/api_component_token": _post(_token),
    "/cgi-bin/component/api_start_push_ticket": _post(_start),
    "/cgi-bin/component/api_create_preauthcode": _post(_checked(_preauth)),
    "/cgi-bin/component/api_query_auth": _post(_checked(_query_auth)),
    "/cgi-bin/component/api_authorizer_token": _post(_checked(_renew)),
    "/cgi-bin/component/api_get_authorizer_list": _post(_checked(_list)),
    "/cgi-bin/component/api_get_authorizer_info": _post(_checked(_info)),
    "/cgi-bin/componentloginpage": Route("GET", _page, caller=_nobody),
}
