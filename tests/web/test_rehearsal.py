"""Rehearsals: a crowd at the start, a steady rate, faults by share, and a verdict at the end."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from click.testing import CliRunner
from flask import Flask, Response
from sqlalchemy import Engine
from werkzeug.serving import make_server

from hub.group import service as group
from hub.group.service import Account
from hub.kernel.db import transaction
from hub.web import rehearsal
from hub.web.cli.simulate import simulate
from hub.web.rehearsal import Fault, Plan, Report
from tests.sample import APPID, apply_sample


class Taker:
    """Take every push but one in `refuses`; know how many came."""

    def __init__(self) -> None:
        self.refuses, self.came = 0, 0
        app = Flask("taker")
        app.add_url_rule("/readyz", "ready", lambda: "ok")
        app.add_url_rule("/wechat/callback/<appid>", "callback", self.take, methods=["POST"])
        self.server = make_server("127.0.0.1", 0, app, threaded=True)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def take(self, appid: str) -> Response:
        assert appid == APPID
        self.came += 1
        refused = self.refuses and self.came % self.refuses == 0
        return Response("oops", 500) if refused else Response("success")


@pytest.fixture
def taker() -> Iterator[Taker]:
    made = Taker()
    threading.Thread(target=made.server.serve_forever, args=(0.02,), daemon=True).start()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def accounts(clean: Engine) -> list[Account]:
    apply_sample()
    with transaction() as session:
        return group.accounts(session)


def plan(taker: Taker, **wishes: object) -> Plan:
    wanted = {"people": 300_000, "rate": 200.0, "duplicates": 0.0, "seconds": 1.0, "deliveries": 1, **wishes}
    return Plan(hub_url=taker.url, listen="http://127.0.0.1:0", **wanted)  # type: ignore[arg-type]


def test_a_rehearsal_keeps_its_rate_and_tells_how_it_went(taker: Taker, accounts: list[Account]) -> None:
    report = rehearsal.run(accounts, plan(taker, followers=300_000), threading.Event())
    assert report.sent == report.acknowledged == taker.came
    assert 0 < report.sent <= 201, "a second holds two hundred"
    assert (report.given_up, report.retried) == (0, 0)
    assert "Nothing was given up." in report.summary()


def test_what_the_hub_refuses_is_given_up_and_said(taker: Taker, accounts: list[Account]) -> None:
    taker.refuses = 10
    report = rehearsal.run(accounts, plan(taker), threading.Event())
    assert report.given_up == taker.came // 10 == report.sent - report.acknowledged
    assert f"{report.given_up} pushes were given up." in report.summary()


def test_a_rehearsal_that_is_stopped_before_the_hub_answers_has_sent_nothing(accounts: list[Account]) -> None:
    stop = threading.Event()
    stop.set()
    nowhere = Plan(hub_url="http://127.0.0.1:9", listen="http://127.0.0.1:0", people=1, rate=1)
    assert rehearsal.run(accounts, nowhere, stop) == Report(0, 0, 0, 0, 0, 0, 0)


def test_followers_and_faults_are_those_of_the_plan(taker: Taker, accounts: list[Account]) -> None:
    wishes = plan(taker, followers=300_000, faults=[Fault("errcode", "/cgi-bin/user/get", 1.0)])
    world = rehearsal._world(accounts, wishes)
    assert world.user_page(APPID, "")["total"] == 300_000
    assert world.faults.take("/cgi-bin/user/get") is not None
    assert world.faults.take("/cgi-bin/user/info") is None


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("html:/cgi-bin/user/get", "no rate"),
        ("html:/cgi-bin/user/get:2", "no rate"),
        ("html:cgi-bin:0.1", "no path"),
        ("nothing:*:0.1", "no fault"),
    ],
)
def test_a_fault_that_is_none_is_refused_with_what_was_expected(fault: str, said: str) -> None:
    outcome = CliRunner().invoke(simulate, ["--fault", fault])
    assert outcome.exit_code == 2
    assert said in outcome.output
