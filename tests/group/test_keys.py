"""API keys: shown once, kept as a keyed hash, refused when they are not what they were."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from hub.group import service
from hub.group.models import ApiKey
from hub.group.rules import keys as rules
from hub.group.service import keys
from hub.group.service.applying import apply_shape
from hub.kernel import clock, settings
from hub.kernel.access import ADMIN, BU, TOUCHPOINT

_letters = st.text(st.sampled_from(rules.ALPHABET), min_size=1)
_ids = st.text(st.sampled_from(rules.ALPHABET), min_size=8, max_size=8)
_secrets = st.text(st.sampled_from(rules.ALPHABET), min_size=32, max_size=32)


@pytest.fixture
def shaped(session: Session) -> Session:
    """Return a session in which the group has a BU and a touchpoint."""
    apply_shape(
        session,
        {
            "legal_entities": [{"slug": "one", "name": "甲"}],
            "business_units": [
                {
                    "slug": "power",
                    "name": "能源",
                    "legal_entity": "one",
                    "circulation": "shared",
                    "accept_within_hours": None,
                }
            ],
            "touchpoints": [{"slug": "minisite", "kind": "site", "name": "产品小站", "legal_entity": None}],
        },
    )
    return session


@given(st.sampled_from(["live", "test"]), _ids, _secrets)
def test_a_key_that_was_written_is_read_back(kind: str, public_id: str, secret: str) -> None:
    assert rules.read(rules.write(kind, public_id, secret)) == rules.KeyText(public_id, secret)


@given(_ids, _secrets, st.data())
def test_one_wrong_letter_is_noticed_without_the_database(public_id: str, secret: str, data: st.DataObject) -> None:
    key = rules.write("test", public_id, secret)
    at = data.draw(st.integers(9, len(key) - 1))
    wrong = data.draw(st.sampled_from([c for c in rules.ALPHABET if c != key[at]]))
    assert rules.read(key[:at] + wrong + key[at + 1 :]) is None


@given(st.text())
def test_any_other_text_is_no_key(text: str) -> None:
    assert rules.read(text) is None


@pytest.mark.parametrize("change", [" {}", "{} ", "{}\n", "{}0", "x{}", "Bearer {}"])
def test_a_key_is_read_whole_or_not_at_all(change: str) -> None:
    assert rules.read(change.format(rules.write("test", "a" * 8, "b" * 32))) is None


@given(_letters)
def test_a_checksum_is_the_crc_in_base_62(text: str) -> None:
    digits = rules.checksum(text)
    assert len(digits) == 6
    assert sum(rules.ALPHABET.index(d) * 62**n for n, d in enumerate(reversed(digits))) == crc32(text.encode())


def test_a_new_key_has_the_form_that_scanners_know_and_opens_the_api(shaped: Session) -> None:
    made = service.create_key(shaped, name="crm", bu="power")
    assert re.fullmatch(r"hub_test_[0-9A-Za-z]{8}_[0-9A-Za-z]{38}", made)
    caller = service.authenticate(shaped, made)
    assert caller is not None
    power = service.bu_by_slug(shaped, "power")
    assert power is not None
    assert (caller.role, caller.name, caller.bu_id, caller.touchpoint_id) == (BU, "crm", power.id, None)


def test_a_key_is_for_a_touchpoint_or_with_neither_for_the_admins(shaped: Session) -> None:
    site = service.authenticate(shaped, service.create_key(shaped, name="site", touchpoint="minisite"))
    admin = service.authenticate(shaped, service.create_key(shaped, name="admin", scopes=["admin:read"]))
    assert site is not None
    assert admin is not None
    assert (site.role, site.touchpoint_id, site.bu_id) == (TOUCHPOINT, service.touchpoint_ids(shaped)["minisite"], None)
    assert (admin.role, admin.touchpoint_id, admin.bu_id) == (ADMIN, None, None)
    assert shaped.scalars(select(ApiKey.scopes).order_by(ApiKey.id)).all() == [[], ["admin:read"]]


def test_no_two_keys_are_alike(shaped: Session) -> None:
    made = [service.create_key(shaped, name="crm") for _ in range(20)]
    parts = [rules.read(key) for key in made]
    assert len({part.secret for part in parts if part}) == len({part.public_id for part in parts if part}) == 20


@pytest.mark.parametrize(("owner", "what"), [({"bu": "none"}, "business unit"), ({"touchpoint": "none"}, "touchpoint")])
def test_a_key_for_nobody_is_not_made(shaped: Session, owner: dict[str, str], what: str) -> None:
    with pytest.raises(service.UnknownOwner, match=f"no {what} has the slug 'none'"):
        service.create_key(shaped, name="crm", **owner)
    shaped.flush()
    assert shaped.scalars(select(ApiKey)).all() == []


def test_the_secret_is_nowhere_in_the_table(shaped: Session) -> None:
    made = service.create_key(shaped, name="crm", bu="power")
    parts = rules.read(made)
    assert parts is not None
    shaped.flush()
    kept = shaped.scalar(text("SELECT k::text FROM api_key AS k")) or ""
    digest = shaped.scalar(select(ApiKey.digest)) or b""
    assert parts.public_id in kept
    assert parts.secret not in kept
    assert parts.secret.encode().hex() not in kept
    assert len(digest) == 32
    for plain in (parts.secret, made):
        assert digest != hashlib.sha256(plain.encode()).digest(), "a hash without a key can be tried offline"


def test_a_right_id_with_a_wrong_secret_opens_nothing(shaped: Session) -> None:
    first = rules.read(service.create_key(shaped, name="crm", bu="power"))
    second = rules.read(service.create_key(shaped, name="other", bu="power"))
    assert first is not None
    assert second is not None
    assert service.authenticate(shaped, rules.write("test", first.public_id, second.secret)) is None
    assert service.authenticate(shaped, rules.write("test", first.public_id, first.secret.swapcase())) is None
    assert service.authenticate(shaped, rules.write("live", first.public_id, first.secret)) is not None


@pytest.mark.parametrize("key", ["", "hub_test_", "中文", "\0", "x" * 10_000, rules.write("test", "a" * 8, "b" * 32)])
def test_an_unknown_or_malformed_key_opens_nothing(shaped: Session, key: str) -> None:
    service.create_key(shaped, name="crm", bu="power")
    assert service.authenticate(shaped, key) is None


def test_a_key_lives_half_a_year(shaped: Session) -> None:
    made = service.create_key(shaped, name="crm", bu="power")
    clock.set_offset(keys.LIFE - timedelta(minutes=1))
    assert service.authenticate(shaped, made) is not None
    clock.set_offset(keys.LIFE)
    assert service.authenticate(shaped, made) is None


def test_a_revoked_key_opens_nothing_from_then_on(shaped: Session) -> None:
    made = service.create_key(shaped, name="crm", bu="power")
    other = service.create_key(shaped, name="other", bu="power")
    shaped.scalars(select(ApiKey).where(ApiKey.name == "crm")).one().revoked_at = clock.now()
    assert service.authenticate(shaped, made) is None
    assert service.authenticate(shaped, other) is not None


def test_another_secret_key_of_the_installation_opens_nothing(shaped: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    made = service.create_key(shaped, name="crm", bu="power")
    monkeypatch.setenv("HUB_SECRET_KEY", "another-" + "0" * 40)
    settings.current.cache_clear()
    try:
        assert service.authenticate(shaped, made) is None
    finally:
        monkeypatch.undo()
        settings.current.cache_clear()
    assert service.authenticate(shaped, made) is not None
