"""Replies at the door: in time, once, the same to every delivery, in the form the account takes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, select

from hub.kernel import clock, spool
from hub.kernel.db import transaction
from hub.pool import service as pool
from hub.web import groupfile
from tests.sample import APPID, GROUP_FILE, apply_sample, sim_account
from wechat import jobs, service, views
from wechat.models import Callback, Send
from wechat.rules import read_envelope
from wechat.service import answering, forget_accounts
from wechat.simulator import SimAccount, push
from wechat.simulator.push import Fields, xml
from wechat.simulator.replies import accepted, read

FAN = "oExample-Follower_0000000001"
REPLIES = """
replies:
  - {name: 价格, on: {keyword: 价格}, reply: {text: "价目表：https://h5.example.com/price ]]> 完"}}
  - name: 资料
    on: {contains: 资料}
    reply: {news: {title: 手册, picture: "https://h5.example.com/a.png", url: "https://h5.example.com/a"}}
  - name: 欢迎
    on: {event: follow}
    reply: {text: 欢迎}
    variants: [{when: {field: score, gte: 5}, reply: {text: 欢迎回来}}]
  - {name: 人工, account: wx7a10c3e5d2f49b18, on: {menu: DESK}, reply: {transfer: true}}
"""


@pytest.fixture
def account(clean: Engine) -> Iterator[SimAccount]:
    """Yield the sample group's account, which has rules."""
    apply_sample()
    apply_sample(REPLIES.encode())
    yield sim_account()


@pytest.fixture
def client(account: SimAccount) -> FlaskClient:
    """Return a client of the gateway alone."""
    app = Flask(__name__)
    app.register_blueprint(views.blp)
    return app.test_client()


def fields(account: SimAccount, **more: str | int) -> dict[str, str | int]:
    """Return the fields of one push of FAN, now."""
    stamp = int(clock.now().timestamp())
    return {"ToUserName": account.original_id, "FromUserName": FAN, "CreateTime": stamp, **more}


def text(account: SimAccount, words: str, number: int = 1) -> dict[str, str | int]:
    return fields(account, MsgType="text", Content=words, MsgId=number)


def event(account: SimAccount, name: str, key: str = "") -> dict[str, str | int]:
    return fields(account, MsgType="event", Event=name, EventKey=key)


def send(client: FlaskClient, account: SimAccount, sent: Fields) -> bytes:
    """Deliver one push and return the answer, which WeChat must take."""
    made = push(f"/wechat/callback/{account.appid}", account, sent, now=clock.now())
    answer = client.post(made.url, query_string=made.query, data=made.body)
    assert accepted(account, sent, answer.status_code, answer.data), answer.data
    return answer.data


def shown(account: SimAccount, sent: Fields, answer: bytes) -> dict[str, Any] | None:
    return read(account, sent, 200, answer)


@pytest.mark.parametrize("mode", ["plain", "compatible", "safe"])
def test_a_keyword_is_answered_as_the_mode_asks(client: FlaskClient, account: SimAccount, mode: str) -> None:
    apply_sample(GROUP_FILE.read_bytes().replace(b"mode: safe ", f"mode: {mode} ".encode()))
    account = replace(account, mode=mode)
    sent = text(account, " 价格\n")
    answer = send(client, account, sent)
    assert (b"<Encrypt>" in answer) is (mode != "plain")
    reply = shown(account, sent, answer)
    assert reply is not None
    assert reply["Content"] == "价目表：https://h5.example.com/price ]]> 完"
    assert (reply["ToUserName"], reply["FromUserName"]) == (FAN, account.original_id)


def test_other_pushes_hear_success_in_clear(client: FlaskClient, account: SimAccount) -> None:
    for sent in (text(account, "别的"), event(account, "VIEW", "DESK"), event(account, "CLICK", "PRICE")):
        assert send(client, account, sent) == b"success"


def test_an_article_and_a_desk_are_answered(client: FlaskClient, account: SimAccount) -> None:
    sent = text(account, "有产品资料吗")
    article = shown(account, sent, send(client, account, sent))
    assert article is not None
    assert article["MsgType"] == "news"
    tapped = event(account, "CLICK", "DESK")
    desk = shown(account, tapped, send(client, account, tapped))
    assert desk is not None
    assert desk["MsgType"] == "transfer_customer_service"


def test_a_repeated_delivery_gets_the_same_bytes_even_after_the_rule_changed(
    client: FlaskClient, account: SimAccount
) -> None:
    sent = text(account, "价格")
    first = send(client, account, sent)
    apply_sample(REPLIES.replace("价目表", "新价目表").encode())
    clock.set_offset(clock.offset() + timedelta(seconds=7))
    assert send(client, account, sent) == first
    assert send(client, account, {**sent, "MsgId": 2}) != first
    quiet = text(account, "新词", 3)
    assert send(client, account, quiet) == b"success"
    apply_sample("replies: [{name: 新, on: {keyword: 新词}, reply: {text: 新}}]".encode())
    assert send(client, account, quiet) == b"success"


def test_deliveries_at_the_same_time_get_the_same_bytes(client: FlaskClient, account: SimAccount) -> None:
    sent, answers = text(account, "价格"), []
    threads = [
        threading.Thread(target=lambda: answers.append(send(client.application.test_client(), account, sent)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 8
    assert len(set(answers)) == 1
    assert answers[0] != b"success"


def drain() -> None:
    for lane in range(8):
        while jobs.drain_callbacks(lane):
            pass


def test_who_is_known_gets_the_reply_of_their_stage(client: FlaskClient, account: SimAccount) -> None:
    new = event(account, "subscribe")
    stranger = shown(account, new, send(client, account, new))
    assert stranger is not None
    assert stranger["Content"] == "欢迎"
    drain()
    clock.set_offset(clock.offset() + timedelta(seconds=5))
    back = event(account, "subscribe")
    known = shown(account, back, send(client, account, back))
    assert known is not None
    assert known["Content"] == "欢迎回来"


def test_what_is_not_ready_in_time_follows_as_a_message(
    client: FlaskClient, account: SimAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = threading.Event()
    person = answering.person
    monkeypatch.setattr(answering, "READ_WITHIN", 0.01)
    monkeypatch.setattr(answering, "person", lambda *given: released.wait(10) and person(*given))
    sent = event(account, "subscribe")
    assert send(client, account, sent) == b"success"
    released.set()
    monkeypatch.undo()
    assert send(client, account, sent) == b"success", "a repeated delivery is answered as the first"
    drain()
    with transaction() as session:
        [queued] = session.scalars(select(Send))
    assert (queued.openid, queued.channel, queued.purpose) == (FAN, "custom", "service")
    assert queued.content == {"msgtype": "text", "text": {"content": "欢迎回来"}}


def test_while_the_person_cannot_be_read_the_push_is_taken(
    client: FlaskClient, account: SimAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(answering, "person", away)
    assert send(client, account, event(account, "subscribe")) == b"success"
    with transaction() as session:
        [row] = session.scalars(select(Callback))
    assert row.reply is not None
    assert row.reply["late"]["name"] == "欢迎"


def test_while_pushes_wait_in_the_spool_nobody_is_read(account: SimAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    forget_accounts()
    read_people: list[object] = []
    monkeypatch.setattr(answering, "person", lambda *given: read_people.append(given))
    monkeypatch.setattr(spool.local(), "waiting", lambda: True)
    envelope = read_envelope(service.account_keys(APPID), xml(event(account, "subscribe")).decode())
    chosen = answering.choose(envelope)
    assert chosen is not None
    assert chosen["late"]["name"] == "欢迎"
    assert read_people == []


def test_the_rules_go_round_through_the_group_file(account: SimAccount) -> None:
    with transaction() as session:
        exported = groupfile.export(session, secrets=True)
        changes = groupfile.apply(session, exported)
    assert {change.action for change in changes if change.kind == "reply"} == {"left"}
    assert "name: 价格" in exported


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ('{name: a, on: {keyword: a}, reply: {text: "' + "长" * 700 + '"}}', "at most 2,048 bytes"),
        ("{name: a, on: {keyword: a, menu: b}, reply: {text: a}}", "exactly one of keyword"),
        ("{name: a, on: {keyword: a}, reply: {text: a, image: b}}", "exactly one of text"),
        ("{name: a, on: {keyword: a}, reply: {}}", "exactly one of text"),
        ("{name: a, on: {event: unfollow}, reply: {text: a}}", "must be follow, scan or enter_chat"),
        ("{name: a, on: {default: false}, reply: {text: a}}", "exactly one of keyword"),
        ("{name: a, on: {keyword: a}, reply: {text: 请打 13800000000}}", "reads like a mobile number"),
        ("{name: a, account: wx0000000000000000, on: {keyword: a}, reply: {text: a}}", "there is no account"),
        ("{name: a, on: {keyword: a}, reply: {news: {title: a, picture: x, url: y}}}", "must be an address such as"),
        ("{name: a, on: {keyword: a}, reply: {text: a}, variants: [{when: {field: x, gt: 1}, reply: {text: b}}]}", "x"),
        ("{name: a, on: {keyword: a}, reply: {transfer: false}}", "must be true"),
    ],
)
def test_a_rule_that_wechat_or_the_law_would_not_take_is_refused(account: SimAccount, rule: str, says: str) -> None:
    with transaction() as session, pytest.raises(groupfile.GroupFileError) as caught:
        groupfile.apply(session, f"replies:\n  - {rule}\n")
    assert says in str(caught.value)


def test_a_rule_that_can_no_longer_be_read_is_left_out(account: SimAccount) -> None:
    from wechat.models import ReplyRule

    with transaction() as session:
        row = session.scalars(select(ReplyRule).where(ReplyRule.name == "欢迎")).one()
        row.body = {**row.body, "variants": [{"when": {"field": "gone", "gt": 1}, "reply": {"text": "x"}}]}
        row.changed_at = clock.now()
    forget_accounts()
    service.account_keys(APPID)
    assert [rule.name for rule in answering.reply_book().group] == ["价格", "资料"]


def test_a_condition_that_fails_leaves_the_reply_for_everyone(
    client: FlaskClient, account: SimAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = replace(pool.stranger(), fields={"score": "many"})
    monkeypatch.setattr(answering, "person", lambda *_: odd)
    sent = event(account, "subscribe")
    reply = shown(account, sent, send(client, account, sent))
    assert reply is not None
    assert reply["Content"] == "欢迎"
