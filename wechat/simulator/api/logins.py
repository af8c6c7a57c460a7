"""Logins: of mini programs, of web pages (the page itself too), and verified phone numbers."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

from wechat.simulator.accounts import SimAccount
from wechat.simulator.api.calls import Call, Document, Page, Route
from wechat.simulator.errors import ApiError
from wechat.simulator.logins import BASE, USERINFO, Grant
from wechat.simulator.world import World, now

ORDER = ("appid", "redirect_uri", "response_type", "scope", "state")
_MORE = ("forcePopup", "forceSnapShot", "component_appid")
_REFRESH = "refresh_token"


def by_owner(world: World, call: Call) -> SimAccount:
    """Return the account that calls by AppID and AppSecret; raise ApiError when they do not fit."""
    account = _named(world, call)
    if not call.text("secret"):
        raise ApiError(41004)
    if not hmac.compare_digest(account.secret.encode(), call.text("secret").encode()):
        raise ApiError(40125)
    return account


def by_platform(world: World, call: Call) -> SimAccount:
    """Return the account for which the platform calls that it trusts; raise ApiError when it does not."""
    component = world.components.get(call.text("component_appid"))
    if component is None:
        raise ApiError(40013)
    component.check_token(call.text("component_access_token"), now())
    account = _named(world, call)
    if account.appid not in component.trust:
        raise ApiError(61003)
    return account


def by_name(world: World, call: Call) -> SimAccount:
    """Return the account that the call names, without any proof."""
    return _named(world, call)


def by_person(world: World, call: Call) -> SimAccount:
    """Return the account that a person's token is for; raise ApiError when it is none, or of another person."""
    grant = world.logins.holder(call.text("access_token"), now())
    if call.text("openid") != world.openid(grant.appid, grant.person):
        raise ApiError(40003)
    return world.account(grant.appid)


def _named(world: World, call: Call) -> SimAccount:
    if not call.text("appid"):
        raise ApiError(41002)
    return world.account(call.text("appid"))


def jscode2session(world: World, account: SimAccount, call: Call) -> Document:
    """Return who a login code of a mini program stands for."""
    if account.official:
        raise ApiError(40013)
    if call.text("grant_type") != "authorization_code":
        raise ApiError(40002)
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


def _authorize(world: World, account: SimAccount, call: Call) -> Page:
    """Lead the visitor back at once, with a code or, when they say no, without one."""
    names = tuple(call.query)
    if names[:5] != ORDER or any(name not in _MORE for name in names[5:]):
        return _refused(10015, "the parameters are not in their order")
    if call.text("response_type") != "code" or call.text("scope") not in (BASE, USERINFO):
        return _refused(10005, "this scope is not granted")
    back = urlsplit(call.text("redirect_uri"))
    if not back.scheme or world.logins.domains.get(account.appid, back.netloc) != back.netloc:
        return _refused(10003, "redirect_uri domain does not match")
    answer = {} if world.logins.declines else {"code": world.logins.code(account.appid, call.text("scope"), now())}
    query = urlencode({**answer, "state": call.text("state")})
    return Page(302, location=back._replace(query="&".join(filter(None, (back.query, query)))).geturl())


def _refused(errcode: int, why: str) -> Page:
    return Page(200, f"<!doctype html><title>{errcode}</title><p>{errcode} {why}</p>".encode())


def _token(world: World, account: SimAccount, call: Call) -> Document:
    if call.text("grant_type") != "authorization_code":
        raise ApiError(40002)
    if not call.text("code"):
        raise ApiError(41008)
    grant = world.logins.redeem(account.appid, call.text("code"), now())
    return _granted(world, account, grant)


def _refresh(world: World, account: SimAccount, call: Call) -> Document:
    if call.text("grant_type") != _REFRESH:
        raise ApiError(40002)
    if not call.text(_REFRESH):
        raise ApiError(41003)
    return _granted(world, account, world.logins.renewable(account.appid, call.text(_REFRESH), now()))


def _granted(world: World, account: SimAccount, grant: Grant) -> Document:
    answer = {**world.logins.issue(grant, now()), "openid": world.openid(account.appid, grant.person)}
    if grant.snapshot and world.logins.marked:
        answer["is_snapshotuser"] = 1
    return {**answer, **(world.union(account.appid, grant.person) if grant.scope == USERINFO else {})}


def _userinfo(world: World, account: SimAccount, call: Call) -> Document:
    grant = world.logins.holder(call.text("access_token"), now())
    if grant.scope != USERINFO or grant.snapshot:
        raise ApiError(48001)
    told = {"openid": call.text("openid"), "nickname": "微信用户", "sex": 0, "language": "", "city": ""}
    return {**told, "province": "", "country": "", "headimgurl": "", "privilege": [], **_union(world, account, grant)}


def _union(world: World, account: SimAccount, grant: Grant) -> dict[str, str]:
    return world.union(account.appid, grant.person)


def _auth(_world: World, _account: SimAccount, _call: Call) -> Document:
    return {"errcode": 0, "errmsg": "ok"}


def _phone(world: World, account: SimAccount, call: Call) -> Document:
    if account.official:
        raise ApiError(48001)
    if not call.text("code"):
        raise ApiError(41008)
    person = world.logins.phone_of(account.appid, call.text("code"), now())
    if call.text("openid") and call.text("openid") != world.openid(account.appid, person):
        raise ApiError(40003)
    number = world.phone(person)
    mark = {"timestamp": int(now()), "appid": world.logins.watermark or account.appid}
    info = {"phoneNumber": number, "purePhoneNumber": number, "countryCode": "86", "watermark": mark}
    return {"errcode": 0, "errmsg": "ok", "phone_info": info}


def _sns(handle: Callable[[World, SimAccount, Call], Document], caller: Callable[[World, Call], SimAccount]) -> Route:
    return Route("GET", handle, caller=caller)


ROUTES = {
    "/sns/jscode2session": _sns(jscode2session, by_owner),
    "/sns/component/jscode2session": _sns(jscode2session, by_platform),
    "/connect/oauth2/authorize": Route("GET", _authorize, caller=by_name, official=True),
    "/sns/oauth2/access_token": _sns(_token, by_owner),
    "/sns/oauth2/component/access_token": _sns(_token, by_platform),
    "/sns/oauth2/refresh_token": _sns(_refresh, by_name),
    "/sns/oauth2/component/refresh_token": _sns(_refresh, by_platform),
    "/sns/userinfo": _sns(_userinfo, by_person),
    "/sns/auth": _sns(_auth, by_person),
    "/wxa/business/getuserphonenumber": Route("POST", _phone),
}
