from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask, Response, current_app, g, jsonify, request
from flask.testing import FlaskClient
from flask_smorest import Api
from sqlalchemy import Engine, select
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from bu_routing import service, views
from bu_routing.models import Decision
from hub.kernel import clock
from hub.kernel.access import ADMIN, BU, Caller
from hub.kernel.db import transaction
from hub.kernel.http import Problem
from hub.kernel.ids import new_id
from hub.pool import service as pool
from hub.pool.service import IdentityRef, NewRegistration
from privacy.service import Consent
from tests.bu_routing.places import make_group, make_leads, make_person

LEAD_KEYS = {
    "id",
    "person_id",
    "bu",
    "state",
    "need",
    "score",
    "stage",
    "why",
    "created_at",
    "lease_until",
    "sla_due_at",
    "company_size",
    "reach",
}


@dataclass(frozen=True, slots=True)
class Hub:
    """Call the API as one BU, another, or an admin."""

    client: FlaskClient
    bus: dict[str, UUID]

    def get(self, path: str, who: str = "power", **query: Any) -> TestResponse:
        return self.client.get(f"/api/v1{path}", headers={"X-Who": who}, query_string=query)

    def post(self, path: str, body: Any = None, who: str = "power") -> TestResponse:
        return self.client.post(f"/api/v1{path}", headers={"X-Who": who}, json=body)

    def leads(self, *scores: int, bu: str = "power") -> list[str]:
        with transaction() as session:
            return [str(id_) for id_ in make_leads(session, bu, scores)]

    def claim(self, limit: int = 1) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.post("/leads/claims", {"limit": limit}).get_json()["items"]
        return items


def _problem(error: Problem) -> tuple[Response, int]:
    return jsonify(status=error.status, detail=error.detail, errors=error.errors), error.status


def _refused(error: HTTPException) -> tuple[Response, int]:
    messages = getattr(error, "data", {}).get("messages", {})
    return jsonify(status=error.code, errors=messages), error.code or 500


@pytest.fixture
def hub(clean: Engine) -> Hub:
    app = Flask("test")
    app.config.update(API_TITLE="t", API_VERSION="v1", OPENAPI_VERSION="3.1.0")
    api = Api(app)
    for blueprint in (views.blp, views.decisions):
        api.register_blueprint(blueprint)
    app.register_error_handler(Problem, _problem)
    app.register_error_handler(HTTPException, _refused)
    with transaction() as session:
        bus = make_group(session)
    callers = {slug: Caller(BU, new_id(), slug, bu_id) for slug, bu_id in bus.items()}
    callers |= {"power-2": Caller(BU, new_id(), "second", bus["power"]), "admin": Caller(ADMIN, new_id(), "admin")}

    @app.before_request
    def _caller() -> None:
        found = callers[request.headers["X-Who"]]
        view: Any = current_app.view_functions[request.endpoint or ""]
        if found.role not in view.allowed:
            raise Problem(403, "not for this key")
        g.caller = found

    return Hub(app.test_client(), bus)


def test_a_lead_reads_as_the_contract_says(hub: Hub) -> None:
    with transaction() as session:
        service.apply(session, {"rules": [], "fallback": "power"})
        person = make_person(session, "a", traits={"company_size": "500+"})
        (lead_id,) = service.route(session, [person])
    lead = hub.get(f"/leads/{lead_id}").get_json()
    assert set(lead) == LEAD_KEYS
    assert (lead["id"], lead["person_id"]) == (str(lead_id), str(person))
    assert (lead["bu"], lead["state"], lead["stage"], lead["need"]) == ("power", "queued", "anonymous", None)
    assert (lead["company_size"], lead["lease_until"]) == ("500+", None)
    assert lead["reach"] == {"followed_accounts": 0, "contact": "never_collected"}
    created, due = (datetime.fromisoformat(lead[name]) for name in ("created_at", "sla_due_at"))
    assert created.utcoffset() is not None
    assert due - created == timedelta(hours=24)


def test_a_lead_goes_from_the_queue_to_won(hub: Hub) -> None:
    hub.leads(10, 20)
    (lead,) = hub.claim()
    assert (lead["state"], lead["score"]) == ("claimed", 20)
    assert datetime.fromisoformat(lead["lease_until"]) > clock.now()
    path = f"/leads/{lead['id']}"
    assert hub.post(f"{path}/acceptance").get_json()["state"] == "accepted"
    won = {"state": "won", "amount": "9.50", "currency": "CNY", "external_id": "crm-1"}
    answer = hub.post(f"{path}/progress", won)
    assert (answer.status_code, answer.get_json()["state"]) == (200, "won")
    assert answer.get_json()["lease_until"] is None


def test_a_lead_can_be_released_and_rejected(hub: Hub) -> None:
    hub.leads(10)
    path = f"/leads/{hub.claim()[0]['id']}"
    assert hub.post(f"{path}/release").get_json()["state"] == "queued"
    hub.claim()
    answer = hub.post(f"{path}/rejection", {"reason": "no_need", "note": "无"})
    assert (answer.status_code, answer.get_json()["state"]) == (200, "recycled")


def test_a_foreign_lead_an_unknown_one_and_no_id_answer_alike(hub: Hub) -> None:
    (lead,) = hub.leads(10, bu="automation")
    for verb in ("acceptance", "release", "rejection", "progress", "contact"):
        body = {"rejection": {"reason": "no_need"}, "progress": {"state": "won"}, "contact": {"purpose": "call"}}
        answers = [hub.post(f"/leads/{id_}/{verb}", body.get(verb)) for id_ in (lead, new_id(), "nonsense")]
        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.data for answer in answers}) == 1
    answers = [hub.get(f"/leads/{id_}") for id_ in (lead, new_id(), "nonsense")]
    assert {(answer.status_code, answer.data) for answer in answers} == {(404, answers[0].data)}


def test_conflicts_are_409_with_a_sentence(hub: Hub) -> None:
    (lead,) = hub.leads(10)
    assert hub.post(f"/leads/{lead}/acceptance").status_code == 409
    hub.claim()
    held = hub.post(f"/leads/{lead}/acceptance", who="power-2")
    assert (held.status_code, held.get_json()["detail"]) == (
        409,
        "Another key of this business unit holds this lead.",
    )
    clock.set_offset(timedelta(minutes=31))
    late = hub.post(f"/leads/{lead}/acceptance")
    assert (late.status_code, "The lease ended" in late.get_json()["detail"]) == (409, True)


def test_lists_page_through_everything_once(hub: Hub) -> None:
    made = hub.leads(5, 9, 5, 7, 1)
    hub.leads(3, bu="automation")
    for query in ({}, {"state": "queued"}, {"state": "queued", "order": "score"}):
        seen, cursor = [], None
        while True:
            page = hub.get("/leads", limit=2, **query, **({"cursor": cursor} if cursor else {})).get_json()
            seen += [lead["id"] for lead in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert sorted(seen) == sorted(made)
        assert len(seen) == 5
    assert [lead["score"] for lead in hub.get("/leads", state="queued", order="score").get_json()["items"]] == [
        9,
        7,
        5,
        5,
        1,
    ]
    assert hub.get("/leads", state="won").get_json() == {"items": [], "next_cursor": None}


@pytest.mark.parametrize("cursor", ["x", "WzFd", "WyJhIl0", "WzEsMiwzXQ", "e30"])
def test_a_broken_cursor_is_refused(hub: Hub, cursor: str) -> None:
    assert hub.get("/leads", cursor=cursor).status_code == 422
    assert hub.get("/leads", cursor=cursor, state="queued", order="score").status_code == 422


def test_bodies_are_checked(hub: Hub) -> None:
    assert hub.post("/leads/claims", {"limit": 101}).status_code == 422
    assert hub.post("/leads/claims", {"limit": 1, "more": 1}).status_code == 422
    assert hub.post(f"/leads/{new_id()}/rejection", {"reason": "because"}).status_code == 422
    assert hub.get("/leads", state="nowhere").status_code == 422


def test_an_admin_does_not_claim_and_a_bu_reads_no_decision(hub: Hub) -> None:
    assert hub.post("/leads/claims", {"limit": 1}, who="admin").status_code == 403
    assert hub.get(f"/routing/decisions/{new_id()}").status_code == 403


def test_an_admin_reads_why_a_person_was_routed(hub: Hub) -> None:
    (lead,) = hub.leads(10)
    with transaction() as session:
        decision = session.scalars(select(Decision)).one()
    answer = hub.get(f"/routing/decisions/{decision.id}", who="admin").get_json()
    assert (answer["bu"], answer["lead_id"], answer["chosen"], answer["outcomes"]) == ("power", lead, None, [])
    assert answer["sentence"]["zh"] == "没有规则命中，按兜底分配给「能源」。"
    assert answer["sentence"]["en"] == "No rule matched: sent to 能源, the fallback."
    for unknown in (new_id(), "nonsense"):
        assert hub.get(f"/routing/decisions/{unknown}", who="admin").status_code == 404


def test_contact_data_is_shown_to_the_holder_only(hub: Hub) -> None:
    visitor = IdentityRef(pool.VISITOR, "", "visitor-a")
    with transaction() as session:
        service.apply(session, {"rules": [], "fallback": "power"})
        registration = NewRegistration(
            external_id="r-1",
            identity=visitor,
            contact={"name": "示例"},
            consent=Consent("v1", ("collection", "share:acme-cn")),
            traits={},
            source="",
            touchpoint_id=new_id(),
        )
        person = pool.register(session, registration).person_id
        assert person is not None
        (lead,) = service.route(session, [person])
    assert hub.get(f"/leads/{lead}").get_json()["reach"]["contact"] == "available"
    assert hub.post(f"/leads/{lead}/contact", {"purpose": "first call"}).status_code == 409
    hub.claim()
    shown = hub.post(f"/leads/{lead}/contact", {"purpose": "first call"}).get_json()
    assert (shown["state"], shown["fields"]) == ("available", {"name": "示例"})
    assert datetime.fromisoformat(shown["purge_by"]) > clock.now()
    assert hub.post(f"/leads/{lead}/contact", {"purpose": "a@example.com"}).status_code == 422
    assert hub.post(f"/leads/{lead}/contact", {"purpose": "call"}, who="power-2").status_code == 409


def test_a_person_without_contact_data_shows_none(hub: Hub) -> None:
    (lead,) = hub.leads(10)
    hub.claim()
    shown = hub.post(f"/leads/{lead}/contact", {"purpose": "first call"}).get_json()
    assert shown == {"state": "never_collected", "fields": {}, "purge_by": None}
