"""From a registration to the vault and to a business unit's eyes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine, select, text, update
from sqlalchemy.orm import Session

from hub.kernel import clock
from hub.kernel.db import transaction, vault_transaction
from hub.kernel.ids import new_id
from privacy.client.keystore import DAY, INGEST, KeyStore
from privacy.jobs import drain_collections
from privacy.models import Collection, ConsentRecord, Disclosure, IngestKey, VaultItem
from privacy.service import (
    Consent,
    ContactRefused,
    ItemUnreadable,
    KeyGone,
    KeystoreError,
    PurposeRefused,
    SealedUnreadable,
    collect,
    contact_states,
    ensure_keys,
    open_sealed,
    reveal,
    seal_text,
    vault_collections,
)
from tests.privacy.registrations import CONSENT, CONTACT, drain, register, show, tables_with


def _states(*people: object) -> list[str]:
    with transaction() as session:
        return list(contact_states(session, list(people), legal_entity="acme-cn").values())  # type: ignore[arg-type]


def test_a_registration_is_revealed_at_once_and_after_vaulting(store: KeyStore) -> None:
    person = new_id()
    register(person)
    before = show(person)
    assert drain() == 1
    after = show(person)
    assert before == after
    assert after.state == "available"
    assert dict(after.fields) == CONTACT
    assert list(after.fields) == list(CONTACT)
    assert after.purge_by is not None
    assert timedelta(days=27) < after.purge_by - clock.now() <= timedelta(days=28)
    assert _states(person) == ["available"]


def test_a_disclosure_is_written_with_what_was_shown_and_what_for(store: KeyStore) -> None:
    person = new_id()
    collection = register(person, {"name": "示例甲", "email": "a@example.com"})
    drain()
    show(person)
    with transaction() as session:
        rows = session.scalars(select(Disclosure)).all()
    assert [(r.person_id, r.collection_id, r.fields, r.purpose) for r in rows] == [
        (person, collection, ["email", "name"], "首次联系")
    ]


def test_the_vaulted_row_holds_nothing_sealed_and_one_item_per_field(store: KeyStore) -> None:
    collection = register(new_id())
    drain()
    with transaction() as session:
        row = session.get_one(Collection, collection)
        assert (row.state, row.sealed, row.sealed_epoch) == ("done", None, None)
        assert row.fields == sorted(CONTACT)
        assert row.vaulted_at is not None
    with vault_transaction() as vault:
        items = vault.scalars(select(VaultItem)).all()
        assert sorted(item.field for item in items) == sorted(CONTACT)


def test_contact_values_are_in_no_table_before_or_after_vaulting(store: KeyStore, clean: Engine) -> None:
    person = new_id()
    register(person)
    assert tables_with(clean, CONTACT) == set()
    drain()
    show(person)
    assert tables_with(clean, CONTACT) == set()
    with transaction() as session:  # positive controls: as text and as bytes
        session.execute(update(ConsentRecord).values(text_version=f"x{CONTACT['email']}"))
        session.add(IngestKey(day=clock.now().date() - timedelta(days=9), public=CONTACT["name"].encode()))
    assert tables_with(clean, CONTACT) == {"consent", "ingest_key"}


def test_a_reveal_shows_no_values_in_its_repr(store: KeyStore) -> None:
    person = new_id()
    register(person)
    assert not any(value in repr(show(person)) for value in CONTACT.values())


def test_nobody_else_is_shown_anything(store: KeyStore) -> None:
    person = new_id()
    register(person)
    assert show(person, entity="other").state == "withheld"
    assert show(person, entity="other").fields == {}
    with transaction() as session:
        assert session.scalars(select(Disclosure)).all() == []


def test_a_share_consent_opens_to_the_named_entity_until_it_is_withdrawn(store: KeyStore) -> None:
    person = new_id()
    register(person, consent=Consent("v1", ("collection", "share:other")))
    assert show(person, entity="other").state == "available"
    with transaction() as session:
        session.execute(update(ConsentRecord).values(withdrawn_at=clock.now()))
    assert show(person, entity="other").state == "withheld"
    assert show(person).state == "withheld"


def test_a_person_who_never_registered_has_never_been_collected(store: KeyStore) -> None:
    person, other = new_id(), new_id()
    register(other)
    assert show(person).state == "never_collected"
    assert _states(person, other) == ["never_collected", "available"]


def test_the_newest_value_of_each_field_wins_across_a_cluster(store: KeyStore) -> None:
    old, young = new_id(), new_id()
    register(old, {"name": "旧名", "company": "示例公司"})
    clock.set_offset(timedelta(days=2))
    register(young, {"name": "新名"})
    drain()
    shown = show(old, young)
    assert dict(shown.fields) == {"name": "新名", "company": "示例公司"}
    clock.set_offset(timedelta(0))
    assert shown.purge_by is not None
    assert shown.purge_by - clock.now() <= timedelta(days=28)
    with transaction() as session:
        rows = session.execute(select(Disclosure.person_id, Disclosure.fields)).all()
    assert {(person, *fields) for person, fields in rows} == {(young, "name"), (old, "company")}


def test_an_expired_collection_is_refused_before_the_purge_ran(store: KeyStore) -> None:
    person = new_id()
    register(person)
    drain()
    clock.set_offset(timedelta(days=28))
    assert show(person).state == "purged"
    assert _states(person) == ["purged"]


@pytest.mark.parametrize(
    ("contact", "consent", "fields"),
    [
        ({"mobile": "secret-value"}, CONSENT, {"mobile"}),
        ({}, CONSENT, {"contact"}),
        ({"name": "示例"}, Consent("v1", ("phone",)), {"consent"}),
        ({"email": "secret-value"}, Consent("", ()), {"email", "consent"}),
    ],
)
def test_bad_contact_data_is_refused_by_field_and_never_quoted(
    session: Session, contact: dict[str, str], consent: Consent, fields: set[str]
) -> None:
    with pytest.raises(ContactRefused) as refused:
        collect(session, person_id=new_id(), contact=contact, consent=consent, legal_entity=None)
    assert refused.value.errors.keys() == fields
    assert "secret-value" not in f"{refused.value!r} {refused.value.errors}"


@pytest.mark.parametrize("purpose", ["", "  ", "x" * 201, "call 13900000001", "a\nb"])
def test_a_purpose_that_is_none_is_refused(session: Session, purpose: str) -> None:
    ids = {"lead_id": new_id(), "bu_id": new_id(), "actor_id": new_id()}
    with pytest.raises(PurposeRefused):
        reveal(session, people=[new_id()], legal_entity="acme-cn", purpose=purpose, **ids)


def test_a_crash_between_the_two_commits_repeats_harmlessly(store: KeyStore) -> None:
    person = new_id()
    register(person)

    def crash() -> None:
        with transaction() as session:
            vault_collections(session, session.scalars(select(Collection)).all())
            raise SystemError("killed here")

    for _ in range(2):
        with pytest.raises(SystemError):
            crash()
    assert drain() == 1
    assert dict(show(person).fields) == CONTACT


def test_a_collection_whose_ingest_key_is_gone_is_set_aside_and_others_go_on(store: KeyStore) -> None:
    lost, fine = new_id(), new_id()
    register(lost)
    store.destroy(INGEST, clock.now().date(), at=clock.now())
    with transaction() as session:
        session.execute(text("DELETE FROM ingest_key"))
    clock.set_offset(timedelta(days=1))
    register(fine)
    drain()
    assert dict(show(fine).fields) == CONTACT
    assert show(lost).state == "purged"
    with transaction() as session:
        row = session.scalars(select(Collection).where(Collection.person_id == lost)).one()
        assert (row.attempts, row.error) == (1, "KeyGone")


def test_a_lost_key_store_stops_the_drain_and_blames_no_row(store: KeyStore) -> None:
    register(new_id())
    store.directory.chmod(0o755)
    with pytest.raises(KeystoreError):
        drain()
    store.directory.chmod(0o700)
    assert drain() == 1


def test_a_collection_with_a_later_clock_is_refused(store: KeyStore) -> None:
    register(new_id())
    with transaction() as session:
        later = Collection.expires_at + timedelta(days=1)
        session.execute(update(Collection).values(expires_at=later, expires_on=Collection.expires_on + 1))
    drain()
    with transaction() as session:
        assert session.scalars(select(Collection.error)).all() == ["CollectionAltered"]


def test_a_collection_moved_to_another_person_does_not_open(store: KeyStore) -> None:
    register(new_id())
    thief = new_id()
    with transaction() as session:
        session.execute(update(Collection).values(person_id=thief))
    with pytest.raises(SealedUnreadable):
        show(thief)


def test_an_item_swapped_with_another_does_not_open(store: KeyStore) -> None:
    person = new_id()
    register(person)
    drain()
    with vault_transaction() as vault:
        name = select(VaultItem.ciphertext).where(VaultItem.field == "name").scalar_subquery()
        vault.execute(update(VaultItem).where(VaultItem.field == "title").values(ciphertext=name))
    with pytest.raises(ItemUnreadable):
        show(person)


def test_an_item_whose_day_key_is_destroyed_is_purged(store: KeyStore) -> None:
    person = new_id()
    register(person)
    drain()
    for day in store.days(DAY):
        store.destroy(DAY, day, at=clock.now())
    assert show(person).state == "purged"


def test_sealed_text_opens_only_for_its_context_and_while_its_key_lives(store: KeyStore) -> None:
    with transaction() as session:
        sealed = seal_text(session, "示例".encode(), context="callback")
    assert open_sealed(sealed.epoch, sealed.blob, "callback") == "示例".encode()
    assert sealed.blob.hex() not in repr(sealed)
    for blob, context in ((sealed.blob, "other"), (sealed.blob[:-1], "callback"), (b"", "callback")):
        with pytest.raises(SealedUnreadable):
            open_sealed(sealed.epoch, blob, context)
    store.destroy(INGEST, sealed.epoch, at=clock.now())
    with pytest.raises(KeyGone):
        open_sealed(sealed.epoch, sealed.blob, "callback")


def test_a_published_key_seals_without_the_key_store(store: KeyStore) -> None:
    with transaction() as session:
        ensure_keys(session)
        store.directory.rename(store.directory.with_name("away"))
        sealed = seal_text(session, b"x", context="callback")
    store.directory.with_name("away").rename(store.directory)
    assert open_sealed(sealed.epoch, sealed.blob, "callback") == b"x"


def test_keys_are_published_for_today_and_tomorrow(store: KeyStore) -> None:
    today = clock.now().date()
    with transaction() as session:
        ensure_keys(session)
        ensure_keys(session)
        assert set(session.scalars(select(IngestKey.day))) == {today, today + timedelta(days=1)}


def test_the_key_store_of_another_database_is_refused(store: KeyStore) -> None:
    with transaction() as session:
        session.add(IngestKey(day=clock.now().date(), public=b"z" * 32))
        session.flush()
        with pytest.raises(KeystoreError, match="HUB_KEYSTORE"):
            ensure_keys(session)


def test_draining_nothing_is_fine(store: KeyStore) -> None:
    assert drain_collections(0) == 0


def test_the_state_says_withheld_to_an_entity_without_consent(store: KeyStore) -> None:
    kept, shared = new_id(), new_id()
    register(kept)
    register(shared, consent=Consent("v1", ("collection", "share:other-cn")))
    with transaction() as session:
        states = contact_states(session, [kept, shared], legal_entity="other-cn")
    assert states == {kept: "withheld", shared: "available"}
    assert show(kept, entity="other-cn").state == "withheld"
