"""The section of the group file that says when and how often the group writes to people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from hub.kernel.http import Strict
from hub.kernel.schemas import Text, Whole
from wechat.rules.quota import DAILY

_HOUR = r"([01][0-9]|2[0-3]):[0-5][0-9]"
_MOST = 1_000_000_000


def _hour() -> Text:
    return Text(form=_HOUR, expected="a time of the day such as 22:00, in quotes", required=True)


QuietHours = Strict.from_dict({"from": _hour(), "to": _hour()}, name="QuietHours")
"""Say between which hours, in the group's time zone, no marketing goes out; they may pass midnight."""

Daily = Strict.from_dict({channel: Whole(0, _MOST) for channel in DAILY}, name="Daily")
"""Say how many calls a day WeChat allows an account, by channel, where that differs from a new account's."""


class PerPerson(Strict):
    """Say how often one person gets marketing, across all accounts and business units."""

    per_day = Whole(0, 1000)
    per_week = Whole(0, 1000)

    @validates_schema
    def _week_not_below_day(self, data: Mapping[str, Any], **_: Any) -> None:
        if data.get("per_week", _MOST) < data.get("per_day", 0):
            raise ValidationError("must not be less than per_day", "per_week")


class AccountPolicy(Strict):
    """Say what is different at one account."""

    appid = Text(required=True)
    quiet_hours = fields.Nested(QuietHours, allow_none=True)
    daily = fields.Nested(Daily)


class OutboundSection(Strict):
    """Say when and how often the group writes to people, and what its accounts may do."""

    quiet_hours = fields.Nested(QuietHours, allow_none=True)
    per_person = fields.Nested(PerPerson)
    accounts = fields.List(fields.Nested(AccountPolicy))
