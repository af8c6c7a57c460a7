"""People: search, filter, and one person with the why of everything."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from hub.kernel import access
from hub.kernel.db import transaction
from hub.pool import service as pool
from hub.pool.service import UNIONID, IdentityRef, Link, searching
from hub.web.console import filters, people
from tests.web.console import crowd
from tests.web.console.conftest import SignIn
from tests.web.console.counting import counted

ID = r'href="/people/([0-9a-f-]{36})"'


def shown(client: FlaskClient, condition: object = None, **query: str) -> set[str]:
    """Return the ids of the people that a filter shows."""
    if condition is not None:
        query["when"] = json.dumps(condition)
    answer = client.get("/people", query_string=query)
    assert answer.status_code == 200
    return set(re.findall(ID, answer.text))


@pytest.fixture
def admin(sign_in: SignIn) -> FlaskClient:
    """Return a group admin's browser."""
    return sign_in(access.GROUP_ADMIN)


def test_a_filter_shows_whom_its_condition_means(admin: FlaskClient) -> None:
    crowd.qualify(1)
    crowd.act(2, "follow", scene="power.web")
    crowd.act(3, "page_view", appid=crowd.ENERGY)
    crowd.register(2)
    one, two, three = crowd.person_id(1), crowd.person_id(2), crowd.person_id(3, crowd.ENERGY)
    cases: list[tuple[Mapping[str, Any], set[str]]] = [
        ({"field": "lifecycle", "equals": "qualified"}, {one}),
        ({"field": "score", "gte": 40}, {one, two}),
        ({"field": "last_scene", "starts_with": "power."}, {two}),
        ({"field": "registered", "equals": True}, {two}),
        ({"field": "follows", "equals": 0}, {three}),
        ({"field": "accounts", "contains": crowd.ENERGY}, {three}),
        ({"field": "traits.interest", "equals": "automation"}, {two}),
        ({"not": {"field": "traits.interest", "exists": True}}, {one, three}),
        ({"activity": "menu_click", "key": "PRICE", "within": "1d"}, {one}),
        ({"all": [{"activity": "follow"}, {"field": "registered", "equals": False}]}, {one}),
    ]
    for condition, whom in cases:
        assert shown(admin, condition) == whom, condition


def test_a_filter_reads_as_chips_each_of_which_can_be_taken_away(admin: FlaskClient) -> None:
    crowd.qualify(1)
    both = {"all": [{"field": "score", "gte": 30}, {"activity": "menu_click", "key": "PRICE"}]}
    page = admin.get("/people", query_string={"when": json.dumps(both)}).text
    assert "评分不小于 30" in page
    (without_first, without_second) = (chip.without for chip in filters_of(page, admin))
    assert json.loads(without_first) == {"activity": "menu_click", "key": "PRICE"}
    assert json.loads(without_second) == {"field": "score", "gte": 30}


def filters_of(page: str, client: FlaskClient) -> tuple[filters.Chip, ...]:
    """Return the chips of the filter whose text a page shows."""
    text = re.search(r"<textarea[^>]*>(.*?)</textarea>", page, re.DOTALL)
    assert text is not None
    with client.application.test_request_context("/people"):
        return filters.read(text[1]).chips


@pytest.mark.parametrize(
    ("form", "clause"),
    [
        ({"field": "score", "op": "gte", "value": "30"}, {"field": "score", "gte": 30}),
        ({"field": "score", "op": "in", "value": "1，2, 3.5"}, {"field": "score", "in": [1, 2, 3.5]}),
        ({"field": "registered", "op": "equals", "value": "是"}, {"field": "registered", "equals": True}),
        ({"field": "last_scene", "op": "exists", "value": "no"}, {"field": "last_scene", "exists": False}),
        ({"field": "accounts", "op": "gte", "value": "wx1"}, {"field": "accounts", "contains": "wx1"}),
        ({"field": "activity", "op": "equals", "value": "scan"}, {"activity": "scan"}),
        ({"field": "activity", "op": "", "value": "menu_click:PRICE"}, {"activity": "menu_click", "key": "PRICE"}),
    ],
)
def test_the_form_adds_one_clause(app: Flask, form: dict[str, str], clause: dict[str, Any]) -> None:
    with app.test_request_context("/people"):
        assert json.loads(filters.add(filters.read(""), form)) == clause
        more = filters.add(filters.read("{field: follows, gte: 1}"), form)
        assert json.loads(more) == {"all": [{"field": "follows", "gte": 1}, clause]}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{field: interst, equals: x}", "没有名为"),
        ("{field: score", "第 1 行不是合法的 YAML"),
        ("all: [", "第 1 行不是合法的 YAML"),
        ("{field: score, gte: many}", "gte：应为数字"),
        ("&a [*a]", "应为含"),
        ("!!python/object/apply:os.system [ls]", "不是合法的 YAML"),
        ("x" * 5000, "最多 4000"),
        ("[" * 3000, "不是合法的 YAML"),
    ],
)
def test_a_filter_that_is_wrong_says_so_keeps_its_text_and_shows_nobody(
    admin: FlaskClient, text: str, says: str
) -> None:
    crowd.act(1, "follow")
    answer = admin.get("/people", query_string={"when": text})
    assert answer.status_code == 200
    assert says in answer.text
    assert text[:60].replace("&", "&amp;") in answer.text
    assert not re.findall(ID, answer.text)


def test_a_search_goes_straight_to_the_person(admin: FlaskClient) -> None:
    crowd.qualify(1)
    whom = crowd.person_id(1)
    for text in (whom, crowd.openid(1).value, f"  {whom} "):
        assert admin.get("/people", query_string={"q": text}).headers["Location"] == f"/people/{whom}"
    for text in ("nobody", "o-person-9999", "'; DROP TABLE person; --", "x" * 100):
        answer = admin.get("/people", query_string={"q": text})
        assert answer.status_code == 200
        assert "没有找到" in answer.text


def test_pages_follow_one_another_without_gap_or_repetition(
    admin: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "PAGE", 3)
    for person in range(1, 8):
        crowd.act(person, "follow")
    seen, url = [], "/people"
    while url:
        page = admin.get(url).text
        seen += list(dict.fromkeys(re.findall(ID, page)))
        following = re.search(r'rel="next" href="([^"]+)"', page)
        url = following[1] if following else ""
    assert len(seen) == len(set(seen)) == 7
    assert seen == sorted(seen, reverse=True)


@pytest.mark.parametrize(
    "path", ["/people?cursor=x", "/people?cursor=WzFd", "/leads?cursor=WyJ4Il0", "/audit?cursor=~"]
)
def test_a_broken_cursor_is_refused(admin: FlaskClient, path: str) -> None:
    assert admin.get(path).status_code == 422


def test_a_person_shows_why_and_nothing_that_identifies(admin: FlaskClient) -> None:
    crowd.qualify(1)
    crowd.register(1)
    crowd.settle()
    page = admin.get(f"/people/{crowd.person_id(1)}").text
    for text in ("达到 MQL（门槛 60 分）", "询价菜单", "+50", "点击菜单 PRICE", "关注的先后", "保存中", "自动化事业部"):
        assert text in page, text
    for secret in (crowd.openid(1).value, "13900000001", "示例来宾", "示例公司"):
        assert secret not in page


def test_a_person_tells_who_was_followed_first_and_which_ids_were_one(admin: FlaskClient) -> None:
    crowd.act(1, "follow", appid=crowd.AUTOMATION, ago=60)
    crowd.act(1, "follow", appid=crowd.GROUP, ago=10)
    before = crowd.person_id(1)
    crowd.stitch(1, crowd.GROUP, crowd.AUTOMATION)
    page = admin.get(f"/people/{crowd.person_id(1)}").text
    order = re.search(r'<ol class="steps">(.*?)</ol>', page, re.DOTALL)
    assert order is not None
    assert re.findall("<b>(.*?)</b>", order[1]) == ["示例自动化服务号", "示例集团服务号"]
    assert "合并记录" in page
    answer = admin.get(f"/people/{before}")
    assert answer.status_code in (200, 302)


def test_an_old_id_leads_to_the_person_it_became(admin: FlaskClient) -> None:
    crowd.act(1, "follow", appid=crowd.GROUP)
    first = crowd.person_id(1)
    crowd.act(2, "follow", appid=crowd.AUTOMATION)
    second = crowd.person_id(2, crowd.AUTOMATION)
    union = IdentityRef(UNIONID, "main", "u-one")
    with transaction() as session:
        links = [Link(crowd.openid(1, crowd.GROUP), union, "t"), Link(crowd.openid(2, crowd.AUTOMATION), union, "t")]
        pool.link_identities(session, links)
    assert admin.get(f"/people/{second}").headers["Location"] == f"/people/{first}"


def test_the_timeline_is_paged_and_filtered_by_kind(admin: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "PAGE", 4)
    crowd.act(1, "follow", ago=100)
    for minute in range(9):
        crowd.act(1, "page_view", f"P{minute}", ago=minute)
    url, keys = f"/people/{crowd.person_id(1)}?kind=page_view", []
    while url:
        page = admin.get(url).text
        keys += re.findall(r'<code class="plain">(P\d)</code>', page)
        following = re.search(r'rel="next" href="([^"#]+)', page)
        url = following[1].replace("&amp;", "&") if following else ""
    assert keys == [f"P{n}" for n in range(9)]


@pytest.mark.parametrize("path", ["/people/x", "/people/00000000-0000-0000-0000-000000000000"])
def test_nobody_is_there_by_a_wrong_id(admin: FlaskClient, path: str) -> None:
    assert admin.get(path).status_code == 404


def test_lists_cost_the_same_statements_however_long(admin: FlaskClient, database: Engine) -> None:
    costs = {}
    for many in (2, 8):
        for person in range(many):
            crowd.qualify(person + 1)
        for path in ("/people", "/leads", "/audit", f"/people/{crowd.person_id(1)}"):
            with counted(database) as sent:
                assert admin.get(path).status_code == 200
            costs.setdefault(path.rpartition("-")[0] or path, []).append(len(sent))
    for path, (few, many_) in costs.items():
        assert few == many_ <= 30, (path, costs)


def test_a_search_that_takes_long_goes_on_page_by_page_and_leaves_nobody_out(
    admin: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for person in range(1, 10):
        crowd.act(person, "follow", scene="auto.expo" if person % 4 == 1 else "power.web")
        crowd.act(person, "menu_click", "PRICE" if person % 3 else "CASES")
    monkeypatch.setattr(searching, "PATIENCE", 0)
    monkeypatch.setattr(searching, "_FEW", 2)
    monkeypatch.setattr(searching, "_FIRST", 2)
    people = {person: crowd.person_id(person) for person in range(1, 10)}
    cases: list[tuple[Mapping[str, Any], list[int]]] = [
        ({"field": "last_scene", "equals": "auto.expo"}, [9, 5, 1]),
        ({"activity": "menu_click", "key": "CASES"}, [9, 6, 3]),
        ({"activity": "menu_click", "at_least": 2}, []),
        ({"any": [{"activity": "menu_click", "key": "CASES"}, {"not": {"activity": "follow"}}]}, [9, 6, 3]),
    ]
    for condition, whom in cases:
        seen, pages = walked(admin, condition)
        assert seen == [people[person] for person in whom], condition
        assert "较新的" in pages[0]
        assert "较新的" not in pages[-1]
        assert len(pages) >= 4


def walked(client: FlaskClient, condition: object) -> tuple[list[str], list[str]]:
    """Return the people whom the pages of a filter show, in their order, and the pages."""
    url, seen, pages = f"/people?{urlencode({'when': json.dumps(condition)})}", [], []
    while url:
        pages.append(client.get(url).text)
        seen += list(dict.fromkeys(re.findall(ID, pages[-1])))
        following = re.search(r'rel="next" href="([^"]+)"', pages[-1])
        url = html.unescape(following[1]) if following else ""
    return seen, pages


def test_the_few_whom_an_index_names_are_found_at_once(admin: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    for person in range(1, 8):
        crowd.act(person, "follow")
    crowd.act(2, "menu_click", "RARE")
    crowd.act(3, "scan", appid=crowd.ENERGY)
    crowd.register(4)
    monkeypatch.setattr(searching, "PATIENCE", 0)
    monkeypatch.setattr(searching, "_FIRST", 1)
    for condition, whom in (
        ({"activity": "menu_click", "key": "RARE"}, crowd.person_id(2)),
        ({"activity": "menu_click", "key": "RARE", "within": "1h"}, crowd.person_id(2)),
        ({"field": "accounts", "contains": crowd.ENERGY}, crowd.person_id(3, crowd.ENERGY)),
        ({"field": "traits.interest", "equals": "automation"}, crowd.person_id(4)),
        ({"all": [{"activity": "menu_click"}, {"field": "follows", "gte": 1}]}, crowd.person_id(2)),
    ):
        page = admin.get("/people", query_string={"when": json.dumps(condition)}).text
        assert set(re.findall(ID, page)) == {whom}, condition
        assert "较新的" not in page
