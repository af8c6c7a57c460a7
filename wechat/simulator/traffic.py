"""A stream of simulated people who act on the accounts of a world."""

from __future__ import annotations

import itertools
import random
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import KW_ONLY, dataclass
from typing import Protocol, get_args

from hub.kernel import clock
from wechat.simulator.accounts import SimAccount
from wechat.simulator.delivery import Deliverer
from wechat.simulator.journeys import Step, StepKind, visit
from wechat.simulator.push import Fields
from wechat.simulator.world import World

AT_ONCE = 40
AHEAD = 0.005
"""Seconds that pushes may leave early, so that a few share one awakening."""
TRIGGERS = {"text": "message", "click": "click", "scan": "scan", "login": "enter"}


class Carrier(Protocol):
    """Say what Traffic needs of a deliverer."""

    def submit(self, account: SimAccount, fields: Fields) -> None:
        """Queue one push."""

    def drain(self) -> None:
        """Wait until everything submitted was delivered or given up."""

    def stats(self) -> dict[str, int]:
        """Return the counts so far."""

    def close(self) -> None:
        """Give up what is queued."""


class Marks:
    """Count people, each once, with a bit for each."""

    def __init__(self, people: int) -> None:
        self._bits, self._count = bytearray(people // 8 + 1), 0

    def add(self, person: int) -> None:
        """Mark `person`."""
        place, bit = person // 8, 1 << person % 8
        self._count += not self._bits[place] & bit
        self._bits[place] |= bit

    def __len__(self) -> int:
        """Return how many are marked."""
        return self._count


@dataclass(eq=False)
class Traffic:
    """Send the acts of `people` simulated people to a hub at `rate` pushes a second, until told to stop.

    `on_activity(person, appid, kind)` is called after every act (follow, scan, click, view, text, unfollow, login) on
    the thread of `run`; it must not raise. Logins are told to it alone, WeChat pushes none. The acts depend on the
    seed and the world only; ids of messages and times do not.
    """

    world: World
    hub_url: str
    _: KW_ONLY
    people: int
    rate: float
    seed: int = 1
    duplicate_rate: float = 0.05
    reorder: int = 0
    concurrency: int = 8
    on_activity: Callable[[int, str, str], None] | None = None
    carrier: Carrier | None = None

    def __post_init__(self) -> None:
        if self.people < 1 or not self.world.accounts or self.rate <= 0:
            raise ValueError("traffic needs at least one account, one person and a rate above 0")
        self._carrier: Carrier = self.carrier or Deliverer(
            self.hub_url,
            concurrency=self.concurrency,
            duplicate_rate=self.duplicate_rate,
            reorder_window=self.reorder,
            seed=self.seed,
        )
        self._message_ids = itertools.count(int(clock.now().timestamp()) * 10_000_000)
        self._counts = Counter(dict.fromkeys(get_args(StepKind), 0))
        self._seen, self._buyers = Marks(self.people), Marks(self.people)

    def run(self, stop: threading.Event, *, seconds: float | None = None) -> None:
        """Send until `stop` is set, then give up what is still queued; after `seconds` see everything to its end."""
        due = began = time.monotonic()
        for step in self.steps():
            if step.kind != "login":
                due = max(due + 1 / self.rate, time.monotonic() - 1.0)
            ahead = due - time.monotonic()
            if stop.is_set() or (ahead > AHEAD and stop.wait(ahead)):
                break
            if seconds is not None and due - began >= seconds:
                self._carrier.drain()
                break
            self.act(step)
            self.tell_results()
        self._carrier.close()

    def tell_results(self) -> None:
        """Deliver what became of the messages that the hub sent meanwhile."""
        for appid, fields in self.world.outbox.take_results():
            self._carrier.submit(self.world.accounts[appid], fields)

    def steps(self) -> Iterator[Step]:
        """Yield the acts of everybody, mixed, without end; each must be acted on before the next is asked for."""
        lot = random.Random(self.seed)  # noqa: S311 - a repeatable rehearsal, no secret
        visits = (self._visit(person, number) for number in itertools.count() for person in range(self.people))
        present = list(itertools.islice(visits, min(AT_ONCE, self.people)))
        while present:
            place = lot.randrange(len(present))
            step = next(present[place], None)
            if step is None:
                present[place] = next(visits)
            else:
                yield step

    def act(self, step: Step) -> None:
        """Let one act happen: in the world, then at the hub, then at the hook."""
        account, openid = self.world.accounts[step.appid], self.world.openid(step.appid, step.person)
        if step.kind == "follow":
            self.world.follow(step.appid, openid, step.key)
        elif step.kind == "unfollow":
            self.world.unfollow(step.appid, openid)
        else:
            self.world.act(step.appid, openid, TRIGGERS.get(step.kind, ""))
        self._seen.add(step.person)
        self._counts[step.kind] += 1
        if step.key == "PRICE":
            self._buyers.add(step.person)
        if step.kind != "login":
            self._carrier.submit(account, self._fields(account, openid, step))
        if self.on_activity:
            self.on_activity(step.person, step.appid, step.kind)

    def stats(self) -> dict[str, int]:
        """Return the counts of acts by kind, of people, of people who asked for the price, and of deliveries."""
        return {"people": len(self._seen), "buyers": len(self._buyers), **self._counts, **self._carrier.stats()}

    def _visit(self, person: int, number: int) -> Iterator[Step]:
        for step in visit(list(self.world.accounts.values()), self.seed, person, number):
            yield from self._possible(step)

    def _possible(self, step: Step) -> Iterator[Step]:
        """Yield `step` as it can happen: a stranger's scan is a follow, and strangers follow before they act."""
        if not self.world.accounts[step.appid].official:
            yield step
        elif self.world.follows(step.appid, self.world.openid(step.appid, step.person)):
            if step.kind != "follow":
                yield step
        elif step.kind in ("follow", "scan"):
            yield Step(step.person, step.appid, "follow", step.key)
        elif step.kind != "unfollow":
            yield Step(step.person, step.appid, "follow")
            yield from self._possible(step)

    def _fields(self, account: SimAccount, openid: str, step: Step) -> Fields:
        common: dict[str, str | int] = {
            "ToUserName": account.original_id,
            "FromUserName": openid,
            "CreateTime": int(clock.now().timestamp()),
        }
        if step.kind == "text":
            return {**common, "MsgType": "text", "Content": step.key, "MsgId": next(self._message_ids)}
        return {**common, "MsgType": "event", **event(step)}


def event(step: Step) -> dict[str, str | int]:
    """Return the fields that name the event of `step`."""
    ticket = {"Ticket": f"gQ{zlib.crc32(step.key.encode()):08x}simulated"} if step.key else {}
    if step.kind == "follow":
        return {"Event": "subscribe", "EventKey": f"qrscene_{step.key}" if step.key else "", **ticket}
    if step.kind == "scan":
        return {"Event": "SCAN", "EventKey": step.key, **ticket}
    if step.kind == "view":
        return {"Event": "VIEW", "EventKey": step.key, "MenuId": 518273645}
    if step.kind == "click":
        return {"Event": "CLICK", "EventKey": step.key}
    return {"Event": "unsubscribe", "EventKey": ""}
