from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from marshmallow import ValidationError

from bu_routing.schemas import (
    ClaimBody,
    ContactBody,
    LeadQuery,
    ProgressBody,
    RejectionBody,
    RoutingSection,
    refuse_unknown_targets,
)
from hub.kernel import clock
from hub.kernel.http import Strict

RULE = {"name": "r", "when": {"field": "score", "gt": 3}, "to": "power"}


def errors(schema: type[Strict], body: dict[str, Any]) -> Any:
    with pytest.raises(ValidationError) as caught:
        schema().load(body)
    return caught.value.messages


def test_a_routing_section_keeps_conditions_as_canonical_trees() -> None:
    when = {"all": [{"activity": "menu_click", "key": "PRICE", "at_least": 1}, {"field": "score", "gte": 3.0}]}
    loaded = RoutingSection().load({"rules": [{**RULE, "when": when}], "fallback": "power"})
    assert loaded["rules"][0]["when"] == {
        "all": [{"activity": "menu_click", "key": "PRICE"}, {"field": "score", "gte": 3}]
    }
    assert RoutingSection().load(loaded) == loaded


def test_a_mistake_in_a_condition_is_named_at_its_rule() -> None:
    wrong = {**RULE, "when": {"all": [{"field": "scroe", "gt": 3}]}}
    messages = errors(RoutingSection, {"rules": [RULE | {"name": "ok"}, wrong], "fallback": "power"})
    assert messages["rules"][1]["when"] == [
        "all[0].field: expected a known field, found 'scroe'; did you mean \"score\"?"
    ]


def test_two_rules_of_one_name_are_refused() -> None:
    assert errors(RoutingSection, {"rules": [RULE, RULE], "fallback": "power"}) == {
        "rules": {1: {"name": ["Another rule has this name already."]}}
    }


def test_a_section_needs_a_fallback_and_no_other_words() -> None:
    assert set(errors(RoutingSection, {"rules": [], "else": "power"})) == {"fallback", "else"}


def test_unknown_business_units_are_refused_by_field() -> None:
    section = RoutingSection().load({"rules": [RULE, {**RULE, "name": "s", "to": "powr"}], "fallback": "watr"})
    with pytest.raises(ValidationError) as caught:
        refuse_unknown_targets(section, {"power"})
    assert caught.value.messages == {
        "rules": {1: {"to": ["No business unit has the slug 'powr'; did you mean \"power\"?"]}},
        "fallback": ["No business unit has the slug 'watr'"],
    }
    refuse_unknown_targets(section, {"power", "powr", "watr"})


@pytest.mark.parametrize(
    "body", [{"limit": 0}, {"limit": 101}, {"limit": "5"}, {}, {"limit": 1, "lease_minutes": 1441}]
)
def test_a_claim_out_of_bounds_is_refused(body: dict[str, Any]) -> None:
    errors(ClaimBody, body)


def test_contact_data_is_refused_where_it_has_no_place() -> None:
    number = "139" + "0" * 8
    assert "assignee" in errors(ClaimBody, {"limit": 1, "assignee": number})
    assert "purpose" in errors(ContactBody, {"purpose": f"call {number}"})
    assert "reason" in errors(ProgressBody, {"state": "lost", "reason": "a@example.com"})
    assert "external_id" in errors(ProgressBody, {"state": "lost", "external_id": number})


def test_a_rejection_takes_a_reason_of_the_list() -> None:
    assert "reason" in errors(RejectionBody, {"reason": "because"})
    assert errors(RejectionBody, {"reason": "other"}) == {"note": ["The reason 'other' needs a note."]}
    assert RejectionBody().load({"reason": "other", "note": "说明"})["note"] == "说明"
    assert "note" in errors(RejectionBody, {"reason": "no_need", "note": "x" * 501})


def test_progress_is_checked() -> None:
    later = (clock.now() + timedelta(hours=1)).isoformat()
    assert "occurred_at" in errors(ProgressBody, {"state": "won", "occurred_at": later})
    assert "state" in errors(ProgressBody, {"state": "accepted"})
    assert "currency" in errors(ProgressBody, {"state": "won", "amount": "10.00"})
    assert "amount" in errors(ProgressBody, {"state": "won", "amount": -1, "currency": "CNY"})
    assert str(ProgressBody().load({"state": "won", "amount": 10, "currency": "CNY"})["amount"]) == "10.00"


def test_score_order_is_for_the_queue() -> None:
    assert "order" in errors(LeadQuery, {"order": "score"})
    assert LeadQuery().load({"order": "score", "state": "queued"})["limit"] == 50
