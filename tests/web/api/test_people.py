"""People over the API: listed by a condition, read whole, explained; a merge undone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hub.group import service as group
from hub.kernel.access import ADMIN, BU
from hub.kernel.db import transaction
from hub.pool import service as pool
from hub.pool.models import MergeEdge
from hub.pool.service import UNIONID, VISITOR, IdentityRef, Link
from tests.web.api.seeded import Seeded


def get(seeded: Seeded, path: str, **query: Any) -> Any:
    answer = seeded.app.test_client().get(f"/api/v1{path}", query_string=query, headers=seeded.headers(ADMIN))
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def test_a_condition_chooses_and_a_cursor_goes_on(seeded: Seeded) -> None:
    everybody = get(seeded, "/people", limit=200)["items"]
    best = max(row["score"] for row in everybody)
    found = get(seeded, "/people", when=json.dumps({"field": "score", "gte": best}))["items"]
    assert {row["id"] for row in found} == {row["id"] for row in everybody if row["score"] == best}
    first = get(seeded, "/people", limit=1)
    second = get(seeded, "/people", limit=1, cursor=first["next_cursor"])
    assert [first["items"][0], second["items"][0]] == everybody[:2]


@pytest.mark.parametrize(
    ("when", "errors"),
    [
        ("{", ["不是合法的 JSON：请把条件写成一个 JSON 对象。"]),
        ('{"field": "scor", "gte": 1}', {"field": ["没有名为 'scor' 的字段。您是指「score」吗？"]}),
        ('{"all": [{"field": "score", "gte": "x"}]}', {"all[0].gte": ["应为数字，实际是 文本"]}),
    ],
)
def test_a_condition_that_is_wrong_names_the_place(seeded: Seeded, when: str, errors: object) -> None:
    answer = seeded.app.test_client().get("/api/v1/people", query_string={"when": when}, headers=seeded.headers(ADMIN))
    assert answer.status_code == 422
    assert answer.get_json()["errors"]["when"] == errors


def test_one_person_is_read_with_timeline_and_why(seeded: Seeded) -> None:
    person = max(get(seeded, "/people", limit=200)["items"], key=lambda row: row["score"])
    whole = get(seeded, f"/people/{person['id']}")
    assert {name: whole[name] for name in person} == person
    assert all("…" in identity["value"] for identity in whole["identities"])
    acts = get(seeded, f"/people/{person['id']}/timeline", limit=1)
    assert acts["items"][0]["occurred_at"]
    why = get(seeded, f"/people/{person['id']}/why")
    assert sum(rule["points"] for rule in why["rules"]) == why["score"] == person["score"]


def test_a_merge_is_undone_once(seeded: Seeded) -> None:
    visitors = [IdentityRef(VISITOR, "", f"visitor-merged-{n}") for n in (1, 2)]
    union = IdentityRef(UNIONID, "main", "u-merged-0001")
    with transaction() as session:
        pool.link_identities(session, [Link(visitor, union, "touchpoint") for visitor in visitors])
        edge = str(session.query(MergeEdge.id).scalar())
    assert seeded.call(BU, "POST", f"/merges/{edge}/undo").status_code == 403
    assert seeded.call(ADMIN, "POST", f"/merges/{edge}/undo").status_code == 204
    assert seeded.call(ADMIN, "POST", f"/merges/{edge}/undo").status_code == 404
    with transaction() as session:
        narrow = group.create_key(session, name="reader", scopes=["admin:read"])
    answer = seeded.app.test_client().post(f"/api/v1/merges/{edge}/undo", headers={"Authorization": f"Bearer {narrow}"})
    assert answer.get_json()["type"] == "urn:hub:problem:scope-missing"
