"""The pure rules: expiry, contact fields, consent, recognition."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.rules import consent, contact
from privacy.rules.binding import item_aad
from privacy.rules.expiry import destroy_ingest_after, planned_expiry
from privacy.rules.recognition import looks_like_contact

ZONES = st.integers(-12, 14).map(lambda hours: timezone(timedelta(hours=hours)))
TIMES = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=ZONES)  # noqa: DTZ001


@given(TIMES)
def test_planned_life_is_27_to_28_days_and_ends_at_midnight_utc(collected_at: datetime) -> None:
    expiry = planned_expiry(collected_at)
    assert timedelta(days=27) < expiry - collected_at <= timedelta(days=28)
    assert expiry.utcoffset() == timedelta(0)
    assert (expiry.hour, expiry.minute, expiry.second, expiry.microsecond) == (0, 0, 0, 0)


@given(TIMES)
def test_a_purge_two_days_late_still_keeps_the_promise(collected_at: datetime) -> None:
    assert planned_expiry(collected_at) + timedelta(days=2) - collected_at <= timedelta(days=30)


@given(TIMES, st.timedeltas(timedelta(0), timedelta(days=40)))
def test_what_is_collected_later_never_expires_earlier(collected_at: datetime, later: timedelta) -> None:
    assert planned_expiry(collected_at) <= planned_expiry(collected_at + later)


def test_a_time_without_its_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        planned_expiry(datetime(2026, 1, 1))  # noqa: DTZ001


def test_an_ingest_key_lives_three_days() -> None:
    assert destroy_ingest_after(date(2026, 1, 30)) == date(2026, 2, 2)


def test_every_part_of_an_item_changes_what_it_is_bound_to() -> None:
    one, two = UUID(int=1), UUID(int=2)
    day = datetime(2026, 1, 1, tzinfo=UTC).date()
    bound = {item_aad(c, f, d) for c in (one, two) for f in ("name", "email") for d in (day, day + timedelta(days=1))}
    assert len(bound) == 8


@pytest.mark.parametrize(
    "mobile", ["13900000001", "+86 139 0000 0001", "０１０-12345678", "(021) 1234-5678", "021-12345678 转 801"]
)
def test_a_phone_number_is_kept_as_typed(mobile: str) -> None:
    assert contact.check({"mobile": f" {mobile} "}) == ({"mobile": mobile}, {})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("mobile", "call me"),
        ("mobile", "12345"),
        ("email", "nobody.example.com"),
        ("email", "a b@example.com"),
        ("name", "示" * 101),
        ("name", "示\x00例"),
        ("name", "示\u202e例"),
        ("name", "\ud800"),
        ("company", "a\nb"),
        ("title", 7),
        ("wechat", "x"),
    ],
)
def test_a_mistake_is_named_by_its_field_without_its_value(field: str, value: object) -> None:
    fields, errors = contact.check({field: value})
    assert not fields
    assert set(errors) == {field}
    assert str(value) not in errors[field] or len(str(value)) < 2


def test_an_empty_contact_is_refused() -> None:
    assert contact.check({"name": " ", "email": ""})[1].keys() == {"contact"}


@given(st.dictionaries(st.text(max_size=12), st.one_of(st.text(max_size=60), st.none(), st.integers()), max_size=6))
def test_any_contact_is_either_taken_or_refused_with_reasons(given_contact: dict[str, object]) -> None:
    fields, errors = contact.check(given_contact)
    assert fields or errors
    assert fields.keys() <= contact.LONGEST.keys()
    for value in fields.values():
        value.encode()


@pytest.mark.parametrize(
    "words",
    [
        "我的手机13900000001",
        "+86 139 0000 0001",
        "0086-139-0000-0001",
        "86１３９０００００００１",
        "１３９０００００００１",
        "tel:1390000\u200b0001.",
        "写信到 someone@example.com.",
        "ｓｏｍｅｏｎｅ＠ｅｘａｍｐｌｅ．ｃｏｍ",
    ],
)
def test_contact_data_is_recognised_however_it_is_typed(words: str) -> None:
    assert looks_like_contact(words)


@pytest.mark.parametrize(
    "words", ["", "PRICE", "1700000000123", "order 20260101123456789", "12900000001", "a@b", "@某人 你好", "139000000"]
)
def test_other_numbers_and_words_are_left_alone(words: str) -> None:
    assert not looks_like_contact(words)


@given(st.text(max_size=8).filter(lambda s: not s[-1:].isdecimal()), st.integers(0, 10**8 - 1), st.sampled_from("3589"))
def test_a_mobile_number_is_recognised_after_any_words(words: str, rest: int, second: str) -> None:
    assert looks_like_contact(f"{words}，1{second}9{rest:08}。")


@pytest.mark.parametrize(
    ("version", "scopes"),
    [
        ("v1", ()),
        ("v1", ("phone",)),
        ("v1", ("collection", "everything")),
        ("v1", ("collection", "share:")),
        ("", ("collection",)),
        ("call 13900000001", ("collection",)),
    ],
)
def test_a_consent_that_is_not_one_is_refused(version: str, scopes: tuple[str, ...]) -> None:
    assert consent.problem(version, scopes)


def test_a_consent_with_every_scope_is_taken() -> None:
    scopes = ("collection", "phone", "email", "profiling", "share:acme-cn", "cross_border")
    assert consent.problem("2026-01 zh", scopes) is None


def test_only_the_collector_and_those_shared_with_may_read() -> None:
    assert consent.may_read("a", "a", {"collection"})
    assert consent.may_read("b", "a", {"collection", "share:b"})
    assert not consent.may_read("b", "a", {"collection", "share:c"})
    assert not consent.may_read("b", None, {"collection"})
    assert not consent.may_read("a", "a", frozenset())
