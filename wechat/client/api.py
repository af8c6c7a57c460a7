"""The hub's client of one WeChat account."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import requests
from wechatpy import WeChatClient
from wechatpy.session import SessionStorage

from wechat.client import http, users
from wechat.client.cache import Token
from wechat.client.component import Platform
from wechat.client.errors import UNREADABLE, WeChatError
from wechat.client.tokens import TokenProvider, TokenSource, read
from wechat.client.watching import saw
from wechat.rules.errortable import Kind

WECHAT = "https://api.weixin.qq.com"


@dataclass(frozen=True, slots=True)
class Login:
    """Hold who logged in to a mini program; `unionid` is empty while it is bound to no open platform."""

    openid: str
    unionid: str


class _NoStorage(SessionStorage):  # type: ignore[misc]
    """Keep nothing: tokens belong to the TokenProvider."""

    def get(self, key: str, default: object = None) -> object:  # noqa: ARG002 - wechatpy's signature
        return default

    def set(self, key: str, value: object, ttl: float | None = None) -> None:
        pass

    def delete(self, key: str) -> None:
        pass


class HubClient(WeChatClient):  # type: ignore[misc]
    """Call WeChat for one account: bounded waits, one retry with a new token, WeChatError for every failure.

    While the account's breaker is open, every call ends in CircuitOpen without being made.

    wechatpy's own API objects (`menu`, `qrcode`, ...) work through it too and share these rules.
    """

    def __init__(
        self,
        appid: str,
        secret: str,
        *,
        tokens: TokenProvider,
        source: TokenSource | None = None,
        platform: Platform | None = None,
        api_url: str = WECHAT,
    ) -> None:
        super().__init__(appid, secret, session=_NoStorage(), timeout=http.TIMEOUT, auto_retry=False)
        self._http = http.session()
        self._api_url = api_url.rstrip("/")
        self.API_BASE_URL = f"{self._api_url}/cgi-bin/"
        self._broker, self._platform = tokens.broker, platform
        self._source = source or tokens.of(appid, secret)
        self._guard = tokens.breakers.of(appid, self._source.mark)

    @property
    def access_token(self) -> str:
        """Return a valid access token."""
        # wechatpy evaluates properties before __init__: the missing attribute must be what fails there.
        source: TokenSource = self._source
        return source.get()

    def check_token(self) -> None:
        """Ask WeChat for a token now, breaker or not; close the breaker when it gives one, else raise WeChatError."""
        try:
            self._source.check()
        except WeChatError as error:
            self._guard.failed(self._guard.seen(), error)
            raise
        self._guard.succeeded(self._guard.seen())

    def ticket(self, kind: str = "jsapi") -> str:
        """Return a valid ticket, to sign pages (jsapi) or cards (wx_card) with; cached and fetched once like tokens."""

        def fetch() -> Token:
            return read(self._ask("get", "ticket/getticket", params={"type": kind}), "ticket")

        return self._broker.get(f"{kind}:{self.appid}", fetch, self._source.mark)

    def fetch_access_token(self) -> None:
        """Refuse, because only the TokenProvider fetches tokens."""
        raise NotImplementedError("tokens come from the TokenProvider")

    def get_user(self, openid: str) -> dict[str, Any]:
        """Return user/info of one follower as WeChat words it."""
        return self._ask("get", "user/info", params={"openid": openid, "lang": "zh_CN"})

    def batchget_users(self, openids: Sequence[str]) -> list[dict[str, Any]]:
        """Return user/info of up to 100 OpenIDs; one invalid OpenID fails all with 40003."""
        asked = [{"openid": openid, "lang": "zh_CN"} for openid in openids]
        answer = self._ask("post", "user/info/batchget", data={"user_list": asked})
        return list(answer.get("user_info_list") or [])

    def resolve_unionids(self, openids: Sequence[str]) -> dict[str, users.UserInfo]:
        """Return a UserInfo for each OpenID; those that are invalid at this account are left out."""
        return users.resolve(openids, self.batchget_users)

    def user_pages(self, next_openid: str = "") -> Iterator[list[str]]:
        """Yield the OpenIDs of all followers, page by page, beginning after `next_openid`."""
        while True:
            params = {"next_openid": next_openid} if next_openid else {}
            answer = self._ask("get", "user/get", params=params)
            openids = (answer.get("data") or {}).get("openid") or []
            if not openids:
                return
            yield list(openids)
            next_openid = str(answer.get("next_openid") or openids[-1])

    def send_text(self, openid: str, text: str) -> None:
        """Send a customer-service text; raise WeChatError 45015 outside the reply window, 45047 when it is used up."""
        self.post("message/custom/send", data={"touser": openid, "msgtype": "text", "text": {"content": text}})

    def code_to_session(self, js_code: str) -> Login:
        """Return who `js_code` stands for, without an access token; the session key is dropped."""
        answer = self.sns("jscode2session", {"js_code": js_code, "grant_type": "authorization_code"})
        if not answer.get("openid"):
            raise WeChatError(UNREADABLE, "the answer holds no openid")
        return Login(str(answer["openid"]), str(answer.get("unionid") or ""))

    @property
    def through_platform(self) -> bool:
        """Tell whether a third-party platform runs the account."""
        return self._platform is not None

    def sns(self, path: str, params: dict[str, str], *, proven: bool = True) -> http.Document:
        """Return what an API of logins answers, which takes no access token of ours.

        A `proven` call says whose it is: by AppID and AppSecret, or by the platform that runs the account.
        """
        if proven and self._platform is not None:
            head, _, tail = path.rpartition("/")
            path = f"{head}/component/{tail}".lstrip("/")
            proof = {"component_appid": self._platform.appid, "component_access_token": self._platform.token()}
            params = {"appid": self.appid, **params, **proof}
        elif proven:
            params = {"appid": self.appid, "secret": self.secret, **params}
        return http.ask(self._http, "GET", f"{self._api_url}/sns/{path}", {"params": params})

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _ask(self, method: str, endpoint: str, **options: object) -> http.Document:
        answer = self._request(method, endpoint, **options)
        if not isinstance(answer, dict):
            raise WeChatError(UNREADABLE, "the answer is a file")
        return answer

    def _request(self, method: str, url_or_endpoint: str, **options: object) -> object:
        """Replace wechatpy's own request, which repeats without bound and puts tokens into its exceptions."""
        wish = cast("dict[str, Any]", options)
        process = wish.pop("result_processor", None)
        url = self._url(url_or_endpoint, wish.pop("api_base_url", None))
        if isinstance(wish.get("data"), dict):
            wish["data"] = http.encode(wish["data"])
            wish.setdefault("headers", {"Content-Type": "application/json; charset=utf-8"})
        entered = self._guard.enter()
        try:
            answer = self._call(method, url, wish)
        except WeChatError as error:
            self._guard.failed(entered, error)
            saw(self.appid, ok=False)
            raise
        self._guard.succeeded(entered)
        saw(self.appid, ok=True)
        return process(answer) if process else answer

    def _call(self, method: str, url: str, wish: http.Options) -> http.Document | requests.Response:
        """Return the answer to one call, made again once with another token when the first was rejected."""
        token = self._source.get()
        try:
            return self._call_with(token, method, url, wish)
        except WeChatError as error:
            # A platform's token may have ended with a trust that was granted anew: then there is another by now.
            if error.kind is not Kind.RENEW and not (self._platform and error.kind is Kind.DISCONNECTED):
                raise
        return self._call_with(self._source.renew(token), method, url, wish)

    def _call_with(self, token: str, method: str, url: str, wish: http.Options) -> http.Document | requests.Response:
        params = {**(wish.get("params") or {}), "access_token": token}
        return http.exchange(self._http, method, url, {**wish, "params": params})

    def _url(self, url_or_endpoint: str, base: str | None) -> str:
        url = url_or_endpoint if "://" in url_or_endpoint else f"{base or self.API_BASE_URL}{url_or_endpoint}"
        return self._api_url + url.removeprefix(WECHAT) if url.startswith(f"{WECHAT}/") else url
