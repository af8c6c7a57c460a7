"""The overview: every figure, and the way from it to the rows behind."""

from __future__ import annotations

import html
import re

from flask import Flask
from sqlalchemy import Engine

from hub.kernel import access
from tests.web.console import crowd
from tests.web.console.conftest import SignIn
from tests.web.console.counting import counted


def test_every_figure_of_the_funnel_leads_to_its_rows(sign_in: SignIn) -> None:
    crowd.qualify(1)
    crowd.qualify(2)
    crowd.act(3, "follow")
    client = sign_in(access.GROUP_ADMIN)
    page = client.get("/").text
    ways = {key: html.unescape(url) for key, url in re.findall(_FIGURE, page)}
    assert {"people", "fans", "registered", "mqls", "leads", "accepted"} <= ways.keys()
    rows = {key: client.get(ways[key]).text for key in ways}
    people = {key: len(set(re.findall(r'href="/people/([0-9a-f-]{36})"', rows[key]))) for key in ("people", "mqls")}
    assert people == {"people": 3, "mqls": 2}
    assert rows["leads"].count('<th scope="row">') == 2
    assert rows["accepted"].count('<th scope="row">') == 0


_FIGURE = r'<li class="bar" data-key="(\w+)">.*?<a class="figure" href="([^"]+)"'


def test_it_shows_what_came_in_the_last_thirty_days(sign_in: SignIn) -> None:
    crowd.qualify(1)
    page = sign_in(access.GROUP_MARKETER).get("/").text
    assert re.search(r"新增 MQL</span><b><a [^>]+>1</a></b>", page)
    assert page.count("<details><summary>看表格") == 2
    for picture in ("people", "mqls", "gained", "leads"):
        assert re.search(rf'data-picture="{picture}".*?<svg .*?</figure>', page, re.DOTALL)


def test_every_mark_of_a_chart_has_its_number_and_its_link_in_the_table_beside_it(sign_in: SignIn) -> None:
    crowd.qualify(1)
    page = sign_in(access.GROUP_ADMIN).get("/").text
    marks = set(re.findall(r'<a target="_self" tabindex="-1" xlink:href="([^"]+)"', page))
    assert {html.unescape(url) for url in marks} >= {"/leads?bu=automation&state=queued", f"/touchpoints/{crowd.GROUP}"}
    beside = set(re.findall(r'<a (?:class="figure" )?href="([^"]+)"', page))
    assert marks <= beside
    assert re.search(r"<title[^>]*>示例集团服务号 · 7 天 \+1</title>", page)


def test_the_charts_alone_are_given_anew(sign_in: SignIn) -> None:
    client = sign_in(access.AUDITOR)
    way = html.unescape(re.findall(r'data-pictures="([^"]+)"', client.get("/").text)[0])
    before = client.get(way).text
    crowd.qualify(1)
    after = client.get(way).text
    assert len(re.findall("<svg ", before)) == 2
    assert len(re.findall("<svg ", after)) == 4
    assert "<html" not in after


def test_an_empty_hub_says_the_next_step(sign_in: SignIn) -> None:
    page = sign_in(access.GROUP_ADMIN).get("/").text
    assert "接入公众号" in page
    assert not re.search(r'data-show="empty" hidden', page)


def test_a_business_units_people_begin_with_their_queue(sign_in: SignIn) -> None:
    answer = sign_in(access.BU_MEMBER).get("/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/queue")


def test_who_may_not_open_rows_sees_the_figure_without_a_link(sign_in: SignIn) -> None:
    crowd.qualify(1)
    page = sign_in(access.PRIVACY_OFFICER).get("/").text
    assert 'href="/people' not in page
    assert 'href="/operations"' in page


def test_the_overview_polls_with_its_own_figures(sign_in: SignIn) -> None:
    crowd.act(1, "follow")
    client = sign_in(access.AUDITOR)
    source = re.search(r'data-source="([^"]+)"', client.get("/").text)
    assert source is not None
    assert client.get(source[1]).get_json()["counts"][1]["n"] == 1


def test_it_costs_the_same_statements_however_many_there_are(app: Flask, sign_in: SignIn, database: Engine) -> None:
    client, costs = sign_in(access.GROUP_ADMIN), []
    for person in range(1, 12, 5):
        for one in range(person, person + 5):
            crowd.qualify(one)
        with counted(database) as sent:
            assert client.get("/").status_code == 200
        costs.append(len(sent))
    assert costs[0] == costs[-1] <= 45
