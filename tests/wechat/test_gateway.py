"""Callbacks through the door: stored before the answer, once, and nothing else is."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select
from werkzeug.test import TestResponse

from hub.kernel import clock, settings
from hub.kernel.db import transaction
from tests.sample import APPID, GROUP_FILE, apply_sample, sim_account
from wechat import jobs, views
from wechat.models import Callback, UnionidLookup
from wechat.service import forget_accounts
from wechat.simulator import SimAccount, push
from wechat.simulator.push import verification

FAN = "oExample-Follower_0000000001"


@pytest.fixture
def account(clean: Engine) -> Iterator[SimAccount]:
    """Yield the sample group's account."""
    apply_sample()
    yield sim_account()


@pytest.fixture
def client(account: SimAccount) -> FlaskClient:
    """Return a client of the gateway alone."""
    app = Flask(__name__)
    app.register_blueprint(views.blp)
    return app.test_client()


def event(name: str, key: str = "", **more: str | int) -> dict[str, str | int]:
    """Return the fields of one event of FAN, now."""
    stamp = int(clock.now().timestamp())
    head = {"ToUserName": "gh_9f1c0aa35d21", "FromUserName": FAN, "CreateTime": stamp, "MsgType": "event"}
    return {**head, "Event": name, "EventKey": key, **more}


def send(client: FlaskClient, account: SimAccount, fields: dict[str, Any], *, late: int = 0) -> TestResponse:
    """Deliver one push, signed `late` seconds ago."""
    sent = push(f"/wechat/callback/{account.appid}", account, fields, now=clock.now() - timedelta(seconds=late))
    return client.post(sent.url, query_string=sent.query, data=sent.body, content_type=sent.content_type)


def stored() -> list[Callback]:
    """Return the inbox."""
    with transaction() as session:
        return list(session.scalars(select(Callback).order_by(Callback.id)))


def test_the_address_check_is_answered_with_the_echo_alone(client: FlaskClient, account: SimAccount) -> None:
    query, echo = verification(account, now=clock.now())
    answer = client.get(f"/wechat/callback/{APPID}", query_string=query)
    assert (answer.status_code, answer.data) == (200, echo.encode())
    query["signature"] = "0" * 40
    assert client.get(f"/wechat/callback/{APPID}", query_string=query).status_code == 403


def test_success_means_the_push_is_in_the_inbox(client: FlaskClient, account: SimAccount) -> None:
    answer = send(client, account, event("subscribe", "qrscene_auto.expo", Ticket="t"))
    assert (answer.status_code, answer.data) == (200, b"success")
    [row] = stored()
    assert (row.event, row.details["scene"], row.state, row.known) == ("subscribe", "auto.expo", "new", True)


def test_a_redelivery_is_answered_and_stored_once(client: FlaskClient, account: SimAccount) -> None:
    fields = event("CLICK", "PRICE")
    assert [send(client, account, fields).data for _ in range(3)] == [b"success"] * 3
    assert len(stored()) == 1


def test_concurrent_redeliveries_are_stored_once(client: FlaskClient, account: SimAccount) -> None:
    fields = event("CLICK", "PRICE")
    answers: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: answers.append(send(client.application.test_client(), account, fields).data))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [b"success"] * 8
    assert len(stored()) == 1


def test_a_redelivery_across_midnight_is_stored_once(client: FlaskClient, account: SimAccount) -> None:
    fields = event("CLICK", "PRICE")
    send(client, account, fields)
    midnight = (clock.wall() + timedelta(days=1)).replace(hour=0, minute=0, second=1)
    clock.set_offset(midnight - clock.wall())
    send(client, account, fields)
    assert len(stored()) == 1


def test_what_a_person_writes_is_sealed_before_it_is_stored(client: FlaskClient, account: SimAccount) -> None:
    words = "我的电话是 canary-in-a-message"
    fields = {**event(""), "MsgType": "text", "Content": words, "MsgId": 24912345678901234}
    del fields["Event"]
    assert send(client, account, fields).data == b"success"
    [row] = stored()
    assert row.sealed is not None
    assert b"canary" not in row.sealed
    assert "canary" not in str(row.details)
    from privacy.service import open_sealed

    with transaction() as session:
        del session
        assert open_sealed(row.sealed_epoch, row.sealed, context="callback").decode() == f'{{"Content":"{words}"}}'


def test_what_is_not_known_is_kept_and_acknowledged(client: FlaskClient, account: SimAccount) -> None:
    assert send(client, account, event("brand_new_event", "x", Secret="s")).data == b"success"
    [row] = stored()
    assert not row.known
    assert row.sealed
    drain()
    assert stored()[0].state == "done"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"signature": "x", "msg_signature": "0" * 40}, 403),
        ({"timestamp": "1"}, 403),
        ({"encrypt_type": "raw"}, 403),
    ],
)
def test_a_forged_query_stores_nothing(
    client: FlaskClient, account: SimAccount, change: dict[str, str], status: int
) -> None:
    sent = push(f"/wechat/callback/{APPID}", account, event("CLICK", "PRICE"), now=clock.now())
    answer = client.post(sent.url, query_string=sent.query | change, data=sent.body)
    assert answer.status_code == status
    assert not stored()


def test_a_stale_push_stores_nothing(client: FlaskClient, account: SimAccount) -> None:
    assert send(client, account, event("CLICK", "PRICE"), late=700).status_code == 403
    assert not stored()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<xml>",
        b"{}",
        b"<xml><Encrypt><![CDATA[@@@]]></Encrypt></xml>",
        b"<!DOCTYPE x [<!ENTITY a 'b'>]><xml><Encrypt>&a;</Encrypt></xml>",
        b"<xml>" + b"<a>" * 5000,
        b"<xml>" + b"x" * 70_000 + b"</xml>",
        b"\xff\xfe\x00",
    ],
)
def test_hostile_bodies_are_refused_without_a_server_error(
    client: FlaskClient, account: SimAccount, body: bytes
) -> None:
    sent = push(f"/wechat/callback/{APPID}", account, event("CLICK"), now=clock.now())
    answer = client.post(sent.url, query_string=sent.query, data=body)
    assert 400 <= answer.status_code < 500
    assert not stored()


def test_an_account_that_is_not_ours_is_unknown(client: FlaskClient, account: SimAccount) -> None:
    for appid in ("wxffffffffffffffff", "nonsense", "..%2F"):
        assert client.post(f"/wechat/callback/{appid}", data=b"x").status_code == 404


def drain() -> None:
    """Drain every lane of callbacks."""
    for lane in range(8):
        while jobs.drain_callbacks(lane):
            pass


def test_a_stored_push_becomes_an_activity_and_asks_for_the_unionid(client: FlaskClient, account: SimAccount) -> None:
    send(client, account, event("subscribe", "qrscene_auto.expo"))
    send(client, account, event("CLICK", "PRICE"))
    drain()
    from hub.pool.models import Activity

    with transaction() as session:
        acts = session.execute(select(Activity.kind, Activity.key).order_by(Activity.id)).all()
        asked = session.scalars(select(UnionidLookup.openid)).all()
        left = session.scalar(select(func.count()).select_from(Callback).where(Callback.state != "done"))
    assert [tuple(a) for a in acts] == [("follow", "auto.expo"), ("menu_click", "PRICE")]
    assert asked == [FAN]
    assert left == 0


def test_the_probe_of_cloud_hosting_is_answered_and_leaves_nothing(client: FlaskClient, account: SimAccount) -> None:
    for body in (b'{"action":"CheckContainerPath"}', b"<xml><action>CheckContainerPath</action></xml>"):
        answer = client.post(f"/wechat/callback/{APPID}", data=body)
        assert (answer.status_code, answer.data) == (200, b"success")
    assert client.post("/wechat/callback/wxffffffffffffffff", data=body).status_code == 404
    assert not stored()


def test_what_was_sent_under_the_keys_before_is_taken_for_a_while(client: FlaskClient, account: SimAccount) -> None:
    text = GROUP_FILE.read_bytes().replace(b"hubtoken1", b"hubtoken2")
    apply_sample(text)
    assert send(client, account, event("CLICK", "OLD")).data == b"success"
    assert send(client, replace(account, token="hubtoken2"), event("CLICK", "NEW")).data == b"success"
    clock.set_offset(clock.offset() + timedelta(hours=25))
    forget_accounts()
    assert send(client, account, event("CLICK", "LATE")).status_code == 403
    assert [row.details["key"] for row in stored()] == ["OLD", "NEW"]


def test_in_production_a_push_in_clear_is_refused_until_an_admin_allows_it(
    client: FlaskClient, account: SimAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = replace(account, mode="plain")
    entry = b"    mode: safe "
    text = GROUP_FILE.read_bytes()
    assert entry in text
    monkeypatch.setattr(settings.Settings, "production", True)
    apply_sample(text.replace(entry, b"    mode: plain ", 1))
    assert send(client, plain, event("CLICK", "PRICE")).status_code == 403
    assert send(client, account, event("CLICK", "SAFE")).status_code == 200
    apply_sample(text.replace(entry, b"    allow_plaintext: true\n    mode: plain ", 1))
    assert send(client, plain, event("CLICK", "PRICE")).status_code == 200


def test_where_a_person_is_is_counted_and_forgotten_unless_the_account_keeps_it(
    client: FlaskClient, account: SimAccount
) -> None:
    place = {"Latitude": "31.230416", "Longitude": "121.473701", "Precision": "65.0"}
    assert send(client, account, event("LOCATION", **place)).data == b"success"
    apply_sample(GROUP_FILE.read_bytes().replace(b"    mode: safe ", b"    location: true\n    mode: safe ", 1))
    assert send(client, account, {**event("LOCATION", **place), "FromUserName": "oAnother"}).data == b"success"
    dropped, kept = stored()
    assert (dropped.sealed, dropped.known) == (None, True)
    assert kept.sealed is not None
    assert "31.23" not in str(kept.details)
