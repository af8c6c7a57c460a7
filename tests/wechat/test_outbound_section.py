"""The group file's section on sends: applied, exported, refused with its line."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from hub.web.groupfile import GroupFileError, apply, export
from tests.sample import APPID, GROUP_FILE
from wechat.service import policy

SAMPLE = GROUP_FILE.read_text("utf-8")
SECTION = f"""
outbound:
  quiet_hours: {{from: "22:00", to: "08:30"}}
  per_person: {{per_day: 1, per_week: 3}}
  accounts:
    - {{appid: {APPID}, quiet_hours: null, daily: {{template: 1000000, custom: 5}}}}
"""


def test_the_section_is_applied_and_exported_as_it_was(session: Session) -> None:
    changes = apply(session, SAMPLE + SECTION, {})
    assert [change.action for change in changes if change.kind == "outbound"] == ["created"]
    written = export(session, secrets=True)
    assert 'quiet_hours: {from: "22:00", to: "08:30"}' in written.replace("'", '"')
    assert {change.action for change in apply(session, written, {})} == {"left"}
    found = policy(session)
    assert (found.per_day, found.per_week, found.zone) == (1, 3, "Asia/Shanghai")
    assert found.quiet is not None
    assert found.quiet_of == {APPID: None}
    assert found.daily_of == {APPID: {"template": 1_000_000, "custom": 5}}


def test_without_a_section_nothing_is_held_back(session: Session) -> None:
    apply(session, SAMPLE, {})
    found = policy(session)
    assert (found.quiet, found.capped) == (None, False)
    assert "outbound" not in export(session)


def test_a_change_of_the_policy_is_told(session: Session) -> None:
    apply(session, SAMPLE + SECTION, {})
    (change,) = apply(session, "outbound: {per_person: {per_day: 2}}", {})
    assert change.action == "changed"
    assert policy(session).per_day == 2


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ('{quiet_hours: {from: "24:00", to: "08:00"}}', "quiet_hours.from"),
        ('{quiet_hours: {from: "22:00"}}', "quiet_hours.to"),
        ("{per_person: {per_day: 5, per_week: 3}}", "per_week"),
        ("{per_person: {per_hour: 1}}", "per_hour"),
        ("{accounts: [{appid: wx0000000000000000}]}", "accounts[0].appid"),
        (f"{{accounts: [{{appid: {APPID}, daily: {{fax: 1}}}}]}}", "daily.fax"),
        (f"{{accounts: [{{appid: {APPID}, daily: {{mass: -1}}}}]}}", "daily.mass"),
        (f"{{accounts: [{{appid: {APPID}}}, {{appid: {APPID}}}]}}", "accounts[1].appid"),
    ],
)
def test_a_mistake_is_told_with_its_line(session: Session, section: str, said: str) -> None:
    with pytest.raises(GroupFileError) as refused:
        apply(session, f"{SAMPLE}\noutbound: {section}\n", {})
    assert said in str(refused.value)
    assert f"line {SAMPLE.count(chr(10)) + 2}" in str(refused.value)
