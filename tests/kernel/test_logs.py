"""Logs hold known keys with short plain values, and nothing else."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from hub.kernel import clock
from hub.kernel.logs import ALLOWED, log

SECRET = "1390000xxxx"


def dropped() -> float:
    return REGISTRY.get_sample_value("hub_log_keys_dropped_total") or 0.0


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    out, err = capsys.readouterr()
    assert out == ""
    return [json.loads(line) for line in err.splitlines()]


def test_known_keys_are_printed_as_one_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    clock.set_offset(timedelta(days=31))
    log.warning("work_failed", table="fact", attempt=3, seconds=0.5, name="一\n二", state=None)
    (entry,) = lines(capsys)
    assert entry.pop("timestamp").startswith(f"{clock.now():%Y-%m-%d}")
    assert entry == {
        "event": "work_failed",
        "level": "warning",
        "table": "fact",
        "attempt": 3,
        "seconds": 0.5,
        "name": "一\n二",
        "state": None,
    }


def test_unknown_keys_are_dropped_and_counted(capsys: pytest.CaptureFixture[str]) -> None:
    before = dropped()
    log.info("x", mobile=SECRET, openid=SECRET, count=1)
    (entry,) = lines(capsys)
    assert set(entry) == {"event", "level", "timestamp", "count"}
    assert dropped() == before + 2


@pytest.mark.parametrize("value", [[SECRET], {"a": SECRET}, SECRET.encode(), (SECRET,), ValueError(SECRET), object()])
def test_a_known_key_with_a_composed_value_is_dropped(capsys: pytest.CaptureFixture[str], value: object) -> None:
    before = dropped()
    log.error("x", reason=value)
    (entry,) = lines(capsys)
    assert "reason" not in entry
    assert SECRET not in str(entry)
    assert dropped() == before + 1


def test_long_values_are_cut(capsys: pytest.CaptureFixture[str]) -> None:
    log.info("e" * 500, reason="长" * 500)
    (entry,) = lines(capsys)
    assert (entry["event"], entry["reason"]) == ("e" * 120, "长" * 120)


def test_an_exception_brings_no_text_and_no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        raise ValueError(SECRET)
    except ValueError:
        log.exception("x", stack_info=True)
        log.error("x", exc_info=True)
    entries = lines(capsys)
    assert SECRET not in str(entries)
    assert all(set(entry) == {"event", "level", "timestamp"} for entry in entries)


def test_debug_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    log.debug("x")
    assert lines(capsys) == []


def test_a_bound_logger_keeps_to_the_list_too(capsys: pytest.CaptureFixture[str]) -> None:
    log.bind(mobile=SECRET, bu="power").info("x")
    (entry,) = lines(capsys)
    assert entry["bu"] == "power"
    assert "mobile" not in entry


_values = st.one_of(st.text(), st.integers(), st.booleans(), st.none(), st.binary(), st.lists(st.text()))
_keys = st.one_of(
    st.sampled_from(sorted(ALLOWED - {"event", "level", "timestamp"})),
    st.sampled_from(["mobile", "openid", "text", "exc_info_", "值"]),
)


@given(st.dictionaries(_keys, _values, max_size=6))
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
def test_whatever_is_logged_only_known_keys_show(capsys: pytest.CaptureFixture[str], values: dict[str, Any]) -> None:
    values = {key: value for key, value in values.items() if key not in ("event", "level", "timestamp", "self")}
    log.info("x", **values)
    (entry,) = lines(capsys)
    assert set(entry) <= ALLOWED
    plain = {k: v for k, v in values.items() if k in ALLOWED and isinstance(v, str | int | float | bool | None)}
    assert set(entry) == {"event", "level", "timestamp", *plain}
