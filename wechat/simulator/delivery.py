"""Deliveries as WeChat makes them: five seconds, three tries, now and then twice or out of order."""

from __future__ import annotations

import logging
import random
import threading
import time
import zlib
from collections import Counter, deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import KW_ONLY, dataclass
from urllib.parse import urlsplit

from hub.kernel import clock
from wechat.simulator.accounts import SimAccount
from wechat.simulator.push import Fields, push
from wechat.simulator.replies import accepted, read
from wechat.simulator.wire import NoAnswer, Wire

WAITING = 1000
SHOWN = 1000
MOST_ATTEMPTS = 4

logger = logging.getLogger(__name__)


@dataclass(eq=False)
class Deliverer:
    """Deliver pushes to a hub.

    `timeout` and `retry_after` are in seconds: a failed try is followed by the next one `retry_after` seconds after it
    began. The pushes of one OpenID keep their order unless `reorder_window` (pushes held back and drawn from by lot)
    is set. `duplicate_rate` of the pushes are delivered twice at the same time. `submit` and `drain` belong to one
    thread. `shown` keeps the latest replies that answers held: AppID, OpenID, and the reply's fields;
    `failures` the latest that people saw fail: AppID, OpenID, type of the push.
    """

    hub_url: str
    _: KW_ONLY
    concurrency: int = 8
    timeout: float = 5.0
    attempts: int = 3
    retry_after: float = 5.0
    duplicate_rate: float = 0.0
    reorder_window: int = 0
    seed: int = 1

    def __post_init__(self) -> None:
        self.shown: deque[tuple[str, str, Mapping[str, str]]] = deque(maxlen=SHOWN)
        if not 1 <= self.attempts <= MOST_ATTEMPTS:
            raise ValueError(f"WeChat delivers 1 to {MOST_ATTEMPTS} times")
        self.failures: deque[tuple[str, str, str]] = deque(maxlen=SHOWN)
        self._lot = random.Random(self.seed)  # noqa: S311 - a repeatable rehearsal, no secret
        self._lanes = [ThreadPoolExecutor(1, "deliver") for _ in range(self.concurrency)]
        self._twins = ThreadPoolExecutor(self.concurrency, "deliver-twin")
        self._room = threading.Semaphore(WAITING)
        self._lock = threading.Lock()
        self._held: list[tuple[SimAccount, Fields]] = []
        self._pending: set[Future[bool]] = set()
        self._counts: Counter[str] = Counter()
        self._closing = threading.Event()
        self._local = threading.local()
        self._wires: list[Wire] = []

    def submit(self, account: SimAccount, fields: Fields) -> None:
        """Queue one push for delivery; waits while too many are queued."""
        self._held.append((account, fields))
        while len(self._held) > self.reorder_window:
            self._release()

    def drain(self) -> None:
        """Release what is held back and wait until everything submitted has been delivered or given up."""
        while self._held:
            self._release()
        with self._lock:
            pending = set(self._pending)
        wait(pending)

    def deliver(self, account: SimAccount, fields: Fields) -> bool:
        """Deliver one push now, with its further tries; tell whether the hub took it."""
        self._count("pushes")
        for attempt in range(self.attempts):
            began = time.monotonic()
            if attempt:
                self._count("retried")
            if self._once(account, fields):
                self._count("delivered")
                return True
            pause = max(0.0, began + self.retry_after - time.monotonic())
            if attempt + 1 < self.attempts and self._closing.wait(pause):
                return False
        self._count("given_up")
        self.failures.append(
            (account.appid, str(fields.get("OpenID") or fields["FromUserName"]), str(fields["MsgType"]))
        )
        return False

    def stats(self) -> dict[str, int]:
        """Return the counts so far; `given_up` is what the person sees as a failure."""
        names = ("pushes", "deliveries", "delivered", "retried", "given_up", "duplicates")
        with self._lock:
            return {name: self._counts[name] for name in names}

    def close(self) -> None:
        """Give up what is still queued and close every connection."""
        self._closing.set()
        for pool in [*self._lanes, self._twins]:
            pool.shutdown(cancel_futures=True)
        for wire in self._wires:
            wire.close()

    def _release(self) -> None:
        account, fields = self._held.pop(self._lot.randrange(len(self._held)) if self.reorder_window else 0)
        lane = zlib.crc32(str(fields["FromUserName"]).encode()) % len(self._lanes)
        self._start(self._lanes[lane], self.deliver, account, fields)
        if self._lot.random() < self.duplicate_rate:
            self._count("duplicates")
            self._start(self._twins, self._once, account, fields)

    def _start(
        self,
        pool: ThreadPoolExecutor,
        work: Callable[[SimAccount, Fields], bool],
        account: SimAccount,
        fields: Fields,
    ) -> None:
        self._room.acquire()
        future = pool.submit(work, account, fields)
        with self._lock:
            self._pending.add(future)
        future.add_done_callback(self._finished)

    def _finished(self, future: Future[bool]) -> None:
        self._room.release()
        with self._lock:
            self._pending.discard(future)
        if not future.cancelled() and (error := future.exception()):
            logger.error("a simulated delivery broke", exc_info=error)

    def _once(self, account: SimAccount, fields: Fields) -> bool:
        made = push(account.address(self.hub_url.rstrip("/")), account, fields, now=clock.now())
        self._count("deliveries")
        try:
            status, body = self._wire().post(urlsplit(made.url).path, made.query, made.body, made.content_type)
        except NoAnswer:
            self._count("unanswered")
            return False
        reply = read(account, fields, status, body)
        if reply is not None:
            self.shown.append((account.appid, str(fields["FromUserName"]), reply))
        return reply is not None or accepted(account, fields, status, body)

    def _wire(self) -> Wire:
        wire: Wire | None = getattr(self._local, "wire", None)
        if wire is None:
            wire = self._local.wire = Wire(self.hub_url, self.timeout)
            with self._lock:
                self._wires.append(wire)
        return wire

    def _count(self, name: str) -> None:
        with self._lock:
            self._counts[name] += 1
