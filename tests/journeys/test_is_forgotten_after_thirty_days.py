"""A month goes by: contact data is gone for good, while the person, the score and the lead go on."""

from __future__ import annotations

from sqlalchemy import func, select

from hub.kernel.db import transaction, vault_transaction
from privacy.models import Disclosure, VaultItem
from tests.journeys.town import CONTACT, GROUP, Town


def test_contact_data_goes_and_the_person_stays(town: Town) -> None:
    town.follow(1, GROUP, "auto.expo25.sh")
    town.click(1, GROUP)
    town.register(1)
    town.settle()
    lead = town.claim("automation")
    town.tell("automation", lead, "acceptance")
    assert town.asks_contact("automation", lead)["fields"] == CONTACT
    before = town.score(1, GROUP)
    town.pass_time(days=31)
    gone = town.asks_contact("automation", lead)
    assert gone == {"state": "purged", "fields": {}, "purge_by": None}
    (kept,) = town.leads("automation")
    assert (kept["id"], kept["person_id"], kept["state"]) == (lead["id"], lead["person_id"], "accepted")
    assert kept["reach"] == {"followed_accounts": 1, "contact": "purged"}
    assert town.score(1, GROUP) == before == 90
    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(Disclosure)) == 1
    with vault_transaction() as vault:
        assert vault.scalar(select(func.count()).select_from(VaultItem)) == 0
    town.click(1, GROUP)
    town.settle()
    assert town.score(1, GROUP) == before + 50


def test_whoever_registers_again_is_reachable_again(town: Town) -> None:
    town.follow(1, GROUP, "auto.expo25.sh")
    town.click(1, GROUP)
    town.register(1)
    town.settle()
    lead = town.claim("automation")
    town.tell("automation", lead, "acceptance")
    town.pass_time(days=31)
    town.register(1, mobile="13900000002")
    town.settle()
    assert town.asks_contact("automation", lead)["fields"] == {**CONTACT, "mobile": "13900000002"}
