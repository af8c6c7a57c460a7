"""Somebody registers on an event's page and comes: the page counts, the code opens the door, the score grows."""

from __future__ import annotations

from sqlalchemy import select

from hub.kernel.db import transaction
from hub.pool.models import Profile
from tests.journeys.town import CONTACT, Town, code_on, signs_up

SLUG = "automation-webinar"


def score_of_the_only_one() -> int:
    with transaction() as session:
        return session.scalars(select(Profile.score)).one()


def test_a_visitor_registers_scores_and_is_checked_in_once(town: Town) -> None:
    browser = town.client.application.test_client()
    answer = signs_up(browser, SLUG, **CONTACT, company_size="200-999", consent_phone="y")
    assert (answer.status_code, answer.location) == (303, f"/events/{SLUG}/done")
    town.settle()
    assert score_of_the_only_one() == 30
    code = code_on(browser.get(f"/events/{SLUG}/done").text)
    first = town.post("minisite", f"/events/{SLUG}/check-ins", {"code": code}).get_json()
    again = town.post("minisite", f"/events/{SLUG}/check-ins", {"code": code.lower()}).get_json()
    assert (first["status"], again["status"], again["at"]) == ("checked_in", "already_checked_in", first["at"])
    town.settle()
    assert score_of_the_only_one() == 60
    event = town.get("admin", "/events").get_json()["items"][0]
    assert (event["slug"], event["registered"], event["checked_in"]) == (SLUG, 1, 1)


def test_whoever_came_is_a_lead_of_the_events_unit_with_contact_data(town: Town) -> None:
    browser = town.client.application.test_client()
    signs_up(browser, SLUG, **CONTACT, company_size="200-999")
    code = code_on(browser.get(f"/events/{SLUG}/done").text)
    town.post("minisite", f"/events/{SLUG}/check-ins", {"code": code})
    town.settle()
    lead = town.claim("automation")
    assert (lead["company_size"], lead["reach"]["contact"]) == ("200-999", "available")
    assert town.asks_contact("automation", lead)["fields"] == CONTACT


def test_a_code_that_nobody_has_opens_no_door(town: Town) -> None:
    assert town.post("minisite", f"/events/{SLUG}/check-ins", {"code": "222222"}).status_code == 404
    assert town.post("automation", f"/events/{SLUG}/check-ins", {"code": "222222"}).status_code == 403
