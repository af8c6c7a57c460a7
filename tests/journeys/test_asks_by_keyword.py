"""Somebody writes to an account and is answered at once, by real deliveries: nobody ever sees a failure."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from werkzeug.serving import make_server

from hub.kernel import clock
from hub.web.app import create_app
from tests.journeys.town import GROUP, MINI, Town
from tests.sample import apply_sample
from wechat.simulator import Deliverer

REPLIES = """
replies:
  - {name: 报价, on: {contains: 报价}, reply: {text: 请留下需求}}
  - name: 欢迎
    on: {event: follow}
    reply: {text: 您好}
    variants: [{when: {field: score, gte: 50}, reply: {text: 又见面了}}]
  - {name: 客服, account: wx1d00000000000004, on: {default: true}, reply: {transfer: true}}
"""


@pytest.fixture
def post(town: Town) -> Iterator[Deliverer]:
    """Yield WeChat's deliveries to a hub that listens; one in two is made twice at the same time."""
    apply_sample(REPLIES.encode())
    server = make_server("127.0.0.1", 0, create_app(), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    deliverer = Deliverer(f"http://127.0.0.1:{server.server_port}", duplicate_rate=0.5)
    yield deliverer
    deliverer.close()
    server.shutdown()
    thread.join()
    server.server_close()


def act(town: Town, post: Deliverer, person: int, appid: str, **fields: str | int) -> None:
    """Let a person do something that WeChat pushes."""
    account = town.world.account(appid)
    head = {"ToUserName": account.original_id, "FromUserName": town.world.openid(appid, person)}
    post.submit(account, {**head, "CreateTime": int(clock.now().timestamp()), **fields})


def test_a_follower_is_welcomed_asks_and_is_answered(town: Town, post: Deliverer) -> None:
    act(town, post, 5, GROUP, MsgType="event", Event="subscribe", EventKey="")
    for number, words in enumerate(("想要报价", "谢谢", "报价单？")):
        act(town, post, 5, GROUP, MsgType="text", Content=words, MsgId=number + 1)
    act(town, post, 5, MINI, MsgType="text", Content="在吗", MsgId=9)
    post.drain()
    told = {(appid, reply.get("Content", reply["MsgType"])) for appid, _, reply in post.shown}
    assert told == {(GROUP, "您好"), (GROUP, "请留下需求"), (MINI, "transfer_customer_service")}
    assert {openid for _, openid, _ in post.shown} == {town.world.openid(appid, 5) for appid in (GROUP, MINI)}
    stats = post.stats()
    assert (stats["pushes"], stats["delivered"], stats["given_up"], stats["retried"]) == (5, 5, 0, 0)


def test_whoever_asked_for_a_price_is_met_as_one_who_did(town: Town, post: Deliverer) -> None:
    act(town, post, 6, GROUP, MsgType="event", Event="subscribe", EventKey="")
    act(town, post, 6, GROUP, MsgType="event", Event="CLICK", EventKey="PRICE")
    post.drain()
    town.settle()
    town.pass_time(seconds=5)
    act(town, post, 6, GROUP, MsgType="event", Event="subscribe", EventKey="")
    post.drain()
    assert [reply["Content"] for _, _, reply in post.shown][-1] == "又见面了"
    assert post.stats()["given_up"] == 0
