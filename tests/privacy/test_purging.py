"""The purge: nothing readable afterwards, whatever happened on the way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select, text

from hub.kernel import clock, partitions
from hub.kernel.db import transaction, vault_transaction
from hub.kernel.ids import new_id
from hub.kernel.outbox import FactRow, read
from hub.web.tables import ensure_partitions
from privacy import jobs
from privacy.client.keystore import DAY, INGEST, KeyStore
from privacy.facts import PiiPurged
from privacy.models import Collection, PurgeRun
from privacy.service import KeyGone, PurgeReport, contact_states, open_sealed, purging
from tests.privacy.registrations import CONTACT, drain, register, show, tables_with

LATER = timedelta(days=31)


def _purged_facts() -> list[tuple[object, object]]:
    with transaction() as session:
        rows = session.scalars(select(FactRow).where(FactRow.kind == PiiPurged.kind)).all()
        facts = [read(PiiPurged, row) for row in rows]
    return sorted(((fact.person_id, fact.collection_id) for fact in facts), key=str)


def _vault_days() -> set[str]:
    with vault_transaction() as vault:
        return partitions.partitions_of(vault, "vault_item")


def _over(store: KeyStore) -> set[object]:
    today = clock.now().date()
    return {day for day in store.days(DAY) if day <= today} | {
        day for day in store.days(INGEST) if day + timedelta(days=3) <= today
    }


def test_after_31_days_nothing_is_left_to_read(store: KeyStore, clean: Engine) -> None:
    vaulted, sealed = new_id(), new_id()
    first = register(vaulted)
    drain()
    second = register(sealed)
    with transaction() as session:
        row = session.get_one(Collection, second)
        blob, epoch = row.sealed, row.sealed_epoch
    day = clock.now().date() + timedelta(days=28)
    assert blob is not None
    assert epoch is not None
    clock.set_offset(LATER)
    report = jobs.purge_due()
    assert (report.collections, report.items, report.ingest_days, report.waiting) == (2, 10, 1, 0)
    assert report.unusual
    assert show(vaulted).state == show(sealed).state == "purged"
    with transaction() as session:
        assert set(contact_states(session, [vaulted, sealed], legal_entity="acme-cn").values()) == {"purged"}
        rows = session.scalars(select(Collection)).all()
        assert all(row.purged_at is not None and row.sealed is None and row.state == "done" for row in rows)
    assert _over(store) == set()
    assert f"vault_item_{day:%Y%m%d}" not in _vault_days()
    assert tables_with(clean, {"sealed": blob.hex()}) == set()
    assert tables_with(clean, CONTACT) == set()
    with pytest.raises(KeyGone):
        open_sealed(epoch, blob, "collection")
    assert _purged_facts() == sorted([(vaulted, first), (sealed, second)], key=str)


def test_the_ledger_says_what_was_destroyed_and_when(store: KeyStore) -> None:
    register(new_id())
    drain()
    day, epoch = clock.now().date() + timedelta(days=28), clock.now().date()
    clock.set_offset(LATER)
    jobs.purge_due()
    with transaction() as session:
        runs = {(run.kind, run.day): run for run in session.scalars(select(PurgeRun))}
    assert (runs["vault", day].collections, runs["vault", day].items) == (1, 5)
    assert runs["ingest", epoch].collections == 0
    assert all(run.dropped_at is not None for run in runs.values())


def test_a_second_purge_finds_nothing_to_do(store: KeyStore) -> None:
    register(new_id())
    drain()
    clock.set_offset(LATER)
    jobs.purge_due()
    facts = _purged_facts()
    assert jobs.purge_due() == PurgeReport(0, 0, 0, 0)
    ensure_partitions()
    assert jobs.purge_due() == PurgeReport(0, 0, 0, 0)
    assert _purged_facts() == facts


def test_what_is_not_over_is_left_alone(store: KeyStore) -> None:
    old, young = new_id(), new_id()
    register(old)
    drain()
    clock.set_offset(timedelta(days=20))
    ensure_partitions()
    register(young)
    drain()
    clock.set_offset(timedelta(days=29))
    report = jobs.purge_due()
    assert report.collections == 1
    assert show(old).state == "purged"
    assert dict(show(young).fields) == CONTACT


def test_at_the_stroke_of_the_expiry_day_the_key_is_gone(store: KeyStore) -> None:
    register(new_id())
    drain()
    (day,) = store.days(DAY)
    clock.set_offset(timedelta(days=27))
    assert jobs.purge_due().collections == 0
    assert store.days(DAY) == {day}
    clock.set_offset(timedelta(days=28))
    assert jobs.purge_due().collections == 1
    assert store.days(DAY) == set()


STEPS = [
    "days_over",
    "destroy_keys",
    "record_destroyed",
    "drop_partition",
    "mark_purged",
    "record_dropped",
    "ingest_days_over",
    "destroy_ingest",
]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("done", [False, True])
def test_a_purge_killed_at_any_step_is_finished_by_the_next(
    store: KeyStore, clean: Engine, monkeypatch: pytest.MonkeyPatch, step: str, done: bool
) -> None:
    person = new_id()
    collection = register(person)
    drain()
    clock.set_offset(LATER)
    real = getattr(purging, step)

    def crash(*arguments: Any) -> None:
        if done:
            real(*arguments)
        raise SystemError("killed here")

    with monkeypatch.context() as patch:
        patch.setattr(purging, step, crash)
        with pytest.raises(SystemError):
            jobs.purge_due()
    assert show(person).state == "purged"
    jobs.purge_due()
    assert _over(store) == set()
    assert _purged_facts() == [(person, collection)]
    with transaction() as session:
        runs = session.scalars(select(PurgeRun)).all()
        assert all(run.dropped_at is not None for run in runs)
        assert sum(run.items for run in runs) == 5
        assert session.scalars(select(Collection.purged_at)).one() is not None
    assert jobs.purge_due() == PurgeReport(0, 0, 0, 0)


def test_a_reader_makes_dropping_wait_but_not_the_keys(store: KeyStore, clean: Engine) -> None:
    person = new_id()
    register(person)
    drain()
    (day,) = store.days(DAY)
    clock.set_offset(timedelta(days=28))
    with vault_transaction() as vault:  # earlier days hold nothing: each would wait for the reader, too
        for name in sorted(_vault_days()):
            if name < f"vault_item_{day:%Y%m%d}":
                vault.execute(text(f"DROP TABLE {name}"))
    with clean.connect() as reader:
        reader.execute(text(f"SELECT count(*) FROM vault_item_{day:%Y%m%d}"))
        report = jobs.purge_due()
        assert (report.days, report.waiting) == (1, 1)
        assert store.days(DAY) == set()
        assert show(person).state == "purged"
    assert jobs.purge_due().days == 1
    with transaction() as session:
        assert session.scalars(select(PurgeRun.dropped_at).where(PurgeRun.day == day)).one() is not None


def test_partitions_of_today_and_before_are_never_made_again(store: KeyStore) -> None:
    clock.set_offset(LATER)
    jobs.purge_due()
    ensure_partitions()
    assert min(_vault_days()) == f"vault_item_{clock.now().date() + timedelta(days=1):%Y%m%d}"
