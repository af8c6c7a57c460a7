"""What needs somebody at once: accounts that are shut off, why, and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hub.group import service as group
from hub.kernel.db import transaction
from hub.web.languages import language
from wechat import service as wechat


@dataclass(frozen=True, slots=True)
class Alarm:
    """Say of one account why its calls to WeChat are not made, since when, and when it is tried again."""

    appid: str
    name: str
    errcode: int | None
    hint: str
    since: datetime | None
    until: datetime | None


def read_alarms() -> list[Alarm]:
    """Return the accounts whose breaker is open, by name; called with no transaction open, as it asks Redis."""
    with transaction() as session:
        accounts = group.accounts(session)
    states = wechat.token_states(accounts)
    english = language() == "en"
    found = [
        Alarm(a.appid, a.name, s.errcode, s.hint_en if english else s.hint_zh, s.since, s.until)
        for a in accounts
        if (s := states[a.appid]).shut
    ]
    return sorted(found, key=lambda alarm: (alarm.name, alarm.appid))
