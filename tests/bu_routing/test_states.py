from __future__ import annotations

import pytest

from bu_routing.rules.states import OPEN, PROGRESS, STATES, TABLE, NotAllowed, Step, step

ARROWS = [
    ("held", "free", "queued", ()),
    ("held", "disqualify", "disqualified", ()),
    ("confirming", "confirm", "queued", ()),
    ("confirming", "disqualify", "disqualified", ()),
    ("queued", "claim", "claimed", ()),
    ("claimed", "accept", "accepted", ()),
    ("claimed", "release", "queued", ()),
    ("claimed", "expire", "queued", ()),
    ("claimed", "reject", "rejected", ()),
    ("accepted", "accept", "accepted", ()),
    ("accepted", "qualify", "qualified", ()),
    ("accepted", "open", "opportunity", ("qualified",)),
    ("accepted", "win", "won", ("qualified", "opportunity")),
    ("accepted", "lose", "lost", ()),
    ("accepted", "reject", "rejected", ()),
    ("qualified", "qualify", "qualified", ()),
    ("qualified", "open", "opportunity", ()),
    ("qualified", "win", "won", ("opportunity",)),
    ("qualified", "lose", "lost", ()),
    ("qualified", "reject", "rejected", ()),
    ("opportunity", "qualify", "opportunity", ()),
    ("opportunity", "open", "opportunity", ()),
    ("opportunity", "win", "won", ()),
    ("opportunity", "lose", "lost", ()),
    ("won", "qualify", "won", ()),
    ("won", "open", "won", ()),
    ("won", "win", "won", ()),
    ("won", "lose", "lost", ()),
    ("lost", "qualify", "lost", ()),
    ("lost", "open", "lost", ()),
    ("lost", "win", "won", ()),
    ("lost", "lose", "lost", ()),
    ("rejected", "recycle", "recycled", ()),
    ("rejected", "disqualify", "disqualified", ()),
    ("rejected", "hold", "held", ()),
]
VERBS = sorted({verb for _, verb, _, _ in ARROWS})
KNOWN = {(state, verb) for state, verb, _, _ in ARROWS}


@pytest.mark.parametrize(("state", "verb", "target", "skipped"), ARROWS)
def test_every_arrow_leads_where_it_should(state: str, verb: str, target: str, skipped: tuple[str, ...]) -> None:
    assert step(state, verb) == Step(target, skipped)


@pytest.mark.parametrize(("state", "verb"), [(s, v) for s in STATES for v in VERBS if (s, v) not in KNOWN])
def test_every_other_verb_is_refused_with_a_message(state: str, verb: str) -> None:
    with pytest.raises(NotAllowed, match=f"{state} cannot {verb}"):
        step(state, verb)


def test_the_table_has_no_arrow_without_a_test() -> None:
    assert {(state, verb) for state, arrows in TABLE.items() for verb in arrows} == KNOWN


def test_progress_said_twice_changes_nothing() -> None:
    for state, verb in PROGRESS.items():
        assert step(state, verb) == Step(state)


def test_every_state_that_an_arrow_reaches_is_in_the_table() -> None:
    assert {target for arrows in TABLE.values() for target in arrows.values()} <= set(STATES)
    assert set(OPEN) < set(STATES)
