"""The reach ledger against a naive model and against the simulated WeChat's own; quota, quiet hours and caps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wechat.rules import judging, quota, reach, reachwords, refusals, restraint
from wechat.rules.judging import Ask
from wechat.rules.quota import Limit
from wechat.rules.reach import Act, Ledger
from wechat.simulator.errors import ApiError
from wechat.simulator.quota import MINIPROGRAM_GRANTS, OFFICIAL_GRANTS
from wechat.simulator.quota import Ledger as Theirs

AT = 1_772_300_000.0
NOW = datetime.fromtimestamp(AT, UTC)
TRIGGERS = ("message", "click", "follow", "scan")
STEPS = st.lists(
    st.tuples(st.integers(0, 4000), st.sampled_from((*TRIGGERS, "unfollow", "send", "send", "send"))), max_size=60
)


@dataclass
class Naive:
    """Remember everything that ever happened, and count anew at each question."""

    acts: list[tuple[str, float]] = field(default_factory=list)
    sends: list[tuple[str, float, float]] = field(default_factory=list)

    def windows(self, now: float) -> dict[str, tuple[int, float]]:
        """Return what each trigger still allows, used up or not, and until when."""
        left_at = max((at for kind, at in self.acts if kind == "unfollow"), default=0.0)
        found = {}
        for trigger in TRIGGERS:
            times = [at for kind, at in self.acts if kind == trigger and at > left_at]
            if times and now < max(times) + OFFICIAL_GRANTS[trigger][1]:
                used = sum(kind == trigger and since == max(times) for kind, since, _ in self.sends)
                found[trigger] = (OFFICIAL_GRANTS[trigger][0] - used, max(times) + OFFICIAL_GRANTS[trigger][1])
        return found

    def send(self, now: float) -> bool:
        """Pay with the window that ends first; tell whether there was one."""
        usable = {t: end for t, (left, end) in self.windows(now).items() if left}
        if not usable:
            return False
        trigger = min(usable, key=lambda t: (usable[t], t))
        since = max(at for kind, at in self.acts if kind == trigger)
        self.sends.append((trigger, since, now))
        return True


@given(STEPS)
def test_the_ledger_allows_what_a_naive_count_allows(steps: Sequence[tuple[int, str]]) -> None:
    ledger, naive, now = Ledger(), Naive(), AT
    for pause, step in steps:
        now += pause + 1
        if step == "send":
            way = reach.way(ledger, "service", "custom", now)
            windows = naive.windows(now)
            assert (way.left or 0) == sum(left for left, _ in windows.values())
            if way.open:
                assert way.until == max(end for left, end in windows.values() if left)
                ledger, _ = reach.spend(ledger, "custom", now)
            assert naive.send(now) == way.open
        else:
            ledger = reach.fold(ledger, Act(step, now))
            naive.acts.append((step, now))


@given(STEPS)
def test_the_ledger_says_what_wechat_will_say(steps: Sequence[tuple[int, str]]) -> None:
    ledger, theirs, now = Ledger(), Theirs(), AT
    codes = {reach.OPEN: None, "no_window": 45015, "unfollowed": 45015, "window_used": 45047}
    for pause, step in steps:
        now += pause + 1
        if step == "send":
            way = reach.way(ledger, "service", "custom", now)
            said = None
            try:
                theirs.spend("wx", "o", now)
            except ApiError as error:
                said = error.errcode
            assert said == codes[way.why]
            if way.open:
                ledger, _ = reach.spend(ledger, "custom", now)
        elif step == "unfollow":
            ledger = reach.fold(ledger, Act(step, now))
            theirs.close("wx", "o")
        else:
            ledger = reach.fold(ledger, Act(step, now))
            theirs.grant("wx", "o", step, OFFICIAL_GRANTS[step], now)


@given(
    st.lists(
        st.tuples(st.sampled_from((*TRIGGERS, "unfollow")), st.integers(0, 500)), max_size=8, unique_by=lambda a: a[1]
    ),
    st.randoms(),
)
def test_pushes_out_of_order_never_allow_more(acts: list[tuple[str, int]], lot: object) -> None:
    def folded(order: Sequence[tuple[str, int]]) -> Ledger:
        ledger = Ledger()
        for kind, at in order:
            ledger = reach.fold(ledger, Act(kind, AT + at))
        return ledger

    right = folded(sorted(acts, key=lambda act: act[1]))
    shuffled = list(acts)
    lot.shuffle(shuffled)  # type: ignore[attr-defined]
    other = folded(shuffled)
    assert other.followed == right.followed
    for at in (0, 30, 100, 501):
        mine = reach.way(other, "service", "custom", AT + at).left or 0
        assert mine <= (reach.way(right, "service", "custom", AT + at).left or 0)


def test_wechat_and_the_hub_grant_the_same() -> None:
    assert dict(reach.GRANTS) == {**OFFICIAL_GRANTS, **MINIPROGRAM_GRANTS}


@given(st.sampled_from(["custom", "notice", "one_time", "mass"]), st.integers(1, 4))
def test_what_was_not_sent_is_given_back(channel: str, n: int) -> None:
    full = replace(reach.fold(Ledger(), Act("message", AT)), credits={"tpl": 4, "tpl|7": 4})
    key = {"notice": "tpl", "one_time": "tpl|7"}.get(channel, "")
    ledger, paid = full, []
    for _ in range(n):
        ledger, by = reach.spend(ledger, channel, AT + 1, key)
        paid.append(by)
    assert (reach.way(ledger, "service", channel, AT + 1, key).left or 0) < (
        reach.way(full, "service", channel, AT + 1, key).left or 0
    )
    for by in paid:
        ledger = reach.refund(ledger, channel, by)
    assert reach.way(ledger, "service", channel, AT + 1, key) == reach.way(full, "service", channel, AT + 1, key)


def test_a_refund_to_a_window_that_was_renewed_is_dropped() -> None:
    ledger, paid = reach.spend(reach.fold(Ledger(), Act("message", AT)), "custom", AT)
    renewed = reach.fold(ledger, Act("message", AT + 5))
    assert reach.refund(renewed, "custom", paid) == renewed


def test_the_month_of_mass_messages_turns_in_beijing() -> None:
    last = datetime(2026, 3, 31, 23, 59, tzinfo=ZoneInfo("Asia/Shanghai")).timestamp()
    ledger = Ledger(followed=True)
    for _ in range(4):
        ledger, _ = reach.spend(ledger, "mass", last)
    way = reach.way(ledger, "service", "mass", last)
    assert (way.why, way.opens_at) == ("mass_used", last + 60)
    assert reach.way(ledger, "service", "mass", last + 60).left == 4


def test_consent_is_counted_by_template_and_ends_with_a_refusal() -> None:
    ledger = Ledger()
    for kind, template in (("accept", "A"), ("accept", "A"), ("accept", "B"), ("reject", "B")):
        ledger = reach.fold(ledger, Act(kind, AT, template))
    assert [reach.way(ledger, "service", "notice", AT, key).left for key in "ABC"] == [2, 0, 0]
    told = refusals.learnt(ledger, "notice", 43101, "A", AT)
    assert reach.way(told, "service", "notice", AT, "A").why == "no_credit"


@pytest.mark.parametrize(
    ("errcode", "why"),
    [(43004, "unfollowed"), (50005, "unfollowed"), (48002, "muted"), (50002, "blocked")],
)
def test_a_refusal_closes_the_account_until_the_person_follows_anew(errcode: int, why: str) -> None:
    ledger = reach.fold(Ledger(), Act("follow", AT))
    told = refusals.learnt(ledger, "template", errcode, "", AT + 5)
    assert reach.way(told, "service", "template", AT + 6).why == why
    assert reach.way(reach.fold(told, Act("follow", AT + 9)), "service", "template", AT + 10).open


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_way_and_reason_has_its_sentence(lang: str) -> None:
    for why in reach.REASONS:
        for channel in reachwords.CHANNELS[lang]:
            sentence = reachwords.say(reach.Way(channel, why, left=2, until=AT), lang, "Asia/Shanghai", "活动提醒")
            assert "活动提醒" in sentence
            assert sentence[-1] in "。."


# quotas


@given(
    st.lists(st.tuples(st.integers(0, 40_000), st.integers(0, 30)), max_size=40),
    st.integers(1, 60),
    st.one_of(st.none(), st.integers(1, 20)),
)
def test_no_day_and_no_minute_gets_more_calls_than_allowed(
    calls: list[tuple[int, int]], day: int, minute: int | None
) -> None:
    limit, now = Limit(day, minute), NOW
    bucket, made = quota.fresh(limit, now), []
    for pause, wanted in calls:
        now += timedelta(seconds=pause / 10)
        granted, bucket = quota.take(bucket, limit, wanted, now)
        assert 0 <= granted <= wanted
        made += [now] * granted
        ready = quota.ready_at(bucket, limit, now)
        assert ready >= now
        assert quota.take(bucket, limit, 1, ready + timedelta(milliseconds=1))[0] == 1
    days = [at.astimezone(quota.BEIJING).date() for at in made]
    assert all(days.count(one) <= day for one in days)
    if minute is not None:
        assert all(sum(at <= other < at + timedelta(seconds=30) for other in made) <= 1.5 * minute + 1 for at in made)


def test_the_day_of_a_quota_begins_at_midnight_in_beijing() -> None:
    limit = Limit(1)
    evening = datetime(2026, 3, 1, 15, 59, tzinfo=UTC)
    _, bucket = quota.take(quota.fresh(limit, evening), limit, 1, evening)
    assert quota.ready_at(bucket, limit, evening) == evening + timedelta(minutes=1)


# restraint


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-01T{text}").replace(tzinfo=ZoneInfo("Asia/Shanghai")).astimezone(UTC)


@pytest.mark.parametrize(
    ("time", "ends"),
    [("21:59", None), ("22:00", "08:30"), ("23:59", "08:30"), ("00:00", "08:30"), ("08:29", "08:30"), ("08:30", None)],
)
def test_quiet_hours_pass_midnight(time: str, ends: str | None) -> None:
    policy = restraint.read({"quiet_hours": {"from": "22:00", "to": "08:30"}}, "Asia/Shanghai")
    until = restraint.quiet_until(policy, "wx", at(time))
    assert (until is None) == (ends is None)
    if until is not None:
        assert f"{until.astimezone(ZoneInfo('Asia/Shanghai')):%H:%M}" == ends
        assert timedelta(0) < until - at(time) <= timedelta(hours=11)


def test_an_account_may_have_its_own_quiet_hours_or_none() -> None:
    body = {
        "quiet_hours": {"from": "22:00", "to": "08:00"},
        "accounts": [
            {"appid": "a", "quiet_hours": None},
            {"appid": "b", "quiet_hours": {"from": "12:00", "to": "13:00"}},
        ],
    }
    policy = restraint.read(body, "Asia/Shanghai")
    assert [restraint.quiet_until(policy, appid, at("23:00")) is None for appid in "abc"] == [True, True, False]
    assert restraint.quiet_until(policy, "b", at("12:30")) == at("13:00")


@given(st.lists(st.integers(0, 500_000), max_size=60), st.integers(0, 3), st.integers(0, 5))
def test_no_day_and_no_week_of_a_person_passes_the_cap(pauses: list[int], day: int, week: int) -> None:
    policy = restraint.Policy(per_day=day, per_week=week)
    now, heard = NOW, []
    for pause in pauses:
        now += timedelta(seconds=pause)
        until = restraint.capped_until(policy, heard, now)
        if until is None:
            heard.append(now)
        else:
            assert until > now
    for one in heard:
        assert sum(one - restraint.DAY < other <= one for other in heard) <= day
        assert sum(one - restraint.WEEK < other <= one for other in heard) <= week


# judging

OPEN = reach.fold(Ledger(), Act("follow", AT - 10))
ASK = Ask("template", "marketing", "wx", "service", "", OPEN)
QUIET = restraint.read({"quiet_hours": {"from": "00:00", "to": "23:59"}}, "Asia/Shanghai")


@pytest.mark.parametrize(
    ("ask", "policy", "kind", "reason"),
    [
        (ASK, restraint.Policy(), "go", "open"),
        (ASK, QUIET, "wait", "quiet"),
        (replace(ASK, purpose="service"), QUIET, "go", "open"),
        (replace(ASK, expires_at=NOW + timedelta(minutes=1)), QUIET, "skip", "quiet"),
        (replace(ASK, expires_at=NOW), restraint.Policy(), "skip", "expired"),
        (replace(ASK, kind=""), restraint.Policy(), "skip", "no_account"),
        (replace(ASK, kind="subscription"), restraint.Policy(), "skip", "not_for_kind"),
        (replace(ASK, ledger=Ledger()), restraint.Policy(), "skip", "unfollowed"),
        (
            replace(ASK, ledger=Ledger(), patient_until=NOW + timedelta(seconds=9)),
            restraint.Policy(),
            "wait",
            "unfollowed",
        ),
        (replace(ASK, heard=[NOW]), restraint.Policy(per_day=1), "wait", "capped"),
        (replace(ASK, heard=[NOW], purpose="service"), restraint.Policy(per_day=1), "go", "open"),
    ],
)
def test_a_send_goes_waits_or_is_skipped_with_its_reason(
    ask: Ask, policy: restraint.Policy, kind: str, reason: str
) -> None:
    verdict = judging.judge(ask, policy, NOW)
    assert (verdict.kind, verdict.reason) == (kind, reason)
    assert (verdict.until is not None) == (kind == "wait" or reason == "quiet")
    assert verdict.trace()["decision"] == kind
