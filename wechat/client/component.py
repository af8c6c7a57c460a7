"""What the hub asks of WeChat as a third-party platform: its own token, and what accounts granted it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from wechat.client import http
from wechat.client.breakers import Breakers
from wechat.client.broker import Broker
from wechat.client.cache import Token
from wechat.client.errors import UNREADABLE, WeChatError
from wechat.client.tokens import fetch, fingerprint, read
from wechat.rules.errortable import Kind

PAGE = 100
_STALE = (Kind.RENEW, Kind.RENEW_COMPONENT)


@dataclass(frozen=True, slots=True)
class Grant:
    """Hold what an account granted: a token that works now, and the one to renew it with."""

    appid: str
    token: Token = field(repr=False)
    refresh_token: str = field(repr=False)
    permissions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AuthorizerInfo:
    """Hold what WeChat says of an account that granted something; `kind` is as in the group file."""

    name: str
    original_id: str
    kind: str


class Keeper(Protocol):
    """Keep tickets and tokens where no restart loses them; one worker at a time renews each."""

    def component_token(self, component_appid: str, unlike: str, renew: Callable[[str], Token]) -> Token:
        """Return the platform's token other than `unlike`, kept or renewed from its newest ticket."""

    def account_token(
        self, component_appid: str, appid: str, unlike: str, renew: Callable[[str], Grant], recover: Callable[[], str]
    ) -> Token:
        """Return an account's token other than `unlike`, kept or renewed from its refresh token.

        `recover` tells the refresh token when the one that was kept is refused, "" when WeChat knows none either.
        """


class Granted(Protocol):
    """Say what it takes to call WeChat as a third-party platform."""

    @property
    def appid(self) -> str:
        """Return the platform's AppID."""

    @property
    def secret(self) -> str:
        """Return the platform's AppSecret."""


class Platform:
    """Call WeChat as one third-party platform; threads may share it."""

    def __init__(self, component: Granted, *, broker: Broker, breakers: Breakers, keeper: Keeper, api_url: str) -> None:
        self.appid, self._secret = component.appid, component.secret
        self.mark = fingerprint(component.appid, component.secret)
        self._broker, self._keeper = broker, keeper
        self._guard = breakers.of(component.appid, self.mark)
        self._url = f"{api_url.rstrip('/')}/cgi-bin/component/"

    def token(self) -> str:
        """Return the platform's token; raise WeChatError while it has none, 61006 when WeChat pushed no ticket yet."""
        return self._broker.get(self.appid, lambda: self._component_token(""), self.mark)

    def pre_auth_code(self) -> str:
        """Return a code with which an account's owner may grant the platform something, good for half an hour."""
        return str(self._ask("api_create_preauthcode", {}).get("pre_auth_code") or "")

    def query_auth(self, code: str) -> Grant:
        """Return what the authorization code stands for; each works once."""
        info = self._ask("api_query_auth", {"authorization_code": code}).get("authorization_info")
        if not isinstance(info, dict) or not info.get("authorizer_appid"):
            raise WeChatError(UNREADABLE, "the answer holds no authorization_info")
        return _grant(str(info["authorizer_appid"]), info)

    def renew(self, appid: str, refresh_token: str) -> Grant:
        """Return a new token of an account; raise WeChatError 61023 when the refresh token is not valid."""
        fields: dict[str, object] = {"authorizer_appid": appid, "authorizer_refresh_token": refresh_token}
        return _grant(appid, self._ask("api_authorizer_token", fields))

    def authorizers(self) -> Iterator[tuple[str, str]]:
        """Yield the AppID and the refresh token of every account that trusts the platform."""
        offset = 0
        while True:
            answer = self._ask("api_get_authorizer_list", {"offset": offset, "count": PAGE})
            page = [found for found in answer.get("list") or [] if isinstance(found, dict)]
            yield from ((str(found.get("authorizer_appid")), str(found.get("refresh_token") or "")) for found in page)
            offset += PAGE
            if not page or offset >= int(answer.get("total_count") or 0):
                return

    def recover(self, appid: str) -> str:
        """Return the refresh token that WeChat lists for an account, "" when it lists none."""
        return next((token for found, token in self.authorizers() if found == appid), "")

    def info(self, appid: str) -> AuthorizerInfo:
        """Return the name, original id and kind of an account that trusts the platform."""
        found = self._ask("api_get_authorizer_info", {"authorizer_appid": appid}).get("authorizer_info")
        told: dict[str, Any] = found if isinstance(found, dict) else {}
        service = told.get("service_type_info")
        kind = "service" if isinstance(service, dict) and service.get("id") == 2 else "subscription"
        if "MiniProgramInfo" in told:
            kind = "miniprogram"
        return AuthorizerInfo(str(told.get("nick_name") or appid)[:100], str(told.get("user_name") or ""), kind)

    def start_push_ticket(self) -> None:
        """Ask WeChat to push tickets again."""
        with http.session() as session:
            fields = {"component_appid": self.appid, "component_secret": self._secret}
            http.ask(session, "POST", f"{self._url}api_start_push_ticket", _json(fields))

    def send_text(self, grant: Grant, openid: str, text: str) -> None:
        """Send a customer-service text with a grant that nobody keeps, as WeChat's release check wants it."""
        fields = {"touser": openid, "msgtype": "text", "text": {"content": text}}
        url = f"{self._url.removesuffix('component/')}message/custom/send"
        with http.session() as session:
            http.ask(session, "POST", url, {**_json(fields), "params": {"access_token": grant.token.value}})

    def account_token(self, appid: str, unlike: str) -> Token:
        """Return an account's token other than `unlike`."""
        return self._keeper.account_token(
            self.appid, appid, unlike, lambda refresh: self.renew(appid, refresh), lambda: self.recover(appid)
        )

    def _component_token(self, unlike: str) -> Token:
        def renew(ticket: str) -> Token:
            fields = {"component_appid": self.appid, "component_appsecret": self._secret}
            request = {**fields, "component_verify_ticket": ticket}
            return fetch(f"{self._url}api_component_token", request, "component_access_token")

        return self._keeper.component_token(self.appid, unlike, renew)

    def _ask(self, name: str, fields: dict[str, object]) -> http.Document:
        entered = self._guard.enter()
        try:
            answer = self._call(name, fields)
        except WeChatError as error:
            if error.kind is Kind.DISCONNECTED:
                self._guard.succeeded(entered)  # it is one account that is refused, not the platform
            else:
                self._guard.failed(entered, error)
            raise
        self._guard.succeeded(entered)
        return answer

    def _call(self, name: str, fields: dict[str, object]) -> http.Document:
        token = self.token()
        try:
            return self._call_with(token, name, fields)
        except WeChatError as error:
            if error.kind not in _STALE:
                raise
        fresh = self._broker.renew(self.appid, token, lambda: self._component_token(token), self.mark)
        return self._call_with(fresh, name, fields)

    def _call_with(self, token: str, name: str, fields: dict[str, object]) -> http.Document:
        with http.session() as session:
            options = {**_json({"component_appid": self.appid, **fields}), "params": {"component_access_token": token}}
            return http.ask(session, "POST", f"{self._url}{name}", options)


class AuthorizerTokens:
    """Give out the tokens of an account that is run through a platform."""

    def __init__(self, platform: Platform, broker: Broker, appid: str) -> None:
        self._platform, self._broker, self._appid = platform, broker, appid
        self._name = token_name(platform.appid, appid)
        self.mark = platform.mark

    def get(self) -> str:
        """Return a valid access token; raise WeChatError when WeChat gives none."""
        return self._broker.get(self._name, lambda: self._platform.account_token(self._appid, ""), self.mark)

    def renew(self, rejected: str) -> str:
        """Return another token than `rejected`."""
        return self._broker.renew(
            self._name, rejected, lambda: self._platform.account_token(self._appid, rejected), self.mark
        )

    def check(self) -> None:
        """Fetch a token whatever is stored; raise WeChatError when WeChat gives none."""
        known = self._broker.peek(self._name)
        self._broker.fetch(self._name, lambda: self._platform.account_token(self._appid, known.value if known else ""))


def token_name(component_appid: str, appid: str) -> str:
    """Return the name under which the token is shared that an account granted a platform."""
    return f"{component_appid}:{appid}"


def _json(fields: object) -> dict[str, object]:
    return {"data": http.encode(fields)}


def _grant(appid: str, info: http.Document) -> Grant:
    refresh = info.get("authorizer_refresh_token")
    if not isinstance(refresh, str) or not refresh:
        raise WeChatError(UNREADABLE, "the answer holds no refresh token")
    sets = info.get("func_info") if isinstance(info.get("func_info"), list) else []
    ids = [found["funcscope_category"]["id"] for found in sets or [] if _has_id(found)]
    return Grant(appid, read(info, "authorizer_access_token"), refresh, tuple(map(str, ids)))


def _has_id(found: object) -> bool:
    category = found.get("funcscope_category") if isinstance(found, dict) else None
    return isinstance(category, dict) and "id" in category
