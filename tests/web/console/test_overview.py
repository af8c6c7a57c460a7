"""The overview: every figure, and the way from it to the rows behind."""

from __future__ import annotations

import html
import re

import pytest
from flask import Flask
from sqlalchemy import Engine

from hub.kernel import access
from hub.web.console.charts import lines, spark
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
    assert re.search(r"新增 MQL</span><b>1</b>", page)
    assert page.count('<polyline class="now"') == 2
    assert page.count("<details><summary>看表格") == 2


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


def test_a_chart_draws_its_highest_day_at_the_top_and_tells_the_same_in_its_table() -> None:
    from datetime import date

    days = [date(2030, 1, n) for n in range(1, 4)]
    drawn = lines(days, [0, 5, 10], [1, 0, 0])
    assert drawn.now == "0.0,160.0 300.0,80.0 600.0,0.0"
    assert (drawn.top, drawn.total, drawn.total_before) == (10, 15, 1)
    assert drawn.days == tuple(zip(days, [0, 5, 10], [1, 0, 0], strict=True))


@pytest.mark.parametrize(("values", "points"), [([], ""), ([3], ""), ([0, -4], "0.0,160.0 600.0,160.0")])
def test_a_small_line_needs_two_days_and_never_leaves_its_box(values: list[int], points: str) -> None:
    assert spark(values) == points
