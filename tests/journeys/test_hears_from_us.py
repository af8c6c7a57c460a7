"""A follower is answered; a campaign reaches everybody once, and what arrived is known."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tests.journeys.town import GROUP, Town

TEXT = {"msgtype": "text", "text": {"content": "资料已发到您的手机"}}
TEMPLATE = {"template_id": "tplReminder-0001", "data": {"thing2": "展会提醒", "time3": "2026-03-19 10:00"}}
AT_ONCE = 100


def item(town: Town, person: int, **changes: Any) -> dict[str, Any]:
    return {**town.openid(person, GROUP), "channel": "custom", "content": TEXT, "purpose": "service", **changes}


def states(town: Town, campaign: str) -> Counter[str]:
    """Return how many sends of a campaign stand in each state, as the API lists them."""
    found: Counter[str] = Counter()
    cursor = ""
    while cursor is not None:
        page = town.get("admin", f"/sends?limit=200&campaign={campaign}{cursor and f'&cursor={cursor}'}").get_json()
        found.update(one["state"] for one in page["items"])
        cursor = page["next_cursor"]
    return found


def test_a_question_is_answered_within_its_window_and_not_after_it(town: Town) -> None:
    town.follow(1, GROUP)
    town.say(1, GROUP, "请问有产品资料吗")
    town.settle()
    (queued,) = town.post("admin", "/sends", {"items": [item(town, 1)]}).get_json()["items"]
    town.settle()
    (sent,) = town.get("admin", f"/sends?person_id={queued['person_id']}").get_json()["items"]
    assert (sent["id"], sent["state"], sent["reason"]) == (queued["id"], "sent", None)
    assert town.world.sent[-1]["text"] == TEXT["text"]
    town.pass_time(days=3)
    (late,) = town.post("admin", "/sends", {"items": [item(town, 1)]}).get_json()["items"]
    town.settle()
    (skipped,) = town.get("admin", "/sends?state=skipped").get_json()["items"]
    assert (skipped["id"], skipped["reason"]) == (late["id"], "no_window")
    (account,) = town.get("admin", f"/people/{queued['person_id']}/reach").get_json()["items"]
    ways = {way["channel"]: way["open"] for way in account["ways"]}
    assert (ways["custom"], ways["template"], ways["mass"]) == (False, True, True)


def test_a_campaign_is_asked_for_twice_and_reaches_everybody_once(town: Town) -> None:
    people = range(AT_ONCE)
    for person in people:
        town.follow(person, GROUP)
    town.unfollow(7, GROUP)
    blocked = {person for person in people if person % 20 == 3}
    town.world.outbox.blockers |= {(GROUP, town.world.openid(GROUP, person)) for person in blocked}
    town.settle()
    wish = {"content": TEMPLATE, "channel": "template", "purpose": "marketing", "campaign": "expo25"}
    body = {"items": [item(town, person, dedupe_key=f"expo25:{person}", **wish) for person in people]}
    first = town.post("admin", "/sends", body).get_json()["items"]
    second = town.post("admin", "/sends", body).get_json()["items"]
    assert [one["id"] for one in first] == [one["id"] for one in second]
    town.settle()
    assert states(town, "expo25") == {"sent": AT_ONCE - 1, "skipped": 1}
    assert town.hear_results() == AT_ONCE - 1
    town.settle()
    arrived = {"delivered": AT_ONCE - 1 - len(blocked), "undelivered": len(blocked), "skipped": 1}
    assert states(town, "expo25") == arrived
    assert set(town.world.outbox.received.values()) == {1}
