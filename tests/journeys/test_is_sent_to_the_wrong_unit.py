"""Somebody is sent to the wrong unit: it says so, the other unit gets the lead, and neither gets it twice."""

from __future__ import annotations

import pytest

from tests.journeys.town import GROUP, Town


@pytest.fixture
def rejected(town: Town) -> Town:
    """Return the town after automation rejected its only lead."""
    town.follow(1, GROUP, "auto.expo25.sh")
    town.click(1, GROUP)
    town.settle()
    lead = town.claim("automation")
    assert town.tell("automation", lead, "rejection", reason="wrong_bu")["state"] == "rejected"
    assert town.leads("power") == []
    town.settle()
    return town


def test_a_lead_of_the_wrong_unit_goes_to_the_other_one(rejected: Town) -> None:
    (lead,) = rejected.leads("power")
    assert lead["state"] == "queued"
    (old,) = rejected.leads("automation")
    assert (old["state"], old["person_id"]) == ("rejected", lead["person_id"])


def test_it_never_comes_back(rejected: Town) -> None:
    lead = rejected.claim("power")
    rejected.tell("power", lead, "rejection", reason="wrong_bu")
    rejected.settle()
    rejected.click(1, GROUP)
    rejected.settle()
    assert [lead["state"] for lead in rejected.leads("automation")] == ["rejected"]
    assert [lead["state"] for lead in rejected.leads("power")] == ["rejected"]
    assert rejected.post("automation", "/leads/claims", {"limit": 10}).get_json() == {"items": []}
