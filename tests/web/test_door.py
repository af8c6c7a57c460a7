"""The door before Flask: the same answers, and Flask for everything that is not plainly a push."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import OperationalError

from hub.kernel import clock
from hub.kernel.db import transaction
from hub.web.app import create_app
from tests.sample import APPID, apply_sample, sim_account
from wechat import service, views
from wechat.models import Callback
from wechat.simulator import SimAccount, push

PATH = f"/wechat/callback/{APPID}"


@pytest.fixture
def account(clean: Engine) -> Iterator[SimAccount]:
    """Yield the sample group's account."""
    apply_sample()
    yield sim_account()


@pytest.fixture
def app(account: SimAccount) -> Flask:
    """Return the whole application."""
    return create_app()


@pytest.fixture
def behind(app: Flask) -> FlaskClient:
    """Return a client of a whole application without its door."""
    bare = create_app()
    bare.wsgi_app = bare.wsgi_app._app  # type: ignore[method-assign, attr-defined]
    return bare.test_client()


def follow(account: SimAccount, **changes: Any) -> dict[str, Any]:
    """Return what a test client needs to deliver a follow, with `changes` to its query."""
    head = {"ToUserName": account.original_id, "FromUserName": "oExample-Follower_01", "MsgType": "event"}
    stamp = int(clock.now().timestamp())
    sent = push(PATH, account, {**head, "CreateTime": stamp, "Event": "subscribe", "EventKey": ""}, now=clock.now())
    return {"path": PATH, "method": "POST", "query_string": {**sent.query, **changes}, "data": sent.body}


def stored() -> int:
    with transaction() as session:
        return session.scalar(select(func.count()).select_from(Callback)) or 0


def test_a_push_is_stored_without_flask(app: Flask, account: SimAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "full_dispatch_request", lambda: pytest.fail("Flask was asked"))
    answer = app.test_client().open(**follow(account))
    assert (answer.status_code, answer.text) == (200, "success")
    assert stored() == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"query_string": {"msg_signature": "0" * 40}},
        {"query_string": ""},
        {"query_string": "nonce=%ff&nonce=2"},
        {"data": b""},
        {"data": b"x" * 70_000},
        {"data": b"\xff\xfe"},
        {"path": "/wechat/callback/wx0000000000000000"},
        {"path": "/wechat/callback/nobody"},
        {"path": PATH + "/"},
        {"method": "PUT"},
        {"method": "GET"},
        {"method": "HEAD"},
        {"data": None, "input_stream": io.BytesIO(b"<xml>"), "headers": {"Transfer-Encoding": "chunked"}},
    ],
)
def test_the_door_answers_as_flask_does(
    app: Flask, behind: FlaskClient, account: SimAccount, changes: dict[str, Any]
) -> None:
    asked = {**follow(account), **changes}
    answer, expected = app.test_client().open(**asked), behind.open(**asked)
    assert (answer.status, answer.data) == (expected.status, expected.data)
    assert sorted(answer.headers) == sorted(expected.headers)
    assert stored() == 0


def test_a_delivery_again_is_answered_as_flask_does(app: Flask, behind: FlaskClient, account: SimAccount) -> None:
    sent = follow(account)
    answer, expected = app.test_client().open(**sent), behind.open(**sent)
    assert (answer.status, answer.data) == (expected.status, expected.data) == ("200 OK", b"success")
    assert sorted(answer.headers) == sorted(expected.headers)
    assert stored() == 1


def test_a_reply_is_given_by_the_door_as_by_flask(app: Flask, behind: FlaskClient, account: SimAccount) -> None:
    apply_sample("replies: [{name: 欢迎, on: {event: follow}, reply: {text: 您好}}]".encode())
    sent = follow(account)
    answer, expected = app.test_client().open(**sent), behind.open(**sent)
    assert (answer.status, answer.data) == (expected.status, expected.data)
    assert b"<Encrypt>" in answer.data
    assert answer.headers["Content-Length"] == str(len(answer.data))


def test_what_nobody_foresaw_is_answered_by_flasks_error_handlers(
    app: Flask, account: SimAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise OperationalError("SELECT", {}, Exception())

    monkeypatch.setattr(service, "receive", away)
    answer = app.test_client().open(**follow(account))
    assert answer.status_code == 503
    assert answer.mimetype == "application/problem+json"


def test_a_push_that_failed_once_is_read_anew_by_flask(
    app: Flask, account: SimAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    receive, calls = service.receive, []

    def once(*given: Any, **more: Any) -> Any:
        calls.append(given)
        if len(calls) == 1:
            raise KeyError("unforeseen")
        return receive(*given, **more)

    monkeypatch.setattr(views.callbacks.service, "receive", once)
    assert app.test_client().open(**follow(account)).text == "success"
    assert stored() == 1
