"""The error answers of the simulated WeChat, word for word where its wording is known."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from hub.kernel import clock

MESSAGES = {
    -1: "system error",
    40001: "invalid credential, access_token is invalid or not latest, could get access_token by "
    "getStableAccessToken, more details at https://mmbizurl.cn/s/JtxxFh33r",
    40002: "invalid grant_type",
    40003: "invalid openid",
    40007: "invalid media_id",
    40008: "invalid message type",
    40013: "invalid appid",
    40014: "invalid access_token",
    40016: "invalid button size",
    40017: "invalid button type",
    40018: "invalid button name size",
    40019: "invalid button key size",
    40020: "invalid button url size",
    40022: "invalid sub_menu level",
    40023: "invalid sub button size",
    40024: "invalid sub button type",
    40025: "invalid sub button name size",
    40026: "invalid sub button key size",
    40027: "invalid sub button url size",
    40029: "invalid code,",
    40031: "invalid openid list",
    40032: "invalid openid list size",
    40033: "invalid charset. please check your request, if include \\uxxxx will create fail!",
    40037: "invalid template_id",
    40050: "invalid group id",
    40059: "invalid msg id",
    40054: "invalid sub button url domain",
    40055: "invalid button url domain",
    40052: "invalid action name",
    40053: "invalid action info",
    40066: "invalid url",
    40097: "invalid args",
    40125: "invalid appsecret",
    40130: "invalid openid list size, at least two openid",
    40163: "code been used,",
    40226: "high risk user",
    40030: "invalid refresh_token",
    41003: "missing refresh_token",
    42002: "refresh_token expired",
    42007: "access_token and refresh_token exception",
    40164: "invalid ip 10.1.2.3 ipv6 ::ffff:10.1.2.3, not in whitelist",
    41001: "access_token missing",
    41002: "appid missing",
    41004: "appsecret missing",
    41008: "missing code",
    41009: "missing openid",
    40243: "invalid appsecret, the appsecret is frozen",
    42001: "access_token expired",
    41030: "invalid page path",
    43001: "require GET method",
    43002: "require POST method",
    43004: "require subscribe",
    43101: "user refuse to accept the msg",
    44004: "empty content",
    45002: "content size out of limit",
    45008: "article size out of limit",
    45009: "reach max api daily quota limit",
    45011: "api minute-quota reach limit  mustslower  retry next minute",
    45015: "response out of time limit or subscription is canceled",
    45028: "has no masssend quota",
    45029: "qrcode count out of limit",
    45047: "out of response count limit",
    45065: "clientmsgid exist",
    45066: "same clientmsgid retry too fast",
    45067: "clientmsgid size out of limit",
    45072: "invalid command",
    45080: "need to send message before typing",
    45064: "no permission to use weapp in menu",
    46003: "menu no exist",
    45056: "too many tags",
    45057: "can't delete the tag that has too many fans",
    45058: "can't modify sys tag",
    45059: "can not tagging user more than limit",
    45157: "invalid tag name",
    45158: "tag name too long",
    45159: "invalid tag id",
    47001: "data format error",
    47003: "argument invalid!",
    48001: "api unauthorized",
    48006: "forbid to clear quota because of reaching the limit",
    63178: "appid wrong",
    76003: "cgi_path error",
    76021: "cgi_path not found",
    40201: "invalid action",
    40202: "missing action",
    40203: "invalid check_operator",
    48002: "the user has turned off messages of this account",
    49003: "not match openid with appid",
    50007: "account is frozen",
    40094: "invalid component credential",
    41018: "missing component_appid",
    42006: "component_access_token expired",
    61003: "component is not authorized by this account",
    61005: "component ticket is expired",
    61006: "component ticket is invalid",
    61009: "code is invalid",
    61010: "code is expired",
    61011: "invalid component",
    61023: "refresh_token is invalid",
    65301: "not a personalized menu",
    65302: "no matching user",
    65303: "there is no selfmenu, please create selfmenu first",
    65304: "match rule empty",
    65305: "personalized menu count out of limit",
    65316: "too many domains in menu",
}


class ApiError(Exception):
    """Carries the errcode that the simulated WeChat answers with, what else the answer holds, and words of its own."""

    def __init__(self, errcode: int | str, more: Mapping[str, object] | None = None, *, detail: str = "") -> None:
        super().__init__(f"errcode {errcode}")
        self.errcode = errcode
        self.more = dict(more or {})
        self.detail = detail


def body(errcode: int | str, more: Mapping[str, object] | None = None, *, detail: str = "") -> dict[str, object]:
    """Return the error document for `errcode` with a fresh rid; a string errcode stays a string, as WeChat's may."""
    message = detail or MESSAGES.get(int(errcode), "unknown error")
    if more:
        return {"errcode": errcode, "errmsg": message, **more}
    rid = f"{int(clock.now().timestamp()):08x}-{secrets.token_hex(4)}-{secrets.token_hex(4)}"
    return {"errcode": errcode, "errmsg": f"{message} rid: {rid}"}
