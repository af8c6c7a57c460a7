"""Walk through the followers of accounts, a page at a time, so that one run keeps no worker from other work."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from uuid import UUID

from hub.group import service as group
from hub.kernel import clock, leases, metrics
from hub.kernel.db import transaction
from hub.kernel.logs import log
from hub.pool import service as pool
from wechat.client import HubClient, UserInfo, WeChatError, clients
from wechat.client import followers as wechat
from wechat.client.errors import INVALID_OPENID
from wechat.service import followers as service
from wechat.service import followersteps as steps
from wechat.service.followersteps import Answer, Step, Stopped

CHUNK = 1000
"""How many followers are written in one transaction: ten batchgets."""
_AT_ONCE = 4
_AHEAD = 2
_ON, _WAITS, _ENDED = "on", "waits", "ended"
_SLICE = 5.0
"""Seconds for which a worker stays with one run; then others have their turn."""
_PATIENCE = 30.0
"""Seconds after which a worker leaves a page that WeChat answers slowly to whoever comes next."""


def drain_followers(lane: int) -> int:
    """Take every run of a lane that is due one page further; return how many of them ended."""
    with transaction() as session:
        due = service.due_syncs(session, lane)
    return sum(_advance(run_id, appid) for run_id, appid in due)


def compare_followers() -> None:
    """Start the daily comparison of every account whose followers were imported."""
    with transaction() as session:
        for appid in service.due_comparisons(session):
            service.start_sync(session, appid, "reconcile")


def _advance(run_id: UUID, appid: str) -> bool:
    with transaction() as session:
        token = leases.acquire(session, f"followers:{appid}", steps.LEASE)
        account = group.account(session, appid)
    if token is None or account is None:
        return False
    step, how = Step(run_id, account, token), _ON
    began = time.monotonic()
    try:
        while how == _ON and time.monotonic() - began < _SLICE:
            how = _go_on(step)
    except (leases.LeaseLost, Stopped) as lost:
        log.info("followers_left", appid=appid, error=type(lost).__name__)
    except WeChatError as error:
        metrics.WECHAT_CALLS.labels("followers", str(error.errcode)).inc()
        log.warning("followers_failed", appid=appid, errcode=error.errcode)
        with transaction() as session:
            if leases.holds(session, step.lease, token):
                service.settle_failed_sync(session, run_id, error)
    finally:
        with transaction() as session:
            steps.ring_again(session, step)
    return how == _ENDED


def _go_on(step: Step) -> str:
    """Do one page, or one part of the sweep; tell whether the run goes on, waits or ended with it."""
    with transaction() as session:
        run = step.hold(session)
        phase, cursor, asks_all = run.phase, run.cursor, run.kind == "full"
        may = phase != "pages" or steps.may_list(session, step)
    if not may:
        return _WAITS
    client = clients().of(step.account)
    if phase == "sweep":
        return _sweep(step, client)
    try:
        page = wechat.page(client, cursor)
    except WeChatError as error:
        if error.errcode != INVALID_OPENID or not cursor or not _begin_anew(step):
            raise
        return _ON
    with transaction() as session:
        way = steps.note_page(session, step, page.total, len(page.openids))
    if way == "page":
        _take_in(step, client, page.openids, asks_all=asks_all)
    return _ENDED if way == "end" else _ON


def _begin_anew(step: Step) -> bool:
    with transaction() as session:
        return steps.begin_anew(session, step)


def _take_in(step: Step, client: HubClient, openids: Sequence[str], *, asks_all: bool) -> None:
    """Ask about a page's followers and write them, chunk by chunk; the next one is asked for meanwhile."""
    chunks = [openids[start : start + CHUNK] for start in range(0, len(openids), CHUNK)]
    began = time.monotonic()
    with ThreadPoolExecutor(_AT_ONCE, "followers") as threads:
        for chunk, answer in _answers(step, client, chunks, threads, asks_all=asks_all):
            with transaction() as session:
                steps.write_listed(session, step, answer, chunk[-1])
            if time.monotonic() - began > _PATIENCE:
                threads.shutdown(wait=False, cancel_futures=True)
                return


def _answers(
    step: Step, client: HubClient, chunks: Sequence[Sequence[str]], threads: ThreadPoolExecutor, *, asks_all: bool
) -> Iterator[tuple[Sequence[str], Answer]]:
    waiting: deque[tuple[Sequence[str], _Asked]] = deque()
    left, last = deque(chunks), time.monotonic()
    while waiting or left:
        while left and len(waiting) < _AHEAD:
            chunk = left.popleft()
            waiting.append((chunk, _Asked(step, client, chunk, threads, asks_all=asks_all)))
        chunk, asked = waiting.popleft()
        infos = asked.infos()
        now = time.monotonic()
        yield chunk, Answer(asked.asked, infos, asked.at, asked.known, now - last)
        last = now


class _Asked:
    """Hold questions under way about one chunk of followers."""

    def __init__(
        self, step: Step, client: HubClient, chunk: Sequence[str], threads: ThreadPoolExecutor, *, asks_all: bool
    ) -> None:
        self.at, self.known = clock.now(), {}
        if not asks_all:
            with transaction() as session:
                self.known = pool.known_followers(session, step.account.appid, chunk)
        self.asked = [openid for openid in chunk if openid not in self.known]
        self._futures: list[Future[dict[str, UserInfo]]] = [
            threads.submit(wechat.infos, client, batch) for batch in wechat.batches(self.asked)
        ]

    def infos(self) -> dict[str, UserInfo]:
        """Return what WeChat said, once it has said all."""
        return {openid: info for future in self._futures for openid, info in future.result().items()}


def _sweep(step: Step, client: HubClient) -> str:
    """Ask about the next of those who are believed to follow although no page listed them; end behind the last."""
    with transaction() as session:
        cursor, missed = steps.read_missed(session, step, CHUNK)
    if not cursor:
        with transaction() as session:
            return _ENDED if steps.finish(session, step) else _ON
    began, asked_at = time.monotonic(), clock.now()
    infos = wechat.infos(client, missed)
    with transaction() as session:
        steps.write_missed(session, step, Answer(missed, infos, asked_at, seconds=time.monotonic() - began), cursor)
    return _ON
