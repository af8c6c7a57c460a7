"""Claim what goes out next: judged against ledger, policy and quota, and committed as `sending` before any call."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from hub.group import service as group
from hub.kernel import clock
from hub.kernel.work import LANES, SHARDS
from hub.pool import service as pool
from hub.pool.service import OPENID, IdentityRef
from wechat.models import Send
from wechat.rules import quota, reach
from wechat.rules import sends as rules
from wechat.rules.judging import Ask, judge
from wechat.rules.quota import Bucket, Limit
from wechat.rules.reach import Ledger
from wechat.rules.restraint import WEEK, Policy
from wechat.service import ledgers, policies, quotas
from wechat.service.sendrows import Move, Outgoing, move, plain, skip, wait

_LATER = timedelta(seconds=1)


def claim(session: Session, lane: int, fence: int, limit: int) -> tuple[list[Outgoing], int]:
    """Return what may go out of a lane now, marked `sending` under `fence`, and how many rows were looked at.

    Sends that an earlier holder of the lane left behind come first: they are repeated or doubted, by their channel.
    """
    stale = _stale(session, lane, fence)
    rows = _due(session, lane, limit)
    if not rows:
        return stale.outgoing, stale.seen
    return [*stale.outgoing, *Claim(session, rows, fence).run()], stale.seen + len(rows)


@dataclass(frozen=True, slots=True)
class _Stale:
    outgoing: list[Outgoing]
    seen: int


def _stale(session: Session, lane: int, fence: int) -> _Stale:
    """Take up what is `sending` under an older fence: its caller died, or did not learn what WeChat made of it."""
    now = clock.now()
    query = (
        select(Send.__table__)
        .where(Send.shard.in_(_shards(lane)), Send.state == rules.SENDING, Send.job_id.is_(None))
        .where(Send.fence.is_distinct_from(fence), Send.not_before <= now)
        .with_for_update()
    )
    moves = [_take_up(plain(row), fence, now) for row in session.execute(query)]
    rows = move(session, moves)
    return _Stale([Outgoing(row) for row in rows if row["state"] == rules.SENDING], len(rows))


def _take_up(row: Mapping[str, Any], fence: int, now: datetime) -> Move:
    verb = rules.in_doubt(row["channel"], row["purpose"], row["attempts"], row["first_try_at"], now)
    if verb == "doubt":
        return Move(row, verb, {"error": row["error"] or "interrupted", "closed_at": now})
    repeated = {"fence": fence, "attempts": row["attempts"] + 1, "sending_at": now}
    return Move(row, verb, {**repeated, "why": {**row["why"], "repeated": row["attempts"]}})


_COLUMNS = ", ".join(f"r.{column.name}" for column in Send.__table__.columns)
_DUE = text(
    f"SELECT {_COLUMNS} FROM unnest(cast(:shards AS int[])) AS s, LATERAL ("
    " SELECT * FROM send WHERE shard = s AND state = 'pending' AND purpose = :purpose AND not_before <= :now"
    " AND channel <> 'mass' ORDER BY not_before, id LIMIT :each FOR UPDATE SKIP LOCKED) AS r"
).columns(*Send.__table__.columns)


def _due(session: Session, lane: int, limit: int) -> list[dict[str, Any]]:
    """Return what waits in a lane, oldest first, held: service goes first, so that no campaign delays an answer."""
    shards = _shards(lane)
    found: list[dict[str, Any]] = []
    for purpose in (rules.SERVICE, rules.MARKETING):
        each = (limit - len(found)) // len(shards)
        if each > 0:
            values = {"shards": shards, "purpose": purpose, "now": clock.now(), "each": each}
            found += [plain(row) for row in session.execute(_DUE, values)]
    return found


def _shards(lane: int) -> list[int]:
    return list(range(lane, SHARDS, LANES))


class Claim:
    """Judge one batch, row by row, against what the rows before it have left."""

    def __init__(
        self, session: Session, rows: Sequence[Mapping[str, Any]], fence: int, *, one_call: bool = False
    ) -> None:
        self.session, self.fence, self.now = session, fence, clock.now()
        self.rows = _with_people(session, rows)
        self.policy = policies.policy(session)
        self.kinds = {place.slug: place.kind for place in group.touchpoints(session)}
        self.heard = Heard.read(session, self.rows, self.policy)  # locks people, then buckets, then ledgers
        self.buckets = _Buckets.lock(session, self.rows, self.policy, one_call=one_call)
        held = ledgers.lock(session, {(row["appid"], row["openid"]) for row in self.rows})
        self.ledgers = ledgers.with_follows(session, held)
        self.spent: dict[ledgers.Key, Ledger] = {}

    def run(self) -> list[Outgoing]:
        """Store every verdict and return what goes out."""
        return self.store([self.judge(row) for row in self.rows])

    def store(self, judged: Sequence[tuple[Move, str]]) -> list[Outgoing]:
        """Store moves, each with what paid for it; return what goes out."""
        paid = {found.row["id"]: by for found, by in judged}
        rows = move(self.session, [found for found, _ in judged])
        ledgers.write(self.session, self.spent)
        self.buckets.write(self.session)
        return [Outgoing(row, paid[row["id"]]) for row in rows if row["state"] == rules.SENDING]

    def judge(self, row: Mapping[str, Any]) -> tuple[Move, str]:
        key = (row["appid"], row["openid"])
        ask = self._ask(row, self.ledgers[key])
        verdict = judge(ask, self.policy, self.now)
        if verdict.kind == "skip":
            return skip(row, verdict.reason, self.now, verdict.trace()), ""
        if verdict.kind == "wait" and verdict.until is not None:
            return wait(row, verdict.reason, verdict.until, verdict.trace()), ""
        ready = self.buckets.take(row)
        if ready is not None:
            return wait(row, "quota", ready, {"decision": "wait", "reason": "quota", "until": ready.isoformat()}), ""
        self.ledgers[key], paid = reach.spend(self.ledgers[key], row["channel"], self.now.timestamp(), ask.key)
        if paid:
            self.spent[key] = self.ledgers[key]
        self.heard.add(row, self.now)
        return begin(row, self.fence, self.now, {**verdict.trace(), "paid": paid}), paid

    def _ask(self, row: Mapping[str, Any], ledger: Ledger) -> Ask:
        return Ask(
            channel=row["channel"],
            purpose=row["purpose"],
            appid=row["appid"],
            kind=self.kinds.get(row["appid"], ""),
            key=reach.credit_key(row["channel"], row["content"]),
            ledger=ledger,
            heard=self.heard.of(row),
            expires_at=row["expires_at"],
            patient_until=row["patient_until"],
        )


def begin(row: Mapping[str, Any], fence: int, now: datetime, trace: Mapping[str, Any]) -> Move:
    """Return the move of a send whose call comes next."""
    changes = {"fence": fence, "attempts": row["attempts"] + 1, "sending_at": now, "error": None}
    changes |= {"first_try_at": row["first_try_at"] or now, "not_before": now}
    return Move(row, "begin", {**changes, "why": {**row["why"], "verdict": dict(trace)}})


def _with_people(session: Session, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return `rows` with the person of an OpenID that was new to the pool when its send was queued."""
    new = {IdentityRef(OPENID, row["appid"], row["openid"]) for row in rows if row["person_id"] is None}
    people = pool.people_of(session, new) if new else {}
    return [
        {**row, "person_id": row["person_id"] or people.get(IdentityRef(OPENID, row["appid"], row["openid"]))}
        for row in rows
    ]


@dataclass(slots=True)
class Heard:
    """Hold when each person of a batch got marketing in the last week, at any account; empty without a cap."""

    roots: Mapping[UUID, UUID]
    times: defaultdict[UUID, list[datetime]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def read(cls, session: Session, rows: Sequence[Mapping[str, Any]], policy: Policy) -> Heard:
        """Read them, and hold each person to the end of the transaction: two lanes at once never pass a cap."""
        asked = {r["person_id"] for r in rows if r["person_id"] and r["purpose"] == rules.MARKETING}
        if policy.capped and asked:
            roots = set(pool.roots_of(session, asked).values())
            session.execute(_HOLD, {"roots": sorted(str(root) for root in roots)})
        return cls.look(session, rows, policy)

    @classmethod
    def look(cls, session: Session, rows: Sequence[Mapping[str, Any]], policy: Policy) -> Heard:
        """Read them without holding anybody."""
        asked = {r["person_id"] for r in rows if r["person_id"] and r["purpose"] == rules.MARKETING}
        if not policy.capped or not asked:
            return cls({})
        roots = pool.roots_of(session, asked)
        members = pool.members(session, roots.values())
        found = cls(members)
        query = select(Send.person_id, Send.sending_at).where(
            Send.person_id.in_(list(members)),
            Send.purpose == rules.MARKETING,
            Send.state.in_(rules.COUNTED),
            Send.sending_at > clock.now() - WEEK,
        )
        for person, at in session.execute(query):
            if person is not None and at is not None:
                found.times[members[person]].append(at)
        return found

    def of(self, row: Mapping[str, Any]) -> Sequence[datetime]:
        """Return the times of the row's person."""
        root = self.roots.get(row["person_id"])
        return self.times[root] if root is not None else ()

    def add(self, row: Mapping[str, Any], now: datetime) -> None:
        """Count one more, when it is marketing."""
        root = self.roots.get(row["person_id"])
        if root is not None and row["purpose"] == rules.MARKETING:
            self.times[root].append(now)


_HOLD = text(
    "SELECT pg_advisory_xact_lock(hashtextextended(r, 0)) FROM ("
    "SELECT r FROM unnest(cast(:roots AS text[])) AS r ORDER BY r) AS ordered"
)


@dataclass(slots=True)
class _Buckets:
    """Hold the quota buckets that a batch takes from."""

    held: dict[quotas.Key, tuple[Bucket, Limit]]
    one_call: bool
    taken: Counter[quotas.Key] = field(default_factory=Counter)

    @classmethod
    def lock(cls, session: Session, rows: Sequence[Mapping[str, Any]], policy: Policy, *, one_call: bool) -> _Buckets:
        """Hold the buckets of the accounts and channels in `rows`; with `one_call` one call carries all of them."""
        return cls(quotas.lock_buckets(session, {(r["appid"], r["channel"]) for r in rows}, policy), one_call)

    def take(self, row: Mapping[str, Any]) -> datetime | None:
        """Take one call for the row; return None, or when there will be one."""
        key = (row["appid"], row["channel"])
        bucket, limit = self.held[key]
        now = clock.now()
        if self.one_call and self.taken[key]:
            return None
        granted, after = quota.take(bucket, limit, 1, now)
        if not granted:
            return max(quota.ready_at(bucket, limit, now), now + _LATER)
        self.held[key] = (after, limit)
        self.taken[key] += 1
        return None

    def write(self, session: Session) -> None:
        """Store what was taken."""
        quotas.write_buckets(session, {key: self.held[key][0] for key in self.taken})
