"""Every route × every way to name what belongs to another business unit × every caller: nothing gets through."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import pytest
from werkzeug.test import TestResponse

from hub.kernel.access import BU, BU_MANAGER, BU_MEMBER, BU_USERS, PUBLIC, TOUCHPOINT
from hub.kernel.ids import new_id
from tests.walls.calls import MALFORMED, Call, calls, cursors_of, opened, told
from tests.walls.world import OURS, THEIRS, World, state_of

EACH_ALONE = pytest.mark.parametrize("standing", ["both", "rows", "queries"], indirect=True)
ROLES = {OURS: BU, "touchpoint": TOUCHPOINT} | {role: role for role in BU_USERS}
"""The role of each caller; of the others, none."""


@dataclass(slots=True)
class Seen:
    """Hold what came of all calls of one caller."""

    calls: int = 0
    leaks: list[str] = field(default_factory=list)
    """Calls whose answer told something of the other BU, or that broke the hub."""
    answers: dict[tuple[str, str], dict[str, list[str]]] = field(default_factory=dict)
    """Method and route -> answer -> the ids in the path that were answered so."""

    @property
    def told_apart(self) -> dict[tuple[str, str], dict[str, list[str]]]:
        """Return the routes that answer differently to what is not ours and to what is not there."""
        return {route: answers for route, answers in self.answers.items() if len(answers) > 1}


def see(world: World, caller: str) -> Seen:
    """Make every call; a route that turns the caller away whatever it is asked gets a few of them."""
    theirs, ours = (cursors_of(world.app, world.headers[bu]) for bu in (THEIRS, OURS))
    assert min(len(theirs), len(ours)) > 1
    nobodys = str(new_id())
    few = {"", world.ids[0], world.ids[1], nobodys, "nonsense"}
    seen = Seen()
    for call in calls(
        world.app, [*world.ids, nobodys, *MALFORMED], [theirs[0], theirs[-1], ours[0], ours[-1], "nonsense"]
    ):
        may = allowed(world, call)
        if call.sent in few or may & {ROLES.get(caller), PUBLIC}:
            note(seen, world, call, call.make(world.app, world.headers[caller]), public=PUBLIC in may)
    return seen


def note(seen: Seen, world: World, call: Call, answer: TestResponse, *, public: bool) -> None:
    """Note what one answer tells."""
    text, known = told(answer), opened(f"{call.path} {dict(call.query)} {call.body}")
    seen.calls += 1
    if answer.status_code >= 500 or any(mark in text and mark not in known for mark in world.marks):
        seen.leaks.append(f"{call.method} {call.path} {dict(call.query)} {call.body} -> {answer.status_code}")
    routed = "<uuid:" not in call.rule or call.sent not in MALFORMED  # turned away before anybody's data
    if "<" in call.rule and call.place == "path" and routed and not public:
        alike = seen.answers.setdefault((call.method, call.rule), {})
        alike.setdefault(told(answer, call.sent), []).append(call.sent)


def assert_nothing_seen(world: World, caller: str, *, least: int) -> None:
    """Assert that no call tells anything of the other BU, tells its things from nothing, or changes them."""
    before = state_of(world)
    assert sum(value is not None for value in before.values()) >= 5
    seen = see(world, caller)
    assert seen.leaks == []
    assert seen.told_apart == {}
    assert (seen.calls > least, len(seen.answers) > 7) == (True, True)
    assert state_of(world) == before


@EACH_ALONE
@pytest.mark.parametrize("caller", [OURS, BU_MEMBER])
def test_a_unit_is_told_nothing_of_another_by_either_wall_alone(world: World, standing: str, caller: str) -> None:
    assert_nothing_seen(world, caller, least=500)


def test_a_units_manager_is_told_nothing_of_another(world: World) -> None:
    assert_nothing_seen(world, BU_MANAGER, least=500)


@pytest.mark.parametrize("caller", ["touchpoint", "expired", "revoked", "nobody"])
def test_who_is_no_business_unit_is_told_nothing_of_any(world: World, caller: str) -> None:
    assert_nothing_seen(world, caller, least=250)


@pytest.mark.parametrize("standing", ["none"], indirect=True)
def test_without_either_wall_the_matrix_finds_leaks(world: World, standing: str) -> None:
    seen = see(world, OURS)
    for place in ("GET /api/v1/leads ", "GET /api/v1/leads/", "/contact", "/rejection", "POST /api/v1/leads/claims"):
        assert any(place in leak for leak in seen.leaks), place
    assert ("GET", "/api/v1/leads/<lead_id>") in seen.told_apart


@EACH_ALONE
def test_a_business_unit_meets_its_own(world: World, standing: str) -> None:
    app, headers, own = world.app, world.headers[OURS], world.leads[OURS]
    page = app.test_client().get("/api/v1/leads", query_string={"limit": 200}, headers=headers).get_json()
    assert {lead["id"] for lead in page["items"]} == {str(id_) for id_ in own.values()}
    path = f"/api/v1/leads/{own['reachable']}"
    shown = app.test_client().post(f"{path}/contact", json={"purpose": "first call"}, headers=headers).get_json()
    assert (shown["state"], shown["fields"]) == ("available", {"name": f"contact-of-{OURS}-reachable"})
    gone = app.test_client().post(
        f"/api/v1/leads/{own['erased']}/contact", json={"purpose": "first call"}, headers=headers
    )
    assert gone.get_json()["state"] == "purged"
    taken = app.test_client().post("/api/v1/leads/claims", json={"limit": 100}, headers=headers).get_json()["items"]
    assert [lead["id"] for lead in taken] == [str(own["waiting"]), str(own["queued"])]


@pytest.mark.parametrize("caller", [OURS, *BU_USERS])
def test_every_route_of_a_business_unit_is_called_as_it_wants_to_be_called(world: World, caller: str) -> None:
    """A route that this finds is one whose every call above was refused before it came to anybody's data."""
    answered: dict[tuple[str, str], set[int]] = defaultdict(set)
    ours = [str(id_) for id_ in world.leads[OURS].values()]
    for call in calls(world.app, ours, []):
        if (BU if caller == OURS else caller) in allowed(world, call) <= {BU, *BU_USERS}:
            status = call.make(world.app, world.headers[caller]).status_code
            answered[call.method, call.rule].add(status)
    assert len(answered) >= 8
    assert {route: found for route, found in answered.items() if not found & {200, 201, 204, 302, 303, 409}} == {}


@EACH_ALONE
def test_an_answer_kept_for_another_unit_is_not_given_again(world: World, standing: str) -> None:
    key = {"Idempotency-Key": "the-same-key"}
    post = world.app.test_client().post
    first = post("/api/v1/leads/claims", json={"limit": 1}, headers=world.headers[THEIRS] | key).get_json()["items"]
    second = post("/api/v1/leads/claims", json={"limit": 1}, headers=world.headers[OURS] | key).get_json()["items"]
    assert [lead["bu"] for lead in first + second] == [THEIRS, OURS]


def test_an_admin_is_no_business_unit(world: World) -> None:
    refused = [
        call for call in calls(world.app, [str(world.leads[THEIRS]["queued"])], []) if allowed(world, call) == {BU}
    ]
    assert len(refused) >= 8
    assert {call.make(world.app, world.headers["admin"]).status_code for call in refused} == {403}


def allowed(world: World, call: Call) -> frozenset[str]:
    """Return the roles that may make a call."""
    endpoints = (r.endpoint for r in world.app.url_map.iter_rules() if r.rule == call.rule and call.method in r.methods)
    found: frozenset[str] = getattr(world.app.view_functions[next(endpoints)], "allowed", frozenset())
    return found
