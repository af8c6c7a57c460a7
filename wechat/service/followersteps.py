"""The steps of a run over an account's followers, each written in one transaction with the run's place."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from hub.group import service as group
from hub.kernel import bell, bulk, clock, leases
from hub.kernel.work import shard_of
from hub.pool import service as pool
from hub.pool.service import OPENID, UNIONID, Follower, IdentityRef, Link, Source
from wechat.client import UserInfo
from wechat.models import FollowerSeen, FollowerSync
from wechat.rules import followers as rules
from wechat.rules.errors import delay, policy

LEASE = timedelta(minutes=2)
_QUOTA = 45009
_FORGET = 20_000


class Stopped(Exception):
    """Somebody stopped the run: what was asked meanwhile is dropped."""


@dataclass(frozen=True, slots=True)
class Step:
    """Hold one worker's hold on a run: the run, its account, and the lease under which it is written."""

    run_id: UUID
    account: group.Account
    token: int

    @property
    def lease(self) -> str:
        """Return the name of the lease, one for each account."""
        return f"followers:{self.account.appid}"

    def hold(self, session: Session) -> FollowerSync:
        """Return the run, held to the end of this transaction; raise LeaseLost or Stopped when it is not ours."""
        leases.extend(session, self.lease, self.token, LEASE)
        query = select(FollowerSync).where(FollowerSync.id == self.run_id, FollowerSync.state == "new")
        run = session.scalar(query.with_for_update())
        if run is None:
            raise Stopped
        run.fence, run.updated_at = self.token, clock.now()
        return run


@dataclass(frozen=True, slots=True)
class Answer:
    """Hold what WeChat said: whom it was asked about (`asked`), and of whom it was not, as they are known."""

    asked: Sequence[str]
    infos: Mapping[str, UserInfo]
    asked_at: datetime
    known: Mapping[str, UUID] = field(default_factory=dict)
    seconds: float = 0.0


def may_list(session: Session, step: Step) -> bool:
    """Count one call of user/get; False when the day's are used up, and the run waits for the next day."""
    run, now = step.hold(session), clock.now()
    today = rules.beijing_day(now)
    if run.calls_day != today:
        run.calls, run.calls_day = 0, today
    used = session.scalar(
        text("SELECT coalesce(sum(calls), 0) FROM follower_sync WHERE appid = :appid AND calls_day = :day"),
        {"appid": run.appid, "day": today},
    )
    if used is not None and used >= rules.USER_GET_PER_DAY:
        run.error, run.not_before = f"wechat {_QUOTA}", now + delay(policy(_QUOTA), 1, now, 0.5)
        return False
    run.calls += 1
    return True


def note_page(session: Session, step: Step, total: int, listed: int) -> str:
    """Write what a page says of the whole; return how to go on: page, sweep, or end where the counts are equal."""
    run = step.hold(session)
    run.total, run.error, run.not_before = total, None, None
    compares = run.kind == "reconcile" and not run.cursor
    if compares and rules.compare(total=total, ours=run.ours_before, listed=listed) == "equal":
        _end(session, run)
        return "end"
    if listed:
        return "page"
    run.phase, run.cursor = "sweep", ""
    return "sweep"


def begin_anew(session: Session, step: Step) -> bool:
    """Go back to the first page, because WeChat does not know the run's place; False when that happened too often."""
    run = step.hold(session)
    run.restarts += 1
    run.cursor, run.done = "", 0
    return run.restarts <= rules.RESTARTS


def write_listed(session: Session, step: Step, answer: Answer, cursor: str) -> None:
    """Take in followers that a page lists, and move the run behind `cursor`."""
    run, account = step.hold(session), step.account
    following = [answer.infos[openid] for openid in answer.asked if _follows(answer.infos, openid)]
    now = clock.now()
    found = pool.import_followers(
        session,
        [
            Follower(
                _ref(account, info.openid),
                rules.follow_moment(info.subscribe_time, now),
                info.qr_scene_str,
                info.subscribe_scene,
            )
            for info in following
        ],
        source=_source(run),
        touchpoint_id=account.touchpoint_id,
    )
    _link(session, account, following)
    met = {who.identity_id for who in found.identities.values() if not who.fresh} | set(answer.known.values())
    run.ended += _leave(session, run, account, answer)
    invalid = [openid for openid in answer.asked if openid not in answer.infos]
    if invalid:  # WeChat lists them and knows them not: they are counted, and not asked about again
        met |= set(pool.known_followers(session, account.appid, invalid).values())
    run.invalid += len(invalid)
    _see(session, run.id, met)
    run.added += found.new
    run.done += len(answer.asked) + len(answer.known)
    run.cursor, run.attempts = cursor, 0
    run.worked += answer.seconds


def read_missed(session: Session, step: Step, limit: int) -> tuple[str, list[str]]:
    """Return, of the next `limit` who are believed to follow, the last and those that no page listed; "" at the end."""
    run = step.hold(session)
    believed = pool.believed_followers(session, run.appid, after=run.cursor, before=run.started_at, limit=limit)
    if not believed:
        return "", []
    met = set(
        session.scalars(
            select(FollowerSeen.identity_id).where(
                FollowerSeen.run_id == run.id, FollowerSeen.identity_id.in_([id_ for id_, _ in believed])
            )
        )
    )
    return believed[-1][1], [openid for id_, openid in believed if id_ not in met]


def write_missed(session: Session, step: Step, answer: Answer, cursor: str) -> None:
    """End the follows of those who WeChat says follow no longer, and move the run behind `cursor`."""
    run = step.hold(session)
    run.ended += _leave(session, run, step.account, answer)
    run.invalid += len(answer.asked) - len(answer.infos)
    run.cursor, run.attempts = cursor, 0
    run.worked += answer.seconds


def finish(session: Session, step: Step) -> bool:
    """Forget some of whom the run met; end it, and return True, once nobody is left."""
    run = step.hold(session)
    forgotten = session.execute(
        text(
            "DELETE FROM follower_seen WHERE run_id = :run AND identity_id IN"
            " (SELECT identity_id FROM follower_seen WHERE run_id = :run LIMIT :limit)"
        ),
        {"run": run.id, "limit": _FORGET},
    )
    if forgotten.rowcount:  # type: ignore[attr-defined]
        return False
    _end(session, run)
    return True


def ring_again(session: Session, step: Step) -> None:
    """Give the lease back and let the next worker go on."""
    leases.release(session, step.lease, step.token)
    bell.announce(session, FollowerSync.__tablename__, [shard_of(step.account.appid)])


def _end(session: Session, run: FollowerSync) -> None:
    run.state, run.error, run.not_before, run.finished_at = "done", None, None, clock.now()
    run.ours_after = pool.count_followers(session, run.appid)


def _leave(session: Session, run: FollowerSync, account: group.Account, answer: Answer) -> int:
    left = [openid for openid in answer.asked if openid in answer.infos and not answer.infos[openid].subscribed]
    believed = pool.known_followers(session, account.appid, left) if left else {}
    refs = [_ref(account, openid) for openid in believed]
    if not refs:
        return 0
    return pool.end_follows(session, refs, answer.asked_at, source=_source(run), touchpoint_id=account.touchpoint_id)


def _link(session: Session, account: group.Account, infos: Sequence[UserInfo]) -> None:
    platform = account.open_platform
    links = [
        Link(_ref(account, info.openid), IdentityRef(UNIONID, platform, info.unionid), "batchget")
        for info in infos
        if platform and info.unionid
    ]
    if links:
        pool.link_identities(session, links)


def _see(session: Session, run_id: UUID, identities: Collection[UUID]) -> None:
    rows = [{"run_id": run_id, "identity_id": id_} for id_ in sorted(identities)]
    bulk.insert_rows(session, FollowerSeen, rows, conflict="DO NOTHING")


def _follows(infos: Mapping[str, UserInfo], openid: str) -> bool:
    return openid in infos and infos[openid].subscribed


def _source(run: FollowerSync) -> Source:
    return "sync" if run.kind == "full" else "reconcile"


def _ref(account: group.Account, openid: str) -> IdentityRef:
    return IdentityRef(OPENID, account.appid, openid)
