"""How the accounts stand with WeChat: whether they have a token, why not, and whether their breaker is open."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from hub.group.service import Account
from hub.kernel import clock
from wechat import rules
from wechat.client.shared import clients
from wechat.rules.breaker import State

Standing = Literal["valid", "refused", "never"]


@dataclass(frozen=True, slots=True)
class TokenState:
    """Hold how one account stands.

    `standing` is valid (until `valid_until`), refused (`errcode` and a hint in two languages say why), or never when
    no token was asked for yet. While the `breaker` is not closed, `since` is when it opened and `until` is when WeChat
    is tried next.
    """

    standing: Standing
    valid_until: datetime | None = None
    errcode: int | None = None
    hint_zh: str = ""
    hint_en: str = ""
    breaker: State = "closed"
    since: datetime | None = None
    until: datetime | None = None

    @property
    def shut(self) -> bool:
        """Tell whether calls of the account are not made at present, or by way of trial only."""
        return self.breaker != "closed"


def token_states(accounts: Iterable[Account]) -> dict[str, TokenState]:
    """Return how each account stands, by AppID: from Redis alone, WeChat is not asked."""
    asked = list(accounts)
    here = clients()
    breakers = here.breakers.read([account.appid for account in asked])
    expiries = here.token_expiries(asked)
    now = clock.now().timestamp()
    return {account.appid: _state(breakers[account.appid], expiries[account.appid], now) for account in asked}


def check_token(account: Account) -> None:
    """Ask WeChat for a token of the account now, whatever its breaker says; raise WeChatError when it gives none.

    It calls WeChat: no transaction may be open.
    """
    clients().of(account).check_token()


def _state(breaker: rules.Breaker, expires_at: float | None, now: float) -> TokenState:
    shut = rules.breaker_state(breaker, now)
    known = rules.known(breaker.errcode) if shut != "closed" else None
    valid = expires_at is not None and expires_at > now
    refused = known is not None and (not valid or rules.policy(breaker.errcode).opens)
    return TokenState(
        standing="refused" if refused else "valid" if valid else "never",
        valid_until=_at(expires_at) if valid else None,
        errcode=breaker.errcode if known else None,
        hint_zh=known.zh if known else "",
        hint_en=known.en if known else "",
        breaker=shut,
        since=_at(breaker.since) if known else None,
        until=_at(max(breaker.until, breaker.probing)) if known else None,
    )


def _at(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
