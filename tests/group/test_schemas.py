"""What the group's sections take and refuse."""

from __future__ import annotations

from typing import Any

import pytest
from marshmallow import Schema, ValidationError

from hub.group.schemas import AccountSection, BusinessUnitSection, GroupSection, TouchpointSection
from hub.pool.schemas import ScoringSection

ACCOUNT = {
    "appid": "wx0000000000000001",
    "original_id": "gh_000000000001",
    "name": "示例服务号",
    "kind": "service",
    "mode": "safe",
    "token": "abc",
    "aes_key": "k" * 43,
    "secret": "0" * 32,
}


def refusal(schema: Schema, data: dict[str, Any], key: str) -> str:
    with pytest.raises(ValidationError) as caught:
        schema.load(data)
    messages = caught.value.messages
    assert isinstance(messages, dict)
    assert list(messages) == [key]
    return str(messages[key])


def test_optional_fields_get_their_defaults() -> None:
    loaded = BusinessUnitSection().load({"slug": "a", "name": "甲", "legal_entity": "b"})
    assert loaded["circulation"] == "isolated"
    assert loaded["accept_within_hours"] is None
    plain = AccountSection().load({k: v for k, v in ACCOUNT.items() if k != "aes_key"} | {"mode": "plain"})
    assert (plain["aes_key"], plain["open_platform"]) == ("", None)


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("appid", "wx7A10c3e5d2f49b18", "wx"),
        ("appid", "wx0000000000000001\n", "wx"),
        ("original_id", "gh_1", "gh_"),
        ("name", " ", "must not be empty"),
        ("name", "a\nb", "one line"),
        ("name", 5, "write it in quotes"),
        ("name", "x" * 101, "at most 100 characters, this one has 101"),
        ("kind", "servce", 'did you mean "service"?'),
        ("mode", "save", 'did you mean "safe"?'),
        ("token", "ab", "3 to 32 letters and digits, this one has 2"),
        ("aes_key", "k" * 42, "must be 43 letters and digits, this one has 42"),
        ("aes_key", "k" * 42 + "+", "must be 43 letters and digits, this one has other characters"),
        ("secret", "0" * 15, "32 letters and digits, this one has 15"),
        ("open_platform", "No Slug", "short name"),
    ],
)
def test_an_account_says_what_each_field_expects(key: str, value: object, expected: str) -> None:
    assert expected in refusal(AccountSection(), {**ACCOUNT, key: value}, key)


@pytest.mark.parametrize("key", ["token", "aes_key", "secret"])
def test_a_refused_secret_is_not_repeated(key: str) -> None:
    assert "hunter-2" not in refusal(AccountSection(), {**ACCOUNT, key: "hunter-2"}, key)


@pytest.mark.parametrize("mode", ["safe", "compatible", None])
def test_an_account_needs_its_key_unless_it_is_plain(mode: str | None) -> None:
    without = {k: v for k, v in ACCOUNT.items() if k not in ("aes_key", "mode")}
    data = without if mode is None else {**without, "mode": mode}
    assert "required unless mode is plain" in refusal(AccountSection(), data, "aes_key")


def test_a_group_needs_a_time_zone_that_exists() -> None:
    group = {"slug": "acme", "name": "示例集团", "timezone": "Asia/Shangha"}
    assert 'did you mean "Asia/Shanghai"?' in refusal(GroupSection(), group, "timezone")


@pytest.mark.parametrize(("key", "value"), [("kind", "miniprogram"), ("slug", "wx0000000000000001")])
def test_an_account_is_no_touchpoint_of_the_touchpoints_section(key: str, value: str) -> None:
    touchpoint = {"slug": "a", "kind": "site", "name": "甲", key: value}
    assert "under accounts" in refusal(TouchpointSection(), touchpoint, key)


@pytest.mark.parametrize("hours", [0, True, "24", 1.5, 8761])
def test_hours_are_whole_numbers_within_a_year(hours: object) -> None:
    bu = {"slug": "a", "name": "甲", "legal_entity": "b", "accept_within_hours": hours}
    assert "whole number from 1 to 8,760" in refusal(BusinessUnitSection(), bu, "accept_within_hours")


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ({"activity": "follow", "within": "7d"}, "within: scoring looks at one activity at a time"),
        ({"not": {"any": [{"activity": "a"}, {"activity": "b", "at_least": 2}]}}, "not.any[1].at_least: scoring looks"),
        ({"field": "scor", "gt": 1}, 'did you mean "score"?'),
    ],
)
def test_scoring_refuses_conditions_it_cannot_ask(when: dict[str, Any], expected: str) -> None:
    section = {"mql_at": 1, "rules": [{"name": "a", "when": when, "points": 1}]}
    assert expected in str(refusal(ScoringSection(), section, "rules")).replace("\\'", "'")


def test_scoring_takes_negative_points_and_keeps_conditions_as_written() -> None:
    rule = {"name": "a", "when": {"not": {"activity": "x", "key": "K"}}, "points": -5, "per_day": 1}
    section = {"mql_at": 60, "rules": [rule]}
    assert ScoringSection().load(section) == section
