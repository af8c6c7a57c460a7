"""`Idempotency-Key`: a request sent again is answered as it was, and never acts twice."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text

from hub.group.models import ApiKey
from hub.kernel import clock
from hub.kernel.access import ADMIN, BU, TOUCHPOINT
from hub.kernel.db import transaction
from hub.web.api import idempotency
from hub.web.api.models import IdempotencyRecord
from tests.web.api.seeded import Seeded

CLAIM = {"limit": 1}


def claim(seeded: Seeded, key: str, body: Any = None, **headers: str) -> Any:
    return seeded.call(BU, "POST", "/leads/claims", body or CLAIM, **{"Idempotency-Key": key, **headers})


def records() -> list[IdempotencyRecord]:
    with transaction() as session:
        return list(session.scalars(select(IdempotencyRecord)))


def test_the_same_request_is_answered_as_the_first_time(seeded: Seeded) -> None:
    first, again, other = claim(seeded, "k-1"), claim(seeded, "k-1"), claim(seeded, "k-2")
    assert (first.status_code, again.status_code, again.data) == (200, 200, first.data)
    assert ("Idempotency-Replayed" in first.headers, again.headers["Idempotency-Replayed"]) == (False, "true")
    assert other.get_json()["items"][0]["id"] != first.get_json()["items"][0]["id"]


def test_a_refusal_is_replayed_too(seeded: Seeded) -> None:
    path = f"/leads/{seeded.ids['lead_id'][0]}/acceptance"
    first, again = (seeded.call(BU, "POST", path, **{"Idempotency-Key": "k"}) for _ in range(2))
    assert (first.status_code, again.status_code, again.data) == (409, 409, first.data)
    assert again.headers["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize("change", ["body", "path"])
def test_another_request_under_the_same_key_is_refused(seeded: Seeded, change: str) -> None:
    claim(seeded, "k")
    if change == "body":
        answer = claim(seeded, "k", {"limit": 2})
    else:
        answer = seeded.call(BU, "POST", "/leads/claims?x=1", CLAIM, **{"Idempotency-Key": "k"})
    assert (answer.status_code, answer.get_json()["type"]) == (422, "urn:hub:problem:idempotency-key-reused")


def test_the_keys_of_two_callers_do_not_meet(seeded: Seeded) -> None:
    item = {"id": "a", "identity": {"visitor_id": "visitor-0001"}, "kind": "login"}
    claim(seeded, "k")
    answer = seeded.call(TOUCHPOINT, "POST", "/activities", {"items": [item]}, **{"Idempotency-Key": "k"})
    assert (answer.status_code, answer.get_json()["accepted"]) == (200, 1)


@pytest.mark.parametrize("key", ["", "x" * 256, "with space", "é"])
def test_a_malformed_key_is_named(seeded: Seeded, key: str) -> None:
    answer = claim(seeded, key)
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, ["Idempotency-Key"])


def test_while_the_first_is_under_way_the_second_waits(seeded: Seeded, monkeypatch: pytest.MonkeyPatch) -> None:
    from bu_routing import service

    entered, leave, act = threading.Event(), threading.Event(), service.claim

    def slow(*args: Any, **details: Any) -> Any:
        entered.set()
        leave.wait(10)
        return act(*args, **details)

    monkeypatch.setattr(service, "claim", slow)
    answers: list[Any] = []
    first = threading.Thread(target=lambda: answers.append(claim(seeded, "k")))
    first.start()
    assert entered.wait(10)
    meanwhile = claim(seeded, "k")
    leave.set()
    first.join()
    assert (meanwhile.status_code, meanwhile.headers["Retry-After"]) == (409, "1")
    assert meanwhile.get_json()["type"] == "urn:hub:problem:idempotency-in-progress"
    assert (answers[0].status_code, claim(seeded, "k").data) == (200, answers[0].data)


def test_what_a_crash_left_under_way_is_taken_over_after_a_minute(seeded: Seeded) -> None:
    claim(seeded, "k")
    with transaction() as session:
        session.execute(text("UPDATE idempotency_record SET status = NULL, body = NULL"))
    assert claim(seeded, "k").status_code == 409
    clock.set_offset(timedelta(seconds=61))
    assert claim(seeded, "k", {"limit": 2}).status_code == 422
    assert claim(seeded, "k").status_code == 200
    assert claim(seeded, "k").headers["Idempotency-Replayed"] == "true"


def test_what_failed_on_our_side_may_be_tried_again(seeded: Seeded, monkeypatch: pytest.MonkeyPatch) -> None:
    from bu_routing import service

    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(service, "claim", broken)
        assert claim(seeded, "k").status_code == 500
    assert records() == []
    assert claim(seeded, "k").status_code == 200


def test_a_key_is_forgotten_after_a_day(seeded: Seeded) -> None:
    first = claim(seeded, "k").get_json()
    clock.set_offset(timedelta(hours=24, seconds=1))
    second = claim(seeded, "k").get_json()
    assert second != first
    clock.set_offset(timedelta(hours=48, seconds=2))
    idempotency.forget_old()
    assert records() == []


def test_contact_data_is_never_recorded_and_every_request_for_it_is_an_act_of_its_own(
    seeded: Seeded, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bu_routing import service

    acts, act = [], service.contact

    def noted(*args: Any, **details: Any) -> Any:
        acts.append(details["purpose"])
        return act(*args, **details)

    monkeypatch.setattr(service, "contact", noted)
    lead = claim(seeded, "k").get_json()["items"][0]["id"]
    before = len(records())
    for _ in range(2):
        answer = seeded.call(
            BU, "POST", f"/leads/{lead}/contact", {"purpose": "first call"}, **{"Idempotency-Key": "c"}
        )
        assert (answer.status_code, "Idempotency-Replayed" in answer.headers) == (200, False)
    assert len(records()) == before
    assert acts == ["first call"] * 2


def test_a_new_api_key_is_shown_once_and_made_once(seeded: Seeded) -> None:
    body = {"name": "crm", "bu": "power"}
    first, again = (seeded.call(ADMIN, "POST", "/keys", body, **{"Idempotency-Key": "k"}) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.get_json() == first.get_json() | {"key": None}
    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(ApiKey).where(ApiKey.name == "crm")) == 1
        assert first.get_json()["key"] not in str(session.scalar(select(IdempotencyRecord.body)))


def test_nothing_that_was_sent_can_be_read_or_tried_from_the_record(seeded: Seeded) -> None:
    body = {
        "id": "r-1",
        "identity": {"visitor_id": "visitor-0001"},
        "contact": {"name": "示例", "mobile": "13900000000"},
        "consent": {"text_version": "v1", "scopes": ["collection"]},
    }
    answer = seeded.call(TOUCHPOINT, "POST", "/registrations", body, **{"Idempotency-Key": "13900000000"})
    assert answer.status_code == 201
    with transaction() as session:
        kept = session.scalar(text("SELECT r::text FROM idempotency_record r")) or ""
    assert "registered" in kept
    for value in ("13900000000", "示例", b"13900000000".hex(), "示例".encode().hex()):
        assert value not in kept
