"""Limits of menus, what taps on them say, their way to WeChat's form and back, and what is different between two."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wechat.rules import menudiff, menus, menuwire

PRICE = {"name": "询价", "type": "click", "key": "PRICE", "stage": "consideration", "bu": "automation"}
SITE = {"name": "官网", "type": "view", "url": "https://www.example.com/m?src=menu", "stage": "awareness"}
MINI = {
    "name": "选型",
    "type": "miniprogram",
    "appid": "wx3333333333333333",
    "pagepath": "pages/index?from=menu",
    "url": "https://www.example.com/old",
    "stage": "interest",
}


def menu(*buttons: Any, rules: Any = ()) -> dict[str, Any]:
    return {"buttons": list(buttons), "conditional": list(rules)}


def rule(*buttons: Any, **asked: str) -> dict[str, Any]:
    return {"name": "安卓", "client_platform_type": "2", **asked, "buttons": list(buttons)}


GOOD = menu({"name": "产品", "items": [PRICE, MINI]}, SITE, rules=[rule(SITE)])


def told(wrong: dict[str, Any]) -> set[tuple[str, str]]:
    return {(".".join(map(str, flaw.place)), flaw.code) for flaw in menus.flaws(wrong)}


def test_a_menu_within_the_limits_has_no_flaw() -> None:
    assert menus.flaws(GOOD) == []
    assert menus.flaws(menus.empty()) == []


@pytest.mark.parametrize(
    ("wrong", "place", "code"),
    [
        (menu(SITE, SITE, SITE, SITE), "buttons", "too_many"),
        (menu({"name": "产品", "items": [SITE] * 6}), "buttons.0.items", "too_many"),
        (menu({**SITE, "name": ""}), "buttons.0.name", "missing"),
        (menu({**SITE, "name": "五个宽字符"}), "buttons.0.name", "wide"),
        (menu({"name": "产品", "items": [{**SITE, "name": "九个宽的字符太长了"}]}), "buttons.0.items.0.name", "wide"),
        (menu({"name": "产品"}), "buttons.0.type", "no_act"),
        (menu({"name": "产品", "type": "text"}), "buttons.0.type", "unknown"),
        (menu({**PRICE, "key": ""}), "buttons.0.key", "missing"),
        (menu({**PRICE, "key": "键" * 43}), "buttons.0.key", "long"),
        (menu({**SITE, "url": "http://www.example.com"}), "buttons.0.url", "form"),
        (menu({**SITE, "url": "https://a.example/" + "x" * 1024}), "buttons.0.url", "long"),
        (menu({**MINI, "appid": "wx12"}), "buttons.0.appid", "form"),
        (menu({**MINI, "pagepath": ""}), "buttons.0.pagepath", "missing"),
        (menu({**SITE, "stage": "late"}), "buttons.0.stage", "unknown"),
        (menu(rules=[rule(SITE)]), "buttons", "no_default"),
        (menu(SITE, rules=[rule(SITE, client_platform_type="")]), "conditional.0.tag_id", "no_rule"),
        (menu(SITE, rules=[rule(SITE, tag_id="vip")]), "conditional.0.tag_id", "form"),
        (menu(SITE, rules=[rule(SITE, client_platform_type="4")]), "conditional.0.client_platform_type", "unknown"),
        (menu(SITE, rules=[rule()]), "conditional.0.buttons", "missing"),
        (menu(SITE, rules=[rule(SITE, name="")]), "conditional.0.name", "missing"),
        (
            menu(
                SITE, rules=[rule({"name": "站", "items": [{**SITE, "url": f"https://{n}.example"} for n in range(4)]})]
            ),
            "conditional",
            "domains",
        ),
    ],
)
def test_every_limit_is_told_at_its_field(wrong: dict[str, Any], place: str, code: str) -> None:
    assert (place, code) in told(wrong)


def test_names_are_as_wide_as_they_are_shown() -> None:
    assert menus.width("询价") == 4
    assert menus.width("VIP价") == 5
    assert told(menu({**SITE, "name": "ABCDEFGH"})) == set()


def test_taps_say_what_their_buttons_say() -> None:
    assert menus.evidence(GOOD) == {
        ("menu_click", "PRICE"): {"stage": "consideration", "bu": "automation"},
        ("miniprogram_view", "pages/index?from=menu"): {"stage": "interest"},
        ("page_view", "https://www.example.com/m?src=menu"): {"stage": "awareness"},
    }


names = st.text("甲乙AB", min_size=1, max_size=4)
acting = st.one_of(
    st.fixed_dictionaries({"name": names, "type": st.sampled_from(menus.KEYED), "key": st.text("ABC_", min_size=1)}),
    st.fixed_dictionaries({"name": names, "type": st.just("view"), "url": st.just("https://a.example/x")}),
    st.fixed_dictionaries({"name": names, "type": st.just("media_id"), "media_id": st.text("abc", min_size=1)}),
)
tops = st.one_of(
    acting,
    st.fixed_dictionaries({"name": names, "items": st.lists(acting, min_size=1, max_size=5)}),
)
made = st.builds(
    lambda buttons, rules: {"buttons": buttons, "conditional": rules},
    st.lists(tops, min_size=1, max_size=3),
    st.lists(st.builds(lambda buttons: rule(*buttons), st.lists(tops, min_size=1, max_size=3)), max_size=2),
)


@given(made)
def test_what_is_sent_is_read_back_the_same(some: dict[str, Any]) -> None:
    rules = [
        {"button": menuwire.to_wire(r["buttons"]), "matchrule": menuwire.rule_to_wire(r), "menuid": n}
        for n, r in enumerate(some["conditional"])
    ]
    answer = {"menu": {"button": menuwire.to_wire(some["buttons"])}, "conditionalmenu": rules}
    assert menus.flaws(some) == []
    assert menuwire.shown(menuwire.from_wire(answer)) == menuwire.shown(some)


@given(made, made)
def test_menus_without_a_difference_are_the_same_and_the_other_way_round(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    assert menudiff.changes(one, one) == []
    if menuwire.shown(one) != menuwire.shown(other) and len(one["conditional"]) < 2 > len(other["conditional"]):
        assert menudiff.changes(one, other) != []


def test_a_difference_names_the_button_and_the_field() -> None:
    after = menu({"name": "产品", "items": [{**PRICE, "name": "报价"}]}, {**SITE, "stage": "interest"}, MINI)
    found = {(c.what, c.rule, c.path): dict(c.fields) for c in menudiff.changes(GOOD, after)}
    assert found["changed", "", ("产品", "报价")] == {"name": ("询价", "报价")}
    assert found["changed", "", ("官网",)] == {"stage": ("awareness", "interest")}
    assert found["changed", "", ("选型",)] == {"place": ("产品 / 选型", "选型")}
    assert ("rule_removed", "安卓", ()) in found


def test_what_was_made_elsewhere_keeps_the_stages_we_know() -> None:
    elsewhere = menuwire.from_wire({"menu": {"button": menuwire.to_wire([{**PRICE, "name": "报价"}])}})
    assert menuwire.adopt(elsewhere, GOOD)["buttons"] == [{**PRICE, "name": "报价"}]


def test_a_menu_from_the_platform_s_own_pages_is_read() -> None:
    answer = {
        "is_menu_open": 1,
        "selfmenu_info": {
            "button": [
                {"name": "产品", "sub_button": {"list": [{"type": "click", "name": "询价", "key": "PRICE"}]}},
                {"name": "介绍", "type": "text", "value": "您好"},
            ]
        },
    }
    read = menuwire.from_current(answer)
    assert read["buttons"][0]["items"] == [{"name": "询价", "type": "click", "key": "PRICE"}]
    assert told(read) == {("buttons.1.type", "unknown")}
    assert menuwire.from_current({"is_menu_open": 0}) == menus.empty()


@pytest.mark.parametrize(
    ("errcode", "errmsg", "places"),
    [
        (45064, "no permission to use weapp in menu", [(0, "items", 1)]),
        (40055, "invalid button domain", [(1,)]),
        (40026, "invalid sub button key size", [(0, "items", 0)]),
        (40018, "invalid button name size 产品", [(0,)]),
        (48001, "api unauthorized", []),
    ],
)
def test_a_refusal_is_led_back_to_buttons(errcode: int, errmsg: str, places: list[Any]) -> None:
    assert menuwire.accused(errcode, errmsg, GOOD["buttons"]) == places
