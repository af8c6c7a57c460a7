"""Somebody meets the group in three places and asks for a price in one: one person, one MQL, one lead."""

from __future__ import annotations

from sqlalchemy import func, select

from hub.kernel.db import transaction
from hub.pool.models import Identity, Person, Qualification
from tests.journeys.town import AUTOMATION, ENERGY, GROUP, MINI, Town


def test_three_places_are_one_person_and_one_lead_which_is_claimed_and_accepted(town: Town) -> None:
    town.follow(7, GROUP, "auto.expo25.sh")
    town.follow(7, ENERGY)
    town.log_in(7)
    town.settle()
    assert town.leads("automation") == []
    town.click(7, GROUP)
    town.click(7, ENERGY)
    town.settle()
    with transaction() as session:
        ids = (Person, Person.id == Identity.person_id)
        roots = select(func.count(Person.root_id.distinct())).select_from(Identity).join(*ids)
        assert session.scalar(roots) == 1
        openids = set(session.scalars(select(Identity.value).where(Identity.kind == "openid")))
        assert openids == {town.world.openid(appid, 7) for appid in (GROUP, ENERGY, MINI)}
        assert session.scalar(select(func.count()).select_from(Qualification)) == 1
    (lead,) = town.leads("automation")
    assert town.leads("power") == []
    assert (lead["state"], lead["score"], lead["need"]) == ("queued", 60, "自动化询价")
    assert lead["reach"] == {"followed_accounts": 2, "contact": "never_collected"}
    claimed = town.claim("automation")
    assert (claimed["id"], claimed["state"]) == (lead["id"], "claimed")
    assert town.post("automation", "/leads/claims", {"limit": 10}).get_json() == {"items": []}
    assert town.tell("automation", claimed, "acceptance")["state"] == "accepted"


def test_two_people_stay_two_with_a_lead_each(town: Town) -> None:
    for person, scene in ((1, "auto.webinar.gz"), (2, "power.site")):
        town.follow(person, AUTOMATION, scene)
        town.click(person, AUTOMATION)
    town.settle()
    (first,), (second,) = town.leads("automation"), town.leads("power")
    assert first["person_id"] != second["person_id"]


def test_whoever_unfollows_is_not_counted_as_a_follower(town: Town) -> None:
    town.follow(3, GROUP, "auto.expo25.sh")
    town.click(3, GROUP)
    town.settle()
    town.unfollow(3, GROUP)
    town.settle()
    (lead,) = town.leads("automation")
    assert lead["reach"]["followed_accounts"] == 0
    assert town.score(3, GROUP) == 50
