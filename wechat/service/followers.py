"""Runs over an account's followers: started, stopped, read, and settled when WeChat does not answer."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from hub.group import service as group
from hub.kernel import bell, clock
from hub.kernel.ids import new_id
from hub.kernel.work import LANES, MAX_ATTEMPTS, SHARDS, shard_of
from hub.pool import service as pool
from wechat.client import CircuitOpen, WeChatError
from wechat.models import FollowerSync
from wechat.rules import errors
from wechat.rules import followers as rules
from wechat.rules.followers import Progress

_STARTING = text("SELECT pg_advisory_xact_lock(hashtext('followers:start:' || :appid))")


class NotFollowed(Exception):
    """Nobody can follow this account: it is a mini program, or there is none."""


@dataclass(frozen=True, slots=True)
class SyncShown:
    """Hold one run as pages and commands show it; `until` is when it goes on by itself, None while it does."""

    id: UUID
    appid: str
    kind: str
    phase: str
    state: str
    total: int
    done: int
    added: int
    ended: int
    invalid: int
    ours_before: int
    ours_after: int | None
    started_at: datetime
    updated_at: datetime
    finished_at: datetime | None
    error: str | None
    until: datetime | None
    progress: Progress

    @property
    def open(self) -> bool:
        """Tell whether it is under way."""
        return self.state == "new"


def start_sync(session: Session, appid: str, kind: str = "full") -> SyncShown:
    """Start a run, or return the one that is under way; one that was stopped or failed today goes on where it was.

    Raise NotFollowed when the account has no followers by its nature.
    """
    account = group.account(session, appid)
    if account is None or account.kind == "miniprogram":
        raise NotFollowed(appid)
    session.execute(_STARTING, {"appid": appid})
    last = _newest(session, appid)
    if last is not None and last.state == "new":
        return show(last)
    now = clock.now()
    if last is not None and _goes_on(last, kind, now):
        last.state, last.attempts, last.not_before, last.error, last.finished_at = "new", 0, None, None, None
        _ring(session, appid)
        return show(last)
    _close_dead(session, appid)
    run = FollowerSync(
        id=new_id(),
        appid=appid,
        shard=shard_of(appid),
        subject=appid,
        state="new",
        attempts=0,
        kind=kind,
        phase="pages",
        cursor="",
        fence=0,
        **dict.fromkeys(("total", "done", "added", "ended", "invalid", "restarts", "calls"), 0),
        ours_before=pool.count_followers(session, appid),
        calls_day=rules.beijing_day(now),
        worked=0.0,
        started_at=now,
        updated_at=now,
    )
    session.add(run)
    session.flush()
    _ring(session, appid)
    return show(run)


def stop_sync(session: Session, appid: str) -> bool:
    """Stop the run of an account; tell whether there was one. What it did stays, and it can go on later."""
    stopped = session.scalars(
        update(FollowerSync)
        .where(FollowerSync.appid == appid, FollowerSync.state == "new")
        .values(state="stopped", updated_at=clock.now())
        .returning(FollowerSync.id)
    )
    return bool(stopped.all())


def list_syncs(session: Session, appids: Sequence[str]) -> dict[str, list[SyncShown]]:
    """Return the last runs of each account, newest first, up to five each."""
    return {appid: [show(run) for run in _runs(session, appid, 5)] for appid in appids}


def due_syncs(session: Session, lane: int) -> list[tuple[UUID, str]]:
    """Return (run, AppID) of the runs of a lane that may go on now."""
    now = clock.now()
    query = select(FollowerSync.id, FollowerSync.appid).where(
        FollowerSync.shard.in_(range(lane, SHARDS, LANES)),
        FollowerSync.state == "new",
        func.coalesce(FollowerSync.not_before, now) <= now,
    )
    return [(id_, appid) for id_, appid in session.execute(query.order_by(FollowerSync.id))]


def due_comparisons(session: Session) -> list[str]:
    """Return the AppIDs whose followers were imported once and not looked at for a day."""
    since = clock.now() - rules.EVERY
    query = text(
        "SELECT appid FROM follower_sync GROUP BY appid"
        " HAVING bool_or(state = 'done' AND kind = 'full') AND max(started_at) <= :since"
        " AND NOT bool_or(state = 'new') ORDER BY appid"
    )
    return list(session.scalars(query, {"since": since}))


def settle_failed_sync(session: Session, run_id: UUID, error: WeChatError) -> None:
    """Let a run wait and go on later, or die with its reason when trying again is useless."""
    run = session.scalar(select(FollowerSync).where(FollowerSync.id == run_id, FollowerSync.state == "new"))
    if run is None:
        return
    now = clock.now()
    run.attempts += not error.blameless
    run.error, run.updated_at = f"wechat {error.errcode}", now
    lot = random.random()  # noqa: S311 - it spreads callers, nothing more
    pause = errors.delay(errors.policy(error.errcode), max(1, run.attempts), now, lot)
    if isinstance(error, CircuitOpen):
        pause = max(pause, timedelta(seconds=error.seconds))
    run.not_before = now + pause
    if not error.retryable or run.attempts >= MAX_ATTEMPTS:
        run.state, run.finished_at = "dead", now


def show(run: FollowerSync) -> SyncShown:
    """Return a run as it is shown."""
    ended = run.state == "done"
    until = run.not_before if run.state == "new" and run.not_before and run.not_before > clock.now() else None
    names = (n for n in SyncShown.__slots__ if n not in ("until", "progress"))
    told = rules.progress(run.done, run.total, run.worked, ended=ended)
    return SyncShown(**{name: getattr(run, name) for name in names}, until=until, progress=told)


def _newest(session: Session, appid: str) -> FollowerSync | None:
    return next(iter(_runs(session, appid, 1)), None)


def _runs(session: Session, appid: str, limit: int) -> list[FollowerSync]:
    query = select(FollowerSync).where(FollowerSync.appid == appid).order_by(FollowerSync.id.desc()).limit(limit)
    return list(session.scalars(query))


def _goes_on(last: FollowerSync, kind: str, now: datetime) -> bool:
    broken_off = last.state in ("stopped", "dead") and last.kind == kind
    return broken_off and now - last.updated_at < rules.RESUMABLE


def _close_dead(session: Session, appid: str) -> None:
    """Take an old failed run out of the dead letters: replayed, it would stand beside the new one."""
    dead = FollowerSync.appid == appid, FollowerSync.state == "dead"
    session.execute(update(FollowerSync).where(*dead).values(state="stopped"))


def _ring(session: Session, appid: str) -> None:
    bell.announce(session, FollowerSync.__tablename__, [shard_of(appid)])
