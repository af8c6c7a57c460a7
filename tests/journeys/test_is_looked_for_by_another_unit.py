"""Another unit looks for somebody's lead: the answer is the one for a lead that never was, to the byte."""

from __future__ import annotations

from typing import Any

import pytest

from hub.kernel.ids import new_id
from tests.journeys.town import GROUP, Town

CALLS: list[tuple[str, Any]] = [
    ("acceptance", None),
    ("release", None),
    ("rejection", {"reason": "no_need"}),
    ("progress", {"state": "won"}),
    ("contact", {"purpose": "首次联系"}),
]


@pytest.fixture
def foreign(town: Town) -> str:
    """Return the id of a lead that automation has claimed, with contact data behind it."""
    town.follow(1, GROUP, "auto.expo25.sh")
    town.click(1, GROUP)
    town.register(1, "share:shili-power")
    town.settle()
    return str(town.claim("automation")["id"])


def test_a_foreign_lead_and_one_that_never_was_answer_alike(town: Town, foreign: str) -> None:
    made_up = str(new_id())
    for verb, body in CALLS:
        theirs, nobodys = (town.post("power", f"/leads/{id_}/{verb}", body) for id_ in (foreign, made_up))
        assert (theirs.status_code, theirs.data) == (404, nobodys.data)
        assert sorted(theirs.headers) == sorted(nobodys.headers)
    theirs, nobodys = (town.get("power", f"/leads/{id_}") for id_ in (foreign, made_up))
    assert (theirs.status_code, theirs.data) == (404, nobodys.data)


def test_lists_claims_and_cursors_show_nothing_of_it(town: Town, foreign: str) -> None:
    own = town.get("automation", "/leads?limit=1").get_json()["items"]
    assert [lead["id"] for lead in own] == [foreign]
    for path in ("/leads", "/leads?state=claimed", "/leads?state=queued&order=score"):
        assert town.get("power", path).get_json() == {"items": [], "next_cursor": None}
    assert town.post("power", "/leads/claims", {"limit": 100}).get_json() == {"items": []}
    assert town.get("automation", f"/leads/{foreign}").get_json()["state"] == "claimed"
