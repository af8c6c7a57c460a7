"""The pure rules of logins: WeChat's address, the state, the signature of a page."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wechat.rules import logins, pages
from wechat.rules.errortable import NETWORK

KEY, NONCE, AT = b"k" * 32, "0" * 32, 1_790_000_000
BOUND = ("wx7a10c3e5d2f49b18", "https://m.example.com/", "base")


def test_the_address_has_wechats_order_and_its_mark_at_the_end() -> None:
    url = logins.authorize_url(
        "https://open.example",
        appid="wx1",
        redirect_uri="https://hub.example/back?a=1&b=2",
        scope="userinfo",
        state="abc",
        component_appid="wx2",
    )
    names = ["appid", "redirect_uri", "response_type", "scope", "state", "component_appid"]
    assert [name for name, _ in parse_qsl(urlsplit(url).query)] == names
    assert "redirect_uri=https%3A%2F%2Fhub.example%2Fback%3Fa%3D1%26b%3D2&" in url
    assert url.endswith("#wechat_redirect")


def test_a_state_fits_into_what_wechat_takes() -> None:
    state = logins.write_state(KEY, NONCE, AT, BOUND)
    assert re.fullmatch(r"[A-Za-z0-9]{1,128}", state)
    assert logins.nonce_of(state) == NONCE
    assert logins.nonce_of(f"{state}0") is None


@given(st.integers(0, 103), st.sampled_from("0123456789abcdef"))
def test_a_state_with_any_letter_changed_is_none(place: int, letter: str) -> None:
    state = logins.write_state(KEY, NONCE, AT, BOUND)
    forged = state[:place] + letter + state[place + 1 :]
    assert logins.holds(KEY, forged, AT, BOUND) == (forged == state)


@pytest.mark.parametrize(("later", "holds"), [(0, True), (599, True), (600, False), (-1, False)])
def test_a_state_lasts_for_ten_minutes(later: int, holds: bool) -> None:
    state = logins.write_state(KEY, NONCE, AT, BOUND)
    assert logins.holds(KEY, state, AT + later, BOUND) is holds


def test_a_state_is_bound_to_each_part_and_to_where_it_ends() -> None:
    state = logins.write_state(KEY, NONCE, AT, ("ab", "c"))
    assert not logins.holds(KEY, state, AT, ("a", "bc"))
    assert not logins.holds(KEY, state, AT, ("ab", "c", ""))
    assert not logins.holds(b"x" * 32, state, AT, ("ab", "c"))


@pytest.mark.parametrize("errcode", [40029, 40163, 40030, 42002, 42003, 42007, -1, NETWORK])
def test_what_a_new_code_mends_is_begun_anew(errcode: int) -> None:
    assert logins.outcome_of(errcode) == "restart"


@pytest.mark.parametrize("errcode", [48001, 40226, 40013, 40125, 45011, 61003, 12345])
def test_what_no_new_code_mends_is_refused(errcode: int) -> None:
    assert logins.outcome_of(errcode) == "refused"


def test_a_page_is_signed_as_wechats_own_example_is() -> None:
    ticket = "sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg"
    url = "http://mp.weixin.qq.com?params=value"
    expected = "0f9de62fce790f9a083d5c99e95740ceb90c27ed"
    assert pages.sign(ticket, "Wm3WZYTPz0wzccnW", 1414587457, url) == expected
    assert pages.sign(ticket, "Wm3WZYTPz0wzccnW", 1414587457, f"{url}#/route") == expected
