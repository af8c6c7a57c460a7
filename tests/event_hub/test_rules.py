"""When registration is open, codes, consent, and times as people read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from event_hub.rules import admission, consent, times
from event_hub.views.words import WORDS

START = datetime(2030, 3, 20, 6, 0, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")


def test_registration_ends_with_the_event_or_a_day_after_an_open_ended_start() -> None:
    assert admission.closes_at(START, START + timedelta(hours=2)) == START + timedelta(hours=2)
    assert admission.closes_at(START, None) == START + timedelta(hours=24)


def test_places_run_out_only_where_they_are_counted() -> None:
    assert not admission.is_full(10, None)
    assert not admission.is_full(9, 10)
    assert admission.is_full(10, 10)
    assert admission.is_full(11, 10)


@given(st.text(admission.ALPHABET, min_size=6, max_size=6), st.sampled_from(["", " ", "-", " - "]))
def test_a_code_read_out_is_the_code(code: str, gap: str) -> None:
    assert admission.read_code(f" {code[:3].lower()}{gap}{code[3:]} ") == code


def test_scopes_are_what_was_ticked() -> None:
    none = {"phone": False, "email": False, "share": False}
    assert consent.scopes(**none, legal_entity="acme-cn") == ("collection",)
    all_ = consent.scopes(phone=True, email=True, share=True, legal_entity="acme-cn")
    assert all_ == ("collection", "phone", "email", "share:acme-cn")
    assert consent.scopes(phone=False, email=False, share=True, legal_entity=None) == ("collection",)


def test_times_are_written_for_people() -> None:
    later, next_day = START + timedelta(minutes=90), START + timedelta(hours=25)
    assert times.span(START, later, SHANGHAI, "zh") == ("2030 年 3 月 20 日（周三）", "14:00–15:30（北京时间）")
    assert times.span(START, later, SHANGHAI, "en") == ("Wed 20 March 2030,", "14:00–15:30 (Beijing time)")
    paris = times.span(START, None, ZoneInfo("Europe/Paris"), "en")
    assert paris == ("Wed 20 March 2030,", "07:00 (Europe/Paris)")
    two_days = " ".join(times.span(START, next_day, SHANGHAI, "en"))
    assert two_days == "Wed 20 March 2030, 14:00 – Thu 21 March 2030, 15:00 (Beijing time)"


def test_both_languages_say_the_same_things() -> None:
    for part in (WORDS, consent.TEXTS):
        assert _shape(part["zh"]) == _shape(part["en"])


def _shape(words: object) -> object:
    return {key: _shape(value) for key, value in words.items()} if isinstance(words, dict) else None
