"""What the menu editor does to a draft, whatever place it is told."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hub.web.console import menuediting as editing
from hub.web.console.menuediting import Spot
from wechat.rules import menus

PRICE = {"name": "询价", "type": "click", "key": "PRICE", "stage": "interest"}
SITE = {"name": "官网", "type": "view", "url": "https://www.example.com"}
DRAFT: dict[str, Any] = {"buttons": [{"name": "产品", "items": [PRICE, SITE]}, SITE], "conditional": []}

spots = st.builds(Spot, st.none() | st.integers(0, 3), st.lists(st.integers(0, 6), max_size=2).map(tuple))
acts = st.sampled_from(["add", "remove", "before", "after", "rule", "unrule", "write"])


def act(draft: dict[str, Any], name: str, spot: Spot) -> dict[str, Any]:
    typed = {"name": "甲", "type": "view", "url": "https://a.example", "tag_id": "7"}
    done = {
        "add": lambda: editing.add(draft, spot)[0],
        "remove": lambda: editing.remove(draft, spot)[0],
        "before": lambda: editing.move(draft, spot, -1)[0],
        "after": lambda: editing.move(draft, spot, 1)[0],
        "rule": lambda: editing.add_rule(draft, "乙")[0],
        "unrule": lambda: editing.remove_rule(draft, spot)[0],
        "write": lambda: editing.write(draft, spot, typed),
    }
    return done[name]()


@given(st.lists(st.tuples(acts, spots), max_size=12))
def test_whatever_is_pressed_the_draft_stays_a_menu_within_its_sizes(steps: list[tuple[str, Spot]]) -> None:
    draft = DRAFT
    for name, wanted in steps:
        before = repr(draft)
        after = act(draft, name, editing.within(draft, wanted))
        assert repr(draft) == before, "the draft that was read is not touched"
        draft = after
    assert len(draft["buttons"]) <= menus.TOP
    assert all(len(button.get("items") or ()) <= menus.SUB for button in draft["buttons"])
    menus.flaws(draft)


def test_the_first_button_inside_another_takes_over_what_that_did() -> None:
    made, spot = editing.add(DRAFT, Spot(None, (1,)))
    assert spot == Spot(None, (1, 0))
    assert made["buttons"][1] == {"name": "官网", "items": [{"name": "", "type": "view", "url": SITE["url"]}]}


def test_removing_the_last_button_inside_leaves_a_button_without_an_act() -> None:
    made, spot = editing.remove(DRAFT, Spot(None, (0, 0)))
    made, spot = editing.remove(made, spot)
    assert (made["buttons"][0], spot) == ({"name": "产品"}, Spot(None, (0,)))


def test_moving_goes_with_the_button_and_stops_at_the_ends() -> None:
    made, spot = editing.move(DRAFT, Spot(None, (0, 0)), 1)
    assert ([b["name"] for b in made["buttons"][0]["items"]], spot) == (["官网", "询价"], Spot(None, (0, 1)))
    assert editing.move(made, spot, 1) == (made, spot)


def test_what_another_type_needed_is_not_kept() -> None:
    typed = {"name": "询价", "type": "view", "url": "https://a.example", "key": "PRICE", "stage": "interest"}
    made = editing.write(DRAFT, Spot(None, (0, 0)), typed)
    expected = {"name": "询价", "type": "view", "url": "https://a.example", "stage": "interest"}
    assert made["buttons"][0]["items"][0] == expected


def test_a_place_in_an_address_is_read_and_nonsense_is_the_start() -> None:
    assert editing.spot("1", "0.2") == Spot(1, (0, 2))
    assert editing.spot("x", "9999.1") == Spot()
    assert editing.within(DRAFT, Spot(4, (9, 9))) == Spot()
    assert editing.within(DRAFT, Spot(None, (0, 9))) == Spot(None, (0, 1))
