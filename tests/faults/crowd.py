"""People who follow and click, delivered as WeChat delivers, with a record of what the hub acknowledged."""

from __future__ import annotations

import http.client
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlencode

import yaml

from hub.kernel import clock
from tests.faults.house import GROUP_FILE
from wechat.simulator import SimAccount, push
from wechat.simulator.push import Fields

_TIMEOUT = 5.0  # seconds that WeChat waits for an answer


def account() -> SimAccount:
    """Return the one account of the tests' group file."""
    [found] = yaml.safe_load(GROUP_FILE.read_text("utf-8"))["accounts"]
    named = ("appid", "original_id", "kind", "mode", "token", "aes_key", "secret")
    return SimAccount(open_platform="", **{name: found[name] for name in named})


@dataclass(slots=True)
class Sent:
    """Record one push: its number (0 is the follow), how often it was sent, and whether the hub said "success".

    `late` marks one that was given up, so that later pushes of its person went first.
    """

    number: int
    fields: Fields
    tries: int = 0
    acked: bool = False
    late: bool = False


@dataclass(slots=True)
class Fan:
    """Hold one person and everything that was ever sent of them, in order."""

    openid: str
    sent: list[Sent] = field(default_factory=list)

    def next(self, original_id: str) -> Sent:
        """Return this person's next push: a follow, then clicks whose keys count up."""
        number = len(self.sent)
        head = {"ToUserName": original_id, "FromUserName": self.openid, "CreateTime": int(clock.wall().timestamp())}
        what = {"Event": "CLICK", "EventKey": f"K{number:04d}"} if number else {"Event": "subscribe", "EventKey": ""}
        made = Sent(number, {**head, "MsgType": "event", **what})
        self.sent.append(made)
        return made


class Crowd:
    """Let `people` persons act, over eight connections; each person's pushes come one after the other.

    A push is tried up to `tries` times, `pause` seconds apart, as WeChat does with more patience; some that were
    acknowledged come once more all the same.
    """

    def __init__(self, port: int, name: str, people: int, *, tries: int = 1000, pause: float = 0.1) -> None:
        self.name = f"o{name}-"
        self.fans = [Fan(f"{self.name}{n:04d}_00000000000000"[:28]) for n in range(people)]
        self.answers: Counter[str] = Counter()
        self.enough = threading.Event()
        self.account = account()
        self._port, self._tries, self._pause = port, tries, pause
        self._lock = threading.Lock()
        self._wanted: tuple[int, threading.Event] | None = None
        self._hopeless = threading.Event()
        self._local = threading.local()
        self._lines: list[http.client.HTTPConnection] = []

    @property
    def acked(self) -> int:
        """Return how many answers said "success"."""
        return self.answers["success"]

    def act(self, each: int, *, threads: int = 8) -> None:
        """Send `each` pushes of every person, in turns, until all are acknowledged or given up, or until `enough`."""
        with ThreadPoolExecutor(threads, "crowd") as pool:
            turns = [pool.submit(self._turns, self.fans[n::threads], each) for n in range(threads)]
        self._hang_up()
        for turn in turns:
            turn.result()

    @contextmanager
    def acting(self, each: int) -> Iterator[None]:
        """Let the crowd act in the background of a `with` block, and to its end after it."""
        thread = threading.Thread(target=self.act, args=(each,), name="crowd")
        thread.start()
        try:
            yield
        except BaseException:
            self.enough.set()
            self._hopeless.set()
            raise
        finally:
            thread.join()

    def after(self, answers: int) -> threading.Event:
        """Return what is set right after that many more successes were heard."""
        event = threading.Event()
        with self._lock:
            self._wanted = (self.acked + answers, event)
        return event

    def redeliver(self) -> None:
        """Send once more what was never acknowledged, and a fifth of what was, as WeChat may hours later."""
        lot = random.Random(1)
        again = [sent for fan in self.fans for sent in fan.sent if not sent.acked or lot.random() < 0.2]
        with ThreadPoolExecutor(8, "crowd") as pool:
            list(pool.map(self._late, again))
        self._hang_up()

    def _hang_up(self) -> None:
        while self._lines:
            self._lines.pop().close()

    def _late(self, sent: Sent) -> None:
        sent.late = sent.late or not sent.acked
        self._once(sent)

    def _turns(self, fans: Sequence[Fan], each: int) -> None:
        for _ in range(each):
            for fan in fans:
                if self.enough.is_set():
                    return
                self._deliver(fan.next(self.account.original_id))

    def _deliver(self, sent: Sent) -> None:
        give_up = time.monotonic() + 90
        while not self._once(sent) and sent.tries < self._tries and time.monotonic() < give_up:
            if self._hopeless.wait(self._pause):
                break
        sent.late = not sent.acked
        if sent.acked and sent.number % 10 == 7:
            self._once(sent)

    def _once(self, sent: Sent) -> bool:
        sent.tries += 1
        heard = self._post(sent.fields)
        with self._lock:
            self.answers[heard] += 1
            if self._wanted is not None and self.acked >= self._wanted[0]:
                self._wanted[1].set()
        sent.acked = sent.acked or heard == "success"
        return heard == "success"

    def _post(self, fields: Fields) -> str:
        """Return "success", the status of any other answer, or "nothing" when none came."""
        made = push(f"/wechat/callback/{self.account.appid}", self.account, fields, now=clock.wall())
        line: http.client.HTTPConnection | None = getattr(self._local, "line", None)
        if line is None:
            line = self._local.line = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_TIMEOUT)
            self._lines.append(line)
        try:
            line.request("POST", f"{made.url}?{urlencode(made.query)}", made.body, {"Content-Type": made.content_type})
            answer = line.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException):
            line.close()
            return "nothing"
        return "success" if (answer.status, body) == (200, b"success") else str(answer.status)
