from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from flask import Flask, Response, request
from werkzeug.serving import make_server

from tests.wechat.simulated import ACCOUNTS, FIELDS, MINI, PLAIN, SERVICE, UNBOUND, opened, parsed
from wechat.simulator import Deliverer, SimAccount, Traffic, World
from wechat.simulator.journeys import Step
from wechat.simulator.push import Fields


class Hub:
    """A tiny hub: answers `script` in turn for each push, then success; remembers what arrived."""

    def __init__(self, script: list[Response | float]) -> None:
        self.script, self.lock = script, threading.Lock()
        self.arrived: list[tuple[str, dict[str, str], bytes]] = []
        self.stopping = threading.Event()
        app = Flask("tiny hub")
        app.add_url_rule("/wechat/callback/<appid>", "callback", self.callback, methods=["POST"])
        self.server = make_server("127.0.0.1", 0, app, threaded=True)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"

    def callback(self, appid: str) -> Response:
        with self.lock:
            self.arrived.append((appid, request.args.to_dict(), request.get_data()))
            answer = self.script.pop(0) if self.script else Response("success")
        if isinstance(answer, Response):
            return answer
        self.stopping.wait(answer)
        return Response("success")


@pytest.fixture
def hub() -> Iterator[Callable[..., Hub]]:
    made: list[Hub] = []

    def start(*script: Response | float) -> Hub:
        tiny = Hub(list(script))
        made.append(tiny)
        threading.Thread(target=tiny.server.serve_forever, args=(0.02,), daemon=True).start()
        return tiny

    yield start
    for tiny in made:
        tiny.stopping.set()
        tiny.server.shutdown()
        tiny.server.server_close()


def test_a_push_is_tried_again_with_the_same_body_and_fresh_signature(hub: Callable[..., Hub]) -> None:
    tiny = hub(Response("oops", 500), Response("<html>", 200))
    deliverer = Deliverer(tiny.url, retry_after=0)
    assert deliverer.deliver(SERVICE, FIELDS)
    deliverer.close()
    appids, queries, bodies = zip(*tiny.arrived, strict=True)
    assert appids == (SERVICE.appid,) * 3
    assert len({query["nonce"] for query in queries}) == len(set(bodies)) == 3
    encrypted = [parsed(SERVICE, body)["Encrypt"] for body in bodies]
    assert len({opened(SERVICE.aes_key, SERVICE.appid, each) for each in encrypted}) == 1
    counts = {"pushes": 1, "deliveries": 3, "delivered": 1, "retried": 2, "given_up": 0, "duplicates": 0}
    assert deliverer.stats() == counts


def test_after_three_tries_the_person_sees_a_failure(hub: Callable[..., Hub]) -> None:
    tiny = hub(Response("", 302, {"Location": "/"}), Response("", 502), 5.0)
    deliverer = Deliverer(tiny.url, retry_after=0, timeout=0.2)
    assert not deliverer.deliver(PLAIN, FIELDS)
    deliverer.close()
    assert len(tiny.arrived) == 3
    assert deliverer.stats()["given_up"] == 1


def test_a_dead_hub_is_given_up_and_tries_are_spaced() -> None:
    deliverer = Deliverer("http://127.0.0.1:9", attempts=2, retry_after=0.2)
    began = time.monotonic()
    assert not deliverer.deliver(MINI, FIELDS)
    assert time.monotonic() - began >= 0.2
    deliverer.close()


def test_duplicates_arrive_beside_the_first(hub: Callable[..., Hub]) -> None:
    tiny = hub()
    deliverer = Deliverer(tiny.url, duplicate_rate=1.0)
    for number in range(20):
        deliverer.submit(UNBOUND, {**FIELDS, "MsgId": number})
    deliverer.drain()
    deliverer.close()
    ids = Counter(parsed(UNBOUND, body)["MsgId"] for _, _, body in tiny.arrived)
    assert set(ids.values()) == {2}
    assert deliverer.stats()["pushes"] == deliverer.stats()["duplicates"] == 20


@pytest.mark.parametrize("window", [0, 10])
def test_order_is_kept_unless_a_window_is_set(hub: Callable[..., Hub], window: int) -> None:
    tiny = hub()
    deliverer = Deliverer(tiny.url, reorder_window=window)
    for number in range(40):
        deliverer.submit(PLAIN, {**FIELDS, "MsgId": number})
    deliverer.drain()
    deliverer.close()
    order = [int(parsed(PLAIN, body)["MsgId"]) for _, _, body in tiny.arrived]
    assert sorted(order) == list(range(40))
    assert (order == sorted(order)) is (window == 0)


class Pocket:
    """Carry pushes nowhere and keep them."""

    def __init__(self) -> None:
        self.kept: list[tuple[SimAccount, Fields]] = []

    def submit(self, account: SimAccount, fields: Fields) -> None:
        self.kept.append((account, fields))

    def stats(self) -> dict[str, int]:
        return {"pushes": len(self.kept)}

    def close(self) -> None:
        pass


def acted(people: int, steps: int, seed: int = 3) -> tuple[list[Step], Pocket, Traffic, World]:
    world, pocket = World(ACCOUNTS), Pocket()
    traffic = Traffic(world, "http://hub.example.com", people=people, rate=1000, seed=seed, carrier=pocket)
    done = []
    for step, _ in zip(traffic.steps(), range(steps), strict=False):
        traffic.act(step)
        done.append(step)
    return done, pocket, traffic, world


def test_the_same_seed_gives_the_same_acts() -> None:
    assert acted(50, 1000)[0] == acted(50, 1000)[0] != acted(50, 1000, seed=4)[0]


def test_people_follow_before_they_act_and_do_everything() -> None:
    _, pocket, _, world = acted(30, 4000)
    following: set[tuple[str, str]] = set()
    seen: Counter[str] = Counter()
    for account, fields in pocket.kept:
        who = (account.appid, str(fields["FromUserName"]))
        name = str(fields.get("Event", "text"))
        seen[name] += 1
        if name == "subscribe":
            assert who not in following
            following.add(who)
        elif account.kind != "miniprogram":
            assert who in following
        if name == "unsubscribe":
            following.remove(who)
    assert set(seen) == {"subscribe", "unsubscribe", "SCAN", "CLICK", "VIEW", "text"}
    assert all(world.follows(*who) for who in following)


def test_about_three_in_ten_ask_for_the_price() -> None:
    _, _, traffic, _ = acted(1000, 9000)
    stats = traffic.stats()
    assert 0.22 < stats["buyers"] / stats["people"] < 0.36


def test_messages_have_ids_of_their_own_and_scenes_their_prefix_on_follow_only() -> None:
    _, pocket, _, _ = acted(40, 2000)
    ids = [fields["MsgId"] for _, fields in pocket.kept if fields["MsgType"] == "text"]
    assert len(set(ids)) == len(ids) > 100
    keys = {(fields["Event"], str(fields["EventKey"])[:8]) for _, fields in pocket.kept if "Event" in fields}
    assert {key for event, key in keys if event == "subscribe"} == {"", "qrscene_"}
    assert "qrscene_" not in {key for event, key in keys if event == "SCAN"}


def test_traffic_runs_at_its_pace_until_stopped_and_tells_the_hook(hub: Callable[..., Hub]) -> None:
    tiny, told, stop = hub(), [], threading.Event()

    def on_activity(person: int, appid: str, kind: str) -> None:
        told.append((person, appid, kind))
        if len(told) == 60:
            stop.set()

    traffic = Traffic(
        World(ACCOUNTS), tiny.url, people=20, rate=200, duplicate_rate=0.2, reorder=5, on_activity=on_activity
    )
    began = time.monotonic()
    traffic.run(stop)
    pushes = 60 - traffic.stats()["login"]  # WeChat pushes no logins
    assert time.monotonic() - began >= (pushes - 2) / 200
    assert "login" in {kind for _, _, kind in told}
    assert sum(traffic.stats()[kind] for kind in ("follow", "scan", "click", "view", "text", "unfollow", "login")) == 60
    assert 0 < traffic.stats()["delivered"] <= len(tiny.arrived)


def test_traffic_without_people_or_accounts_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Traffic(World([]), "http://hub.example.com", people=1, rate=1)
    with pytest.raises(ValueError, match="at least one"):
        Traffic(World(ACCOUNTS), "http://hub.example.com", people=0, rate=1)
