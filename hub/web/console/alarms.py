"""What needs somebody at once: accounts that are shut off and platforms that are cut off, why, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from hub.group import service as group
from hub.group.service import Account
from hub.kernel import clock
from hub.kernel.db import transaction
from hub.web.console.page import way
from hub.web.languages import _, language
from wechat import service as wechat
from wechat.service import TokenState


@dataclass(frozen=True, slots=True)
class Alarm:
    """Say what is shut off or cut off: why, since when, and the address (if any) where it is mended."""

    name: str
    hint: str
    since: datetime | None
    href: str | None = None


def read_alarms() -> list[Alarm]:
    """Return the accounts whose calls are not made, and the platforms without a ticket; called in no transaction."""
    with transaction() as session:
        accounts = group.accounts(session)
        found = [*_platforms(session), *_disconnected(session, accounts)]
    states = wechat.token_states(accounts)  # it asks Redis
    shut = [_shut(account, states[account.appid]) for account in accounts if states[account.appid].shut]
    told = {alarm.href for alarm in found}
    return sorted([*found, *(alarm for alarm in shut if alarm.href not in told)], key=lambda alarm: alarm.name)


def _shut(account: Account, state: TokenState) -> Alarm:
    hint = state.hint_en if language() == "en" else state.hint_zh
    words = _("%(hint)s（%(code)d）", hint=hint, code=state.errcode or 0)
    return Alarm(account.name, words, state.since, way("console.touchpoint", appid=account.appid))


def _disconnected(session: Session, accounts: list[Account]) -> Iterator[Alarm]:
    """Yield the accounts that are run through a platform which they do not trust any more."""
    through = {(a.component.appid, a.appid): a for a in accounts if a.component}
    for trust in wechat.authorizations(session):
        account = through.get((trust.component_appid, trust.appid))
        if account is not None and not trust.connected:
            hint = _("已取消对第三方平台的授权：请重新授权，或改回直连。")
            yield Alarm(account.name, hint, trust.changed_at, way("console.platforms"))


def _platforms(session: Session) -> Iterator[Alarm]:
    for platform in group.components(session):
        at = wechat.platform_state(session, platform.appid).ticket_at
        if at is None or clock.now() - at > wechat.TICKET_LATE:
            hint = _("第三方平台没有收到 ticket：请核对授权事件接收 URL。")
            yield Alarm(platform.slug, hint, at, way("console.platforms"))
