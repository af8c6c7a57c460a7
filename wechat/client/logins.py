"""Logins: what a code stands for, and the number behind a phone code. Tokens of people are used here and dropped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wechat.client.api import WECHAT, HubClient
from wechat.client.errors import UNREADABLE, WeChatError


@dataclass(frozen=True, slots=True)
class WebGrant:
    """Hold what a person granted on WeChat's login page.

    On a snapshot page every id is invented by WeChat for that one visit.
    """

    openid: str
    unionid: str
    scope: str
    snapshot: bool
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)

    @property
    def open_profile(self) -> bool:
        """Tell whether the person agreed to more than their OpenID."""
        return "snsapi_userinfo" in self.scope.split(",")


@dataclass(frozen=True, slots=True)
class Phone:
    """Hold a number that WeChat verified, and the AppID it says it gave it to."""

    number: str = field(repr=False)
    appid: str


def web_grant(client: HubClient, code: str) -> WebGrant:
    """Return what `code` stands for; it works once, for five minutes."""
    return _grant(client.sns("oauth2/access_token", {"code": code, "grant_type": "authorization_code"}))


def renew_grant(client: HubClient, grant: WebGrant) -> WebGrant:
    """Return the grant with a new token; raise WeChatError 40030, 42002 or 42007 when the person must log in anew."""
    fields = {"appid": client.appid, "grant_type": "refresh_token", "refresh_token": grant.refresh_token}
    return _grant(client.sns("oauth2/refresh_token", fields, proven=client.through_platform))


def profile_unionid(client: HubClient, grant: WebGrant) -> str:
    """Return the UnionID in the person's profile, of which nothing else is read.

    Raises WeChatError 48001 when the grant is of the base scope, or of a snapshot page.
    """
    fields = {"access_token": grant.access_token, "openid": grant.openid, "lang": "zh_CN"}
    return str(client.sns("userinfo", fields, proven=False).get("unionid") or "")


def phone_number(client: HubClient, code: str, openid: str = "") -> Phone:
    """Return the number behind a phone code, which works once; with `openid` WeChat checks whose code it is."""
    fields = {"code": code, **({"openid": openid} if openid else {})}
    answer: Mapping[str, Any] = client.post(f"{WECHAT}/wxa/business/getuserphonenumber", data=fields)
    told = answer.get("phone_info")
    info: Mapping[str, Any] = told if isinstance(told, dict) else {}
    mark = info.get("watermark")
    number = str(info.get("phoneNumber") or "")
    if not number or not isinstance(mark, dict):
        raise WeChatError(UNREADABLE, "the answer holds no number")
    return Phone(number, str(mark.get("appid") or ""))


def _grant(answer: Mapping[str, Any]) -> WebGrant:
    if not answer.get("openid"):
        raise WeChatError(UNREADABLE, "the answer holds no openid")
    return WebGrant(
        openid=str(answer["openid"]),
        unionid=str(answer.get("unionid") or ""),
        scope=str(answer.get("scope") or ""),
        snapshot=str(answer.get("is_snapshotuser") or "0") != "0",
        access_token=str(answer.get("access_token") or ""),
        refresh_token=str(answer.get("refresh_token") or ""),
    )
