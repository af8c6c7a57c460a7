"""WeChat accounts: their secrets are sealed at rest, each in its own place."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from hub.group import service
from hub.group.models import WechatAccount
from hub.group.service.applying import apply_shape
from hub.kernel import clock, settings
from hub.kernel.secretbox import SecretUnreadable

SECRETS = {"token": "hubtoken1", "aes_key": "k" * 21 + "j" * 22, "secret": "0123456789abcdef" * 2}


def account(n: int, **changes: Any) -> dict[str, Any]:
    base = {
        "appid": f"wx{n:016x}",
        "original_id": f"gh_{n:012x}",
        "name": f"示例 {n}",
        "kind": "service",
        "open_platform": "main",
        "mode": "safe",
    }
    return {**base, **SECRETS, **changes}


@pytest.fixture
def shaped(session: Session) -> Session:
    """Return a session in which the group has two accounts with the same secrets."""
    shape = {
        "legal_entities": [{"slug": "one", "name": "甲"}],
        "open_platforms": [{"slug": "main", "legal_entity": "one"}],
        "accounts": [account(2, open_platform=None, kind="miniprogram"), account(1)],
    }
    apply_shape(session, shape)
    return session


@pytest.fixture
def other_secret_key(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Yield the means to change HUB_SECRET_KEY for one test."""
    yield monkeypatch
    monkeypatch.undo()
    settings.current.cache_clear()


def change_secret_key(patch: pytest.MonkeyPatch) -> None:
    patch.setenv("HUB_SECRET_KEY", "another-" + "0" * 40)
    settings.current.cache_clear()


def test_accounts_are_read_by_appid_with_their_secrets_open(shaped: Session) -> None:
    first, second = service.accounts(shaped)
    assert (first.appid, second.appid) == (account(1)["appid"], account(2)["appid"])
    assert {name: getattr(first, name) for name in SECRETS} == SECRETS
    assert (first.open_platform, second.open_platform) == ("main", None)
    assert (first.kind, second.kind) == ("service", "miniprogram")
    assert service.account(shaped, second.appid) == second
    assert service.account(shaped, "wx-none") is None


def test_the_open_platform_of_an_account_is_known_by_its_slug(shaped: Session) -> None:
    assert service.open_platform_of(shaped, account(1)["appid"]) == "main"
    assert service.open_platform_of(shaped, account(2)["appid"]) is None
    assert service.open_platform_of(shaped, "wx-none") is None


def test_no_secret_is_readable_in_the_tables(shaped: Session) -> None:
    kept = " ".join(
        shaped.scalars(text("SELECT a::text FROM wechat_account AS a UNION SELECT t::text FROM touchpoint AS t"))
    )
    raw = b" ".join(b" ".join(row) for row in shaped.execute(select(*[getattr(WechatAccount, n) for n in SECRETS])))
    for clear in SECRETS.values():
        assert clear not in kept
        assert clear.encode().hex() not in kept
        assert clear.encode() not in raw


def test_equal_secrets_do_not_look_equal(shaped: Session) -> None:
    for name in SECRETS:
        column = getattr(WechatAccount, name)
        assert shaped.scalar(select(func.count(func.distinct(column)))) == 2


def test_a_repr_shows_no_secret(shaped: Session) -> None:
    shown = repr(service.accounts(shaped))
    assert account(1)["appid"] in shown
    assert not any(clear in shown for clear in SECRETS.values())


def changed(session: Session, hours: float = 0, **secrets: str) -> service.Account:
    """Return the first account after its keys were changed, `hours` later."""
    apply_shape(session, {"accounts": [account(1, **secrets)]})
    clock.set_offset(clock.offset() + timedelta(hours=hours))
    found = service.account(session, account(1)["appid"])
    assert found is not None
    return found


def test_the_keys_before_a_change_hold_for_a_day(shaped: Session) -> None:
    token, key, other = SECRETS["token"], SECRETS["aes_key"], "k" * 43
    assert changed(shaped).earlier == ()
    assert changed(shaped, token="hubtoken2").earlier == ((token, key),)
    both = changed(shaped, token="hubtoken2", aes_key=other, secret="f" * 32)
    assert both.earlier == ((token, key), (token, other), ("hubtoken2", key))
    assert both.earlier_until is not None
    late = changed(shaped, 25, token="hubtoken2", aes_key=other, secret="f" * 32)
    assert (late.earlier, late.earlier_until) == ((), None)
    again = changed(shaped, token="hubtoken3", aes_key=other)
    assert again.earlier == (("hubtoken2", other),), "a key of an older change does not come back"


def test_a_change_of_anything_else_is_no_change_of_keys(shaped: Session) -> None:
    assert changed(shaped, name="新", secret="f" * 32).earlier == ()


def test_another_secret_key_says_so(shaped: Session, other_secret_key: pytest.MonkeyPatch) -> None:
    change_secret_key(other_secret_key)
    with pytest.raises(SecretUnreadable, match="HUB_SECRET_KEY"):
        service.accounts(shaped)
    with pytest.raises(SecretUnreadable):
        service.account(shaped, account(1)["appid"])
    with pytest.raises(SecretUnreadable):
        apply_shape(shaped, {"accounts": [account(1, name="新")]})


def test_a_secret_moved_to_another_account_or_column_does_not_open(shaped: Session) -> None:
    first, second = shaped.scalars(select(WechatAccount).order_by(WechatAccount.appid)).all()
    kept = first.secret
    shaped.execute(update(WechatAccount).where(WechatAccount.appid == first.appid).values(secret=second.secret))
    shaped.expire_all()
    with pytest.raises(SecretUnreadable):
        service.account(shaped, first.appid)
    shaped.execute(update(WechatAccount).where(WechatAccount.appid == first.appid).values(secret=kept, token=kept))
    shaped.expire_all()
    with pytest.raises(SecretUnreadable):
        service.account(shaped, first.appid)


@pytest.mark.parametrize("left", [0, 5, 12, 20])
def test_a_secret_that_is_cut_short_does_not_open(shaped: Session, left: int) -> None:
    row = shaped.scalars(select(WechatAccount).order_by(WechatAccount.appid)).first()
    assert row is not None
    row.token = row.token[:left]
    shaped.flush()
    with pytest.raises(SecretUnreadable):
        service.accounts(shaped)
