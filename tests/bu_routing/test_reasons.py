from __future__ import annotations

from bu_routing.rules.reasons import DISQUALIFY, HOLD, REASONS, RECYCLE, REROUTE, VERBS
from bu_routing.rules.states import REJECTED, step


def test_every_reason_has_words_in_both_languages_and_a_known_effect() -> None:
    for code, reason in REASONS.items():
        assert reason.code == code
        assert reason.zh
        assert reason.en
        assert reason.effect in (REROUTE, RECYCLE, DISQUALIFY, HOLD)


def test_only_a_recycled_lead_has_days() -> None:
    for reason in REASONS.values():
        assert (reason.days is not None) == (reason.effect == RECYCLE)


def test_every_effect_but_rerouting_is_an_arrow_from_rejected() -> None:
    assert {effect: step(REJECTED, verb).state for effect, verb in VERBS.items()} == {
        RECYCLE: "recycled",
        DISQUALIFY: "disqualified",
        HOLD: "held",
    }


def test_only_the_reason_other_needs_a_note() -> None:
    assert [reason.code for reason in REASONS.values() if reason.needs_note] == ["other"]
