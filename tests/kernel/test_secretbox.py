"""Secrets at rest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.kernel.secretbox import SecretUnreadable, derive, seal, unseal

KEY = derive("k" * 40, "test")


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"])))
def test_what_is_sealed_opens_again(clear: str, context: str) -> None:
    assert unseal(KEY, seal(KEY, clear, context=context), context=context) == clear


def test_the_same_secret_never_looks_the_same_and_never_shows() -> None:
    sealed = [seal(KEY, "hubtoken1", context="a") for _ in range(50)]
    assert len({one[:12] for one in sealed}) == len(set(sealed)) == 50
    assert not any(b"hubtoken1" in one for one in sealed)


@pytest.mark.parametrize(
    ("key", "context"),
    [
        (derive("k" * 40, "other"), "row:token"),
        (derive("K" * 40, "test"), "row:token"),
        (KEY, "row:secret"),
        (KEY, "other:token"),
        (KEY, ""),
    ],
)
def test_another_key_or_context_opens_nothing(key: bytes, context: str) -> None:
    sealed = seal(KEY, "hubtoken1", context="row:token")
    with pytest.raises(SecretUnreadable, match="HUB_SECRET_KEY"):
        unseal(key, sealed, context=context)


def test_no_byte_can_be_changed_or_cut() -> None:
    sealed = seal(KEY, "hubtoken1", context="a")
    broken = [sealed[:n] + bytes([sealed[n] ^ 1]) + sealed[n + 1 :] for n in range(len(sealed))]
    broken += [sealed[:n] for n in range(len(sealed))] + [sealed + b"\0"]
    for one in broken:
        with pytest.raises(SecretUnreadable):
            unseal(KEY, one, context="a")


def test_keys_are_32_bytes_and_depend_on_secret_and_purpose() -> None:
    keys = {derive(secret, purpose) for secret in ("one", "two") for purpose in ("api_key", "wechat_account")}
    assert len(keys) == 4
    assert {len(key) for key in keys} == {32}
    assert derive("one", "api_key") in keys
