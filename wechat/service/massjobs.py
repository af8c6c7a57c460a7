"""Mass messages: one call for many people, repeated with its own id until WeChat says what became of it."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text, tuple_
from sqlalchemy.orm import Session

from hub.kernel import clock
from hub.kernel.ids import new_id
from hub.kernel.work import LANES, SHARDS
from wechat.models import MassJob, Send
from wechat.rules import reach, refusals
from wechat.rules import sends as rules
from wechat.rules.refusals import Settled, Tried, verdict
from wechat.service import ledgers, quotas
from wechat.service.claiming import Claim
from wechat.service.sendrows import Move, move, plain, skip

MOST, LEAST = 10_000, 2
REPEAT_AFTER = timedelta(seconds=60)
ASK_AFTER, ASK_EVERY, ASK_TIMES = timedelta(minutes=40), timedelta(minutes=30), 40
"""An admin has half an hour to confirm a mass message; its result push may get lost, so it is asked for after that."""

FINISHED, ABANDONED = "finished", "abandoned"


@dataclass(frozen=True, slots=True)
class MassCall:
    """Hold one mass message: whom it goes to, and the id under which WeChat knows it."""

    job_id: UUID
    appid: str
    client_msg_id: str
    content: Mapping[str, Any]
    openids: tuple[str, ...]


_DUE = text(
    "SELECT appid, campaign, purpose, content FROM send WHERE shard = ANY (:shards) AND channel = 'mass'"
    " AND state = 'pending' AND purpose IN ('marketing', 'service') AND not_before <= :now"
    " ORDER BY not_before, id LIMIT 1"
)


def claim_mass(session: Session, lane: int, fence: int) -> MassCall | None:
    """Return the next mass message of a lane, its recipients marked `sending`; None when none is due or enough for one.

    Sends of one campaign with the same content at one account go out together.
    """
    values: dict[str, Any] = {"shards": list(range(lane, SHARDS, LANES)), "now": clock.now()}
    first = session.execute(_DUE, values).one_or_none()
    if first is None:
        return None
    query = (
        select(Send.__table__)
        .where(Send.state == rules.PENDING, Send.channel == rules.MASS, Send.not_before <= clock.now())
        .where(Send.shard.in_(values["shards"]), Send.appid == first.appid, Send.campaign == first.campaign)
        .where(Send.purpose == first.purpose, Send.content == first.content)
        .order_by(Send.not_before, Send.id)
        .limit(MOST)
        .with_for_update(skip_locked=True)
    )
    rows = [plain(row) for row in session.execute(query)]
    return _make(session, rows, fence) if rows else None


def _make(session: Session, rows: Sequence[Mapping[str, Any]], fence: int) -> MassCall | None:
    claim, job_id, now = Claim(session, rows, fence, one_call=True), new_id(), clock.now()
    judged = [claim.judge(row) for row in claim.rows]
    going = [row for row, (found, _) in zip(claim.rows, judged, strict=True) if found.verb == "begin"]
    if len(going) < LEAST:
        alone = {"decision": "skip", "reason": "mass_needs_two"}
        claim.spent.clear()
        claim.buckets.taken.clear()
        claim.store(
            [(skip(m.row, "mass_needs_two", now, alone), "") if m.verb == "begin" else (m, "") for m, _ in judged]
        )
        return None
    with_job = [(replace(m, changes={**m.changes, "job_id": job_id}), paid) for m, paid in judged if m.verb == "begin"]
    claim.store([*with_job, *(pair for pair in judged if pair[0].verb != "begin")])
    first = going[0]
    job = MassJob(
        id=job_id,
        appid=first["appid"],
        campaign=first["campaign"],
        client_msg_id=job_id.hex,
        recipients=len(going),
        state=rules.SENDING,
        counts={},
        created_at=now,
        asked_at=now,
        asked=1,
    )
    session.add(job)
    session.flush()
    return MassCall(job_id, job.appid, job.client_msg_id, first["content"], tuple(r["openid"] for r in going))


def settle_mass(
    session: Session, call: MassCall, *, msg_id: str = "", errcode: int = 0, at_token: bool = False, wait: float = 0.0
) -> None:
    """Write what WeChat made of one call of a mass message."""
    job, now = session.get_one(MassJob, call.job_id, with_for_update=True), clock.now()
    if job.state != rules.SENDING:
        return
    tried = Tried(rules.MASS, rules.MARKETING, job.asked, job.created_at, errcode, at_token=at_token, wait=wait)
    found = refusals.settle(tried, now, random.random())  # noqa: S311 - it spreads retries
    if found.verb == "again" and job.asked > 1:
        found = Settled("repeat", found.not_before, unused=True, blocks=found.blocks)  # an earlier call may have worked
    if found.blocks is not None:
        quotas.settle_calls(session, {}, {(job.appid, rules.MASS): (found.blocks, errcode)})
    if found.verb == "repeat":
        job.asked_at = max(now, (found.not_before or now) - REPEAT_AFTER)
        return
    _SETTLE[found.verb](session, job, found, msg_id, errcode)


def _accept(session: Session, job: MassJob, _found: Settled, msg_id: str, _errcode: int) -> None:
    now = clock.now()
    job.state, job.msg_id, job.submitted_at, job.asked_at, job.asked = rules.SENT, msg_id, now, now, 0
    _move_all(session, job, "accept", {"msgid": msg_id or None, "sent_at": now})


def _refuse(session: Session, job: MassJob, _found: Settled, _msg_id: str, errcode: int) -> None:
    job.state, job.closed_at, job.status = rules.FAILED, clock.now(), f"wechat {errcode}"
    changes = {"closed_at": clock.now(), "errcode": errcode, "error": f"wechat {errcode}"}
    _refund(session, _move_all(session, job, "refuse", changes))


def _again(session: Session, job: MassJob, found: Settled, _msg_id: str, errcode: int) -> None:
    job.state, job.closed_at, job.status = ABANDONED, clock.now(), f"wechat {errcode}"
    changes = {"not_before": found.not_before, "job_id": None, "fence": None, "error": f"wechat {errcode}"}
    _refund(session, _move_all(session, job, "again", changes))


def _doubt(session: Session, job: MassJob, _found: Settled, _msg_id: str, errcode: int) -> None:
    job.state, job.closed_at, job.status = rules.UNKNOWN, clock.now(), f"wechat {errcode}"
    _move_all(session, job, "doubt", {"closed_at": clock.now(), "errcode": errcode, "error": f"wechat {errcode}"})


_SETTLE: Mapping[str, Callable[[Session, MassJob, Settled, str, int], None]] = {
    "accept": _accept,
    "refuse": _refuse,
    "again": _again,
    "doubt": _doubt,
}


def repeats(session: Session) -> list[MassCall]:
    """Return the mass messages whose call must be made again, with the same id; each is counted as asked now."""
    now = clock.now()
    due = select(MassJob).where(MassJob.state == rules.SENDING, MassJob.asked_at <= now - REPEAT_AFTER)
    calls = []
    for job in session.scalars(due.order_by(MassJob.id).with_for_update(skip_locked=True)):
        job.asked_at, job.asked = now, job.asked + 1
        rows = session.execute(select(Send.openid, Send.content).where(Send.job_id == job.id).order_by(Send.id)).all()
        openids = tuple(row.openid for row in rows)
        calls.append(MassCall(job.id, job.appid, job.client_msg_id, rows[0].content, openids))
    return calls


def to_ask(session: Session) -> list[tuple[str, str]]:
    """Return (AppID, message id) of the mass messages whose result is overdue; each is counted as asked now."""
    now = clock.now()
    pause = ASK_AFTER - func.least(MassJob.asked, 1) * (ASK_AFTER - ASK_EVERY)
    due = select(MassJob).where(MassJob.state == rules.SENT, MassJob.asked < ASK_TIMES, MassJob.asked_at + pause <= now)
    jobs = list(session.scalars(due.with_for_update(skip_locked=True)))
    for job in jobs:
        job.asked_at, job.asked = now, job.asked + 1
    return [(job.appid, job.msg_id) for job in jobs if job.msg_id]


def close_jobs(session: Session, results: Sequence[Mapping[str, Any]]) -> set[tuple[str, str]]:
    """Close the mass messages that `results` tell of; return the (AppID, message id) of those that are not ours yet."""
    told = {(result["appid"], result["msgid"]): result for result in results}
    if not told:
        return set()
    query = select(MassJob).where(tuple_(MassJob.appid, MassJob.msg_id).in_(sorted(told))).with_for_update()
    for job in session.scalars(query.order_by(MassJob.id)):
        result = told.pop((job.appid, str(job.msg_id)))
        if job.state == rules.SENT:
            _close(session, job, result)
    return set(told)


def close_mass(session: Session, appid: str, msg_id: str, status: str) -> None:
    """Close a mass message by what WeChat said of it when it was asked."""
    close_jobs(session, [{"appid": appid, "msgid": msg_id, "status": status, "counts": {}}])


def _close(session: Session, job: MassJob, result: Mapping[str, Any]) -> None:
    now: datetime = clock.now()
    job.state, job.status, job.counts, job.closed_at = FINISHED, result["status"], dict(result["counts"]), now
    verb = verdict(result["status"])
    error = None if verb == "deliver" else str(result["status"])[:60]
    moved = _move_all(session, job, verb, {"closed_at": now, "error": error})
    if verb == "bounce":
        _refund(session, moved)


def _move_all(session: Session, job: MassJob, verb: str, changes: Mapping[str, Any]) -> list[dict[str, Any]]:
    query = select(Send.__table__).where(Send.job_id == job.id, Send.state.in_(rules.sources(verb))).with_for_update()
    session.flush()
    return move(session, [Move(plain(row), verb, changes) for row in session.execute(query.order_by(Send.id))])


def _refund(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Give the month's message back to people who did not get it."""
    if rows:
        held = ledgers.lock(session, {(row["appid"], row["openid"]) for row in rows})
        paid = {(row["appid"], row["openid"]): row["why"].get("verdict", {}).get("paid", "") for row in rows}
        ledgers.write(session, {key: reach.refund(ledger, rules.MASS, paid[key]) for key, ledger in held.items()})
