"""The table of error codes: each class has its action, and every code its class."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from wechat.client import WeChatError
from wechat.client.errors import CircuitOpen
from wechat.rules import Kind, delay, known, policy
from wechat.rules.errors import BEIJING
from wechat.rules.errortable import TABLE

NOON = datetime(2026, 3, 19, 4, 0, tzinfo=UTC)

ACTIONS: dict[Kind, dict[str, Any]] = {
    Kind.SUCCESS: {"outcome": "done"},
    Kind.IGNORE: {"outcome": "done"},
    Kind.RENEW: {"outcome": "retry", "blameless": True, "opens": True, "alert": True},
    Kind.RENEW_COMPONENT: {"outcome": "retry", "blameless": True, "opens": True, "alert": True},
    Kind.TICKET: {"outcome": "retry", "blameless": True, "opens": False, "alert": True},
    Kind.CIRCUIT: {"outcome": "retry", "blameless": True, "opens": True, "alert": True},
    Kind.WAIT: {"outcome": "retry", "blameless": True, "opens": False, "alert": False},
    Kind.DISCONNECTED: {"outcome": "retry", "blameless": True, "opens": True, "mark": "disconnected"},
    Kind.BACKOFF: {"outcome": "retry", "blameless": False, "opens": False, "counts": True},
    Kind.MINUTE: {"outcome": "retry", "first": 60, "counts": False},
    Kind.CONFIRM: {"outcome": "unknown", "first": 60},
    Kind.NEXT_DAY: {"outcome": "retry", "tomorrow": True, "blameless": True, "opens": False, "alert": True},
    Kind.REUPLOAD: {"outcome": "retry", "tries": 2},
    Kind.SPLIT: {"outcome": "failed", "alert": False},
    Kind.DROP: {"outcome": "failed", "alert": False},
    Kind.REVIEW: {"outcome": "failed", "alert": True},
    Kind.RESYNC: {"outcome": "failed", "alert": True},
    Kind.CHECK_FOLLOW: {"outcome": "failed", "mark": "check_follow"},
    Kind.UNFOLLOWED: {"outcome": "failed", "mark": "unfollowed"},
    Kind.MUTED: {"outcome": "failed", "mark": "muted"},
    Kind.NO_CREDIT: {"outcome": "failed", "mark": "no_credit"},
    Kind.RELOGIN: {"outcome": "failed", "alert": False},
    Kind.REAUTHORIZE: {"outcome": "failed", "alert": True, "opens": False},
    Kind.ADMIN: {"outcome": "failed", "alert": True, "opens": False},
    Kind.CONFIG: {"outcome": "failed", "alert": True, "opens": False},
    Kind.UNKNOWN: {"outcome": "failed", "alert": False, "opens": False},
}

CODES = {
    Kind.SUCCESS: "0 45065",
    Kind.BACKOFF: "-1 -1000 -2 -3 -4",
    Kind.WAIT: "-5",
    Kind.RENEW: "40001 40014 42001",
    Kind.RENEW_COMPONENT: "42006",
    Kind.TICKET: "40091 61005 61006",
    Kind.CIRCUIT: "40094 40125 40164 40243 45087 45094 48004 50004 50007 61004 61024 89501 89503 89506 89507",
    Kind.DISCONNECTED: "61003 61023",
    Kind.MINUTE: "45011",
    Kind.CONFIRM: "45066",
    Kind.NEXT_DAY: "45009 45028 48006",
    Kind.REUPLOAD: "40007",
    Kind.RESYNC: "40037",
    Kind.SPLIT: "40031 40032",
    Kind.CHECK_FOLLOW: "40003 45015",
    Kind.UNFOLLOWED: "43004 46004 50002 50005",
    Kind.MUTED: "48002",
    Kind.NO_CREDIT: "43101",
    Kind.RELOGIN: "40029 40030 40163 42002 42003 42007 50001 87009",
    Kind.REAUTHORIZE: "61009 61010 61011",
    Kind.ADMIN: "40053 45029 48001 48003 61007 63178 89000 89004",
    Kind.REVIEW: "45168 87014",
    Kind.IGNORE: "45080 45081 76001 76022",
    Kind.CONFIG: "40002 40013 40033 41001 41009 41018 41021 43001 43003 45067 45103 46101 47002 61014 61015",
    Kind.DROP: "40004 40006 40008 40012 40015 40028 40035 40038 40048 40050 40051 40054 40055 40066 40130 40132 40137"
    " 40155 40226 41030 43019 44001 44005 45001 45002 45008 45010 45017 45018 45047 45056 45059 45064 45072 45157 45159"
    " 46001 46003 47001 47003 48005 48008 49003 61450 61457 65301 65317 65400 65417",
}


@pytest.mark.parametrize("kind", Kind)
def test_each_class_has_its_action(kind: Kind) -> None:
    code = next((code for code, what in TABLE.items() if what.kind is kind), 999_999)
    found = policy(code)
    assert found.kind is kind
    assert {name: getattr(found, name) for name in ACTIONS[kind]} == ACTIONS[kind]
    assert (found.outcome == "retry") == (found.tries > 1)


@pytest.mark.parametrize(("kind", "code"), [(kind, code) for kind, codes in CODES.items() for code in codes.split()])
def test_each_code_has_its_class(kind: Kind, code: str) -> None:
    assert known(int(code)).kind is kind
    assert policy(code) == policy(int(code))


def test_every_code_speaks_both_languages() -> None:
    assert [code for code, what in TABLE.items() if not re.search("[一-鿿]", what.zh)] == []
    assert [code for code, what in TABLE.items() if not re.fullmatch(r"[ -~]+", what.en)] == []


def test_a_code_that_stands_nowhere_is_dropped_and_counted() -> None:
    def counted() -> float:
        return REGISTRY.get_sample_value("hub_wechat_unknown_errcodes_total", {"errcode": "55555"}) or 0.0

    before = counted()
    error = WeChatError(55555, "something new")
    assert (error.kind, error.retryable, error.uncertain) == (Kind.UNKNOWN, False, False)
    assert counted() == before + 1


@given(st.sampled_from(sorted(TABLE)))
def test_what_may_have_been_done_is_never_repeated_unless_that_is_harmless(code: int) -> None:
    careful, free = policy(code, idempotent=False), policy(code)
    if free.kind is Kind.BACKOFF:
        assert (careful.outcome, careful.tries) == ("unknown", 1)
    else:
        assert careful == free


@given(st.sampled_from(sorted(TABLE)), st.integers(1, 10_000), st.floats(0, 1))
def test_waits_are_bounded_and_grow(code: int, attempt: int, lot: float) -> None:
    found = policy(code)
    wait = delay(found, attempt, NOON, lot)
    bound = timedelta(days=1, minutes=2) if found.tomorrow else timedelta(seconds=found.longest * 1.5)
    assert timedelta(0) <= wait <= bound
    assert wait >= timedelta(seconds=found.first)
    assert delay(found, attempt + 1, NOON, lot) >= wait


@given(st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1)), st.floats(0, 1))  # noqa: DTZ001 - given a zone below
def test_the_days_quota_comes_back_at_midnight_in_beijing(naive: datetime, lot: float) -> None:
    now = naive.replace(tzinfo=UTC)
    back = (now + delay(policy(45009), 1, now, lot)).astimezone(BEIJING)
    assert back.date() == now.astimezone(BEIJING).date() + timedelta(days=1)
    assert (back.hour, back.minute < 2) == (0, True)


def test_callers_are_spread() -> None:
    assert delay(policy(-1), 3, NOON, 0.0) == timedelta(seconds=4)
    assert delay(policy(-1), 3, NOON, 1.0) == timedelta(seconds=6)


def test_an_admin_who_said_no_is_not_asked_again_for_as_long_as_wechat_says() -> None:
    assert [policy(code).pause for code in (89506, 89507, 89503)] == [86_400, 3_600, 0]


def test_a_call_that_was_not_made_waits_blamelessly() -> None:
    shut = CircuitOpen(40164, 42)
    assert (shut.errcode, shut.reason, shut.seconds) == (-5, 40164, 42)
    assert (shut.retryable, shut.blameless, shut.uncertain) == (True, True, False)
    at_token = WeChatError(-2, "no answer", at_token=True)
    assert (at_token.retryable, at_token.uncertain) == (True, False)
