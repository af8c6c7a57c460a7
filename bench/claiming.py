"""Claims a second when many pullers empty one queue at once, and that no lead is claimed twice."""

from __future__ import annotations

import itertools
import json
import multiprocessing
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from bench import load, places
from bench.sizes import Sizes
from bu_routing import service as routing
from hub.group import service as group
from hub.kernel import clock
from hub.kernel.db import transaction
from hub.kernel.ids import new_id
from hub.pool import service as pool

_BU = "power"  # the sample group's fallback: people of whom nothing else is known become its leads
_BATCH = 500
_PROCESSES = 2
_REQUEUE = "UPDATE lead SET state = 'queued', claimed_by = NULL, lease_until = NULL WHERE bu_id = :bu"


class ClaimedTwice(Exception):
    """Two pullers got the same lead, or a lead was left."""


@dataclass(frozen=True, slots=True)
class Claims:
    """Hold what the pullers did: leads and calls a second, and the calls' 99th percentile in milliseconds."""

    leads_rate: float
    calls_rate: float
    p99: float


def fill(count: int) -> UUID:
    """Route `count` new people to one BU and return its id."""
    for start in range(0, count, _BATCH):
        with transaction() as session:
            people = [
                pool.IdentityRef(pool.VISITOR, "", f"bench-{new_id()}") for _ in range(min(_BATCH, count - start))
            ]
            visits = [pool.NewActivity(who, "visit", clock.now()) for who in people]
            known = pool.record_activities(session, visits).identities
            routing.route(session, [one.person_id for one in known.values()])
    with transaction() as session:
        bu = group.bu_by_slug(session, _BU)
        if bu is None:
            raise KeyError(_BU)
        return bu.id


def through_service(bu_id: UUID, sizes: Sizes) -> Claims:
    """Let `pullers` threads of two processes claim by the service, each call a transaction."""
    expected = _requeue(bu_id)
    at = time.monotonic() + 3
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(_PROCESSES, mp_context=context) as processes:
        threads = sizes.pullers // _PROCESSES
        done = [processes.submit(pull, bu_id, threads, sizes.limit, at) for _ in range(_PROCESSES)]
        parts = [part for one in done for part in one.result()]
    return _judged(
        [lead for part in parts for lead in part.leads],
        expected,
        [seconds for part in parts for seconds in part.latencies],
        max(part.ended for part in parts) - at,
    )


@dataclass(slots=True)
class Pulled:
    """Hold what one puller got."""

    leads: list[str]
    latencies: list[float]
    ended: float = 0.0


def pull(bu_id: UUID, threads: int, limit: int, at: float) -> list[Pulled]:
    """Claim in `threads` threads from the monotonic time `at` on until the queue is empty."""
    with transaction() as session:
        session.execute(text("SELECT 1"))
    parts = [Pulled([], []) for _ in range(threads)]
    running = [threading.Thread(target=_pull, args=(part, bu_id, limit, at)) for part in parts]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return parts


def _pull(part: Pulled, bu_id: UUID, limit: int, at: float) -> None:
    actor_id = new_id()
    time.sleep(max(0.0, at - time.monotonic()))
    while True:
        started = time.monotonic()
        with transaction() as session:
            leads = routing.claim(session, bu_id=bu_id, actor_id=actor_id, limit=limit)
        part.latencies.append(time.monotonic() - started)
        part.leads += [str(lead.id) for lead in leads]
        if not leads:
            part.ended = time.monotonic()
            return


def over_http(bu_id: UUID, sizes: Sizes) -> Claims:
    """Let `pullers` connections claim by the API, with a key of the BU."""
    expected = _requeue(bu_id)
    with transaction() as session:
        key = group.create_key(session, name=f"bench {new_id()}", bu=_BU)
    port = places.free_port()
    with places.hub_served(port):
        load.closed(port, itertools.repeat(_request(key, "GET /api/v1/leads"), 200), lines=sizes.pullers)  # warm-up
        calls = -(-expected // sizes.limit) + sizes.pullers
        claim = _request(key, "POST /api/v1/leads/claims", json.dumps({"limit": sizes.limit}))
        result = load.closed(port, itertools.repeat(claim, calls), lines=sizes.pullers, keep=True)
    leads = [item["id"] for body in result.bodies for item in json.loads(body)["items"]]
    return _judged(leads, expected, result.latencies, result.seconds)


def _request(key: str, what: str, body: str = "") -> bytes:
    head = f"{what} HTTP/1.1\r\nHost: hub.example.com\r\nAuthorization: Bearer {key}\r\n"
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


def _requeue(bu_id: UUID) -> int:
    """Put every lead of the BU back into its queue and return how many there are."""
    with transaction() as session:
        session.execute(text(_REQUEUE), {"bu": bu_id})
        return int(session.scalar(text("SELECT count(*) FROM lead WHERE bu_id = :bu"), {"bu": bu_id}) or 0)


def _judged(leads: Sequence[str], expected: int, latencies: Sequence[float], seconds: float) -> Claims:
    if len(leads) != expected or len(set(leads)) != expected:
        raise ClaimedTwice(f"{expected} leads, {len(leads)} claims, of {len(set(leads))} different leads")
    return Claims(len(leads) / seconds, len(latencies) / seconds, load.percentile(latencies, 99))
