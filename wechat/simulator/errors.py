"""The error answers of the simulated WeChat, word for word where its wording is known."""

from __future__ import annotations

import secrets

from hub.kernel import clock

MESSAGES = {
    -1: "system error",
    40001: "invalid credential, access_token is invalid or not latest, could get access_token by "
    "getStableAccessToken, more details at https://mmbizurl.cn/s/JtxxFh33r",
    40002: "invalid grant_type",
    40003: "invalid openid",
    40008: "invalid message type",
    40013: "invalid appid",
    40014: "invalid access_token",
    40029: "invalid code,",
    40032: "invalid openid list size",
    40033: "invalid charset. please check your request, if include \\uxxxx will create fail!",
    40066: "invalid url",
    40097: "invalid args",
    40125: "invalid appsecret",
    40163: "code been used,",
    40164: "invalid ip 10.1.2.3 ipv6 ::ffff:10.1.2.3, not in whitelist",
    41001: "access_token missing",
    41002: "appid missing",
    41004: "appsecret missing",
    41008: "missing code",
    41009: "missing openid",
    40243: "invalid appsecret, the appsecret is frozen",
    42001: "access_token expired",
    43001: "require GET method",
    43002: "require POST method",
    44004: "empty content",
    45002: "content size out of limit",
    45009: "reach max api daily quota limit",
    45011: "api minute-quota reach limit  mustslower  retry next minute",
    45015: "response out of time limit or subscription is canceled",
    45047: "out of response count limit",
    47001: "data format error",
    48001: "api unauthorized",
    50007: "account is frozen",
}


class ApiError(Exception):
    """Carries the errcode that the simulated WeChat answers with."""

    def __init__(self, errcode: int | str) -> None:
        super().__init__(f"errcode {errcode}")
        self.errcode = errcode


def body(errcode: int | str) -> dict[str, object]:
    """Return the error document for `errcode` with a fresh rid; a string errcode stays a string, as WeChat's may."""
    message = MESSAGES.get(int(errcode), "unknown error")
    rid = f"{int(clock.now().timestamp()):08x}-{secrets.token_hex(4)}-{secrets.token_hex(4)}"
    return {"errcode": errcode, "errmsg": f"{message} rid: {rid}"}
