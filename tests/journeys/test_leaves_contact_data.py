"""Somebody leaves contact data: the unit that has the lead is shown it, which is written down; nobody else is."""

from __future__ import annotations

from sqlalchemy import select

from hub.kernel.db import transaction
from privacy.models import Collection, Disclosure
from tests.journeys.town import CONTACT, GROUP, Town


def test_contact_data_is_shown_to_the_leads_unit_and_the_ledger_says_so(town: Town) -> None:
    town.follow(1, GROUP, "auto.expo25.sh")
    town.click(1, GROUP)
    town.register(1)
    town.settle()
    lead = town.claim("automation")
    assert lead["reach"]["contact"] == "available"
    shown = town.asks_contact("automation", lead)
    assert (shown["state"], shown["fields"]) == ("available", CONTACT)
    assert town.post("power", f"/leads/{lead['id']}/contact", {"purpose": "首次联系"}).status_code == 404
    with transaction() as session:
        (entry,) = session.scalars(select(Disclosure))
        (collection,) = session.scalars(select(Collection))
    assert (str(entry.lead_id), entry.collection_id, entry.purpose) == (lead["id"], collection.id, "首次联系")
    assert sorted(entry.fields) == sorted(CONTACT)
    assert (collection.sealed, collection.state) == (None, "done")


def test_another_company_of_the_group_is_shown_it_with_consent_only(town: Town) -> None:
    for person, scopes in ((1, ()), (2, ("share:shili-power",))):
        town.follow(person, GROUP, "power.site")
        town.click(person, GROUP)
        town.register(person, *scopes)
    town.settle()
    claimed = town.post("power", "/leads/claims", {"limit": 10}).get_json()["items"]
    states = [town.asks_contact("power", lead)["state"] for lead in claimed]
    assert sorted(states) == ["available", "withheld"]


def test_contact_data_is_readable_before_any_worker_has_vaulted_it(town: Town) -> None:
    town.follow(1, GROUP, "auto.expo25.sh")
    town.click(1, GROUP)
    town.settle()
    town.register(1)
    lead = town.claim("automation")
    assert town.asks_contact("automation", lead)["fields"] == CONTACT
    town.settle()
    assert town.asks_contact("automation", lead)["fields"] == CONTACT
