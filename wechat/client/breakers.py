"""One breaker per account, shared by all workers through Redis; each process keeps its own while Redis is away."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict

from hub.kernel import clock, metrics
from hub.kernel.logs import log
from wechat.client.errors import CircuitOpen, WeChatError
from wechat.client.store import Store
from wechat.rules import breaker as rules
from wechat.rules.breaker import Breaker
from wechat.rules.errors import policy
from wechat.rules.errortable import Kind

PREFIX = "wechat:breaker:"
_KEPT_SECONDS = 2 * 86_400
_TRIES = 5
_CLOSED = Breaker()


class Breakers:
    """Keep the breaker of every account; threads may share them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._own: dict[str, Breaker] = {}
        self._lock = threading.Lock()

    def of(self, appid: str, mark: str) -> Guard:
        """Return the guard of one account's calls; `mark` changes with its credentials."""
        return Guard(self, appid, mark)

    def read(self, appids: Sequence[str]) -> dict[str, Breaker]:
        """Return the breakers of these accounts."""
        if not self._store.available:
            return {appid: self._own.get(appid, _CLOSED) for appid in appids}
        raws = self._store.get_many([PREFIX + appid for appid in appids])
        return {appid: _load(raw) for appid, raw in zip(appids, raws, strict=True)}

    def close(self, appid: str) -> None:
        """Close the breaker of an account that has been mended."""
        self.change(appid, rules.succeed)

    def change(self, appid: str, step: Callable[[Breaker], Breaker]) -> Breaker:
        """Return the breaker after `step`, which is tried again when another worker was faster."""
        for _ in range(_TRIES):
            raw = self._store.get(PREFIX + appid)
            before = _load(raw)
            after = step(before)
            kept = after == before or self._store.swap(PREFIX + appid, raw, _dump(after), _KEPT_SECONDS)
            if not self._store.available:
                return self._change_own(appid, step)
            if kept:
                return after
        return after  # others changed it all the time: what they saw of WeChat is as good

    def _change_own(self, appid: str, step: Callable[[Breaker], Breaker]) -> Breaker:
        with self._lock:
            after = step(self._own.get(appid, _CLOSED))
            self._own[appid] = after
            return after


class Guard:
    """Stand before the calls of one account: ask `enter` first, tell `succeeded` or `failed` afterwards."""

    def __init__(self, breakers: Breakers, appid: str, mark: str) -> None:
        self._breakers, self._appid, self._mark = breakers, appid, mark

    def enter(self) -> Breaker:
        """Return the breaker with which a call goes out; raise CircuitOpen when none may."""
        verdicts: list[rules.Verdict] = []

        def step(before: Breaker) -> Breaker:
            verdict, after = rules.enter(before, _now(), self._mark)
            verdicts.append(verdict)
            return after

        found = self._breakers.change(self._appid, step)
        if verdicts[-1] == "refused":
            raise CircuitOpen(found.errcode, max(found.until, found.probing) - _now())
        return found

    def seen(self) -> Breaker:
        """Return the breaker as it stands, for a call that is made whatever it says."""
        return self._breakers.read([self._appid])[self._appid]

    def succeeded(self, entered: Breaker) -> None:
        """Close the breaker, unless nothing was ever held against the account."""
        if entered != _CLOSED:
            self._breakers.change(self._appid, rules.succeed)

    def failed(self, entered: Breaker, error: WeChatError) -> None:
        """Count what the error holds against the account, or open the breaker at once."""
        known = policy(error.errcode)
        if known.kind is Kind.WAIT:
            return  # not called: its platform is shut off, which says nothing of the account
        hopeless = error.at_token and not (known.counts or known.tomorrow or known.kind is Kind.TICKET)
        at_once = known.opens or hopeless
        if not at_once and not known.counts:
            self.succeeded(entered)  # WeChat answered: the account is well
            return

        def step(before: Breaker) -> Breaker:
            return rules.fail(
                before,
                _now(),
                self._mark,
                error.errcode,
                at_once=at_once,
                lot=random.random(),  # noqa: S311 - it spreads callers, nothing more
                pause=known.pause,
            )

        after = self._breakers.change(self._appid, step)
        if after.opened > entered.opened:
            metrics.WECHAT_BREAKERS.labels(str(error.errcode)).inc()
            log.error("wechat_breaker_opened", appid=self._appid, errcode=error.errcode, attempt=after.opened)


def _now() -> float:
    return clock.now().timestamp()


def _load(raw: bytes | None) -> Breaker:
    try:
        return Breaker(**json.loads(raw)) if raw else _CLOSED
    except (ValueError, TypeError):
        return _CLOSED


def _dump(breaker: Breaker) -> bytes | None:
    return None if breaker == _CLOSED else json.dumps(asdict(breaker)).encode()
