"""The admins' API of API keys: made, listed, rotated without a gap, revoked at once, narrowed by scopes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from hub.group import service as group
from hub.group.models import ApiKey
from hub.kernel import clock
from hub.kernel.access import ADMIN, BU, KEY_ROLES, SCOPES
from hub.kernel.db import transaction
from tests.web.api.seeded import OWNERS, Seeded


def make(seeded: Seeded, **changes: Any) -> Any:
    return seeded.call(ADMIN, "POST", "/keys", {"name": "crm", "bu": "power", **changes})


def reads(seeded: Seeded, key: str) -> int:
    answer = seeded.app.test_client().get("/api/v1/leads", headers={"Authorization": f"Bearer {key}"})
    return answer.status_code


def test_a_key_is_made_listed_and_works(seeded: Seeded) -> None:
    made = make(seeded, scopes=["leads:read"], expires_days=30)
    card = made.get_json()["card"]
    assert (made.status_code, card["role"], card["owner"], card["scopes"]) == (201, "bu", "power", ["leads:read"])
    assert (card["state"], card["last_used_at"]) == ("live", None)
    assert reads(seeded, made.get_json()["key"]) == 200
    listed = seeded.call(ADMIN, "GET", "/keys?limit=1").get_json()
    assert listed["items"][0]["id"] == card["id"]
    assert listed["items"][0]["last_used_at"] is not None
    assert made.get_json()["key"] not in str(listed)


def test_the_list_pages_through_every_key_once(seeded: Seeded) -> None:
    seen, cursor = [], ""
    while True:
        page = seeded.call(ADMIN, "GET", f"/keys?limit=3{cursor}").get_json()
        seen += [item["name"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert sorted(seen) == ["admin key", "bu key", "spare", "touchpoint key"]


def test_a_revoked_key_opens_nothing_from_the_next_request_on(seeded: Seeded) -> None:
    made = make(seeded).get_json()
    assert reads(seeded, made["key"]) == 200
    for _ in range(2):
        assert seeded.call(ADMIN, "DELETE", f"/keys/{made['card']['id']}").status_code == 204
    assert reads(seeded, made["key"]) == 401


def test_a_rotated_key_lives_on_for_its_overlap_and_no_longer(seeded: Seeded) -> None:
    old = make(seeded, scopes=["leads:read"]).get_json()
    path = f"/keys/{old['card']['id']}/rotation"
    new = seeded.call(ADMIN, "POST", path, {"overlap_days": 3})
    assert (new.status_code, new.get_json()["card"]["scopes"]) == (201, ["leads:read"])
    assert [reads(seeded, key) for key in (old["key"], new.get_json()["key"])] == [200, 200]
    third = seeded.call(ADMIN, "POST", path, {})
    assert (third.status_code, third.get_json()["type"]) == (409, "urn:hub:problem:conflict")
    clock.set_offset(timedelta(days=3))
    assert [reads(seeded, key) for key in (old["key"], new.get_json()["key"])] == [401, 200]
    assert seeded.call(ADMIN, "POST", path, {}).status_code == 409
    again = seeded.call(ADMIN, "POST", f"/keys/{new.get_json()['card']['id']}/rotation", {"overlap_days": 0})
    assert [reads(seeded, key) for key in (new.get_json()["key"], again.get_json()["key"])] == [401, 200]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"bu": "nowhere"}, "bu"),
        ({"scopes": ["activities:write"]}, "scopes"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"touchpoint": "minisite"}, "_schema"),
        ({"expires_days": 0}, "expires_days"),
        ({"name": ""}, "name"),
        ({"more": 1}, "more"),
    ],
)
def test_a_key_that_cannot_be_is_refused(seeded: Seeded, changes: dict[str, Any], field: str) -> None:
    answer = make(seeded, **changes)
    assert answer.status_code == 422
    assert field in answer.get_json()["errors"]


def test_what_is_no_key_is_a_404(seeded: Seeded) -> None:
    for id_ in ("x", "01890000-0000-7000-8000-000000000000"):
        assert seeded.call(ADMIN, "DELETE", f"/keys/{id_}").status_code == 404
        assert seeded.call(ADMIN, "POST", f"/keys/{id_}/rotation", {}).status_code == 404


def test_a_narrowed_admin_key_makes_no_wider_one(seeded: Seeded) -> None:
    with transaction() as session:
        narrow = group.create_key(session, name="ops", scopes=["keys:write"])
        wide = str(session.scalars(select(ApiKey.id).where(ApiKey.name == "admin key")).one())
    held = Seeded(seeded.app, {**seeded.keys, ADMIN: narrow}, seeded.ids, seeded.code)
    for path, body in (
        ("/keys", {"name": "x", "admin": True}),
        ("/keys", {"name": "x", "admin": True, "scopes": ["keys:write", "admin:read"]}),
        (f"/keys/{wide}/rotation", {}),
    ):
        answer = held.call(ADMIN, "POST", path, body)
        assert (answer.status_code, answer.get_json()["type"]) == (403, "urn:hub:problem:scope-missing")
    same = held.call(ADMIN, "POST", "/keys", {"name": "x", "admin": True, "scopes": ["keys:write"]})
    assert same.status_code == 201


@pytest.mark.parametrize("role", KEY_ROLES)
def test_each_scope_opens_its_own_views_and_no_others(seeded: Seeded, role: str) -> None:
    views = [
        (rule, view)
        for rule in seeded.app.url_map.iter_rules()
        if role in getattr(view := seeded.app.view_functions[rule.endpoint], "allowed", ())
        and rule.rule.startswith("/api/")
    ]
    assert views
    assert {view.scope for _, view in views} <= set(SCOPES[role])
    for scope in SCOPES[role]:
        with transaction() as session:
            key = group.create_key(session, name=scope, scopes=[scope], **OWNERS[role])
        headers = {"Authorization": f"Bearer {key}"}
        for rule, view in views:
            path = rule.rule.translate(str.maketrans("<>", "xx"))
            method = min((rule.methods or set()) - {"OPTIONS", "HEAD"})
            answer = seeded.app.test_client().open(path, method=method, headers=headers, json={})
            refused = answer.status_code == 403 and answer.get_json()["type"] == "urn:hub:problem:scope-missing"
            assert refused == (view.scope != scope), (rule, scope)


def test_a_use_is_noted_once_a_minute(seeded: Seeded) -> None:
    def used() -> Any:
        with transaction() as session:
            return session.execute(text("SELECT last_used_at, xmin FROM api_key WHERE name = 'bu key'")).one()

    reads(seeded, seeded.keys[BU])
    first = used()
    clock.set_offset(timedelta(seconds=30))
    reads(seeded, seeded.keys[BU])
    assert used() == first
    clock.set_offset(timedelta(seconds=90))
    reads(seeded, seeded.keys[BU])
    assert used().last_used_at > first.last_used_at
