"""Codes of WeChat, each exchanged once: by whom, with which outcome, and who it stood for.

PostgreSQL alone holds the lock and the outcome: a lock in Redis and another one for when Redis is away would let two
processes that see Redis differently both ask.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from hub.group.service import tokens
from hub.kernel import clock, rollups, secretbox, settings
from wechat.client import Login
from wechat.models import CodeExchange
from wechat.rules.logins import Outcome

WEB, MINIPROGRAM, PHONE = "web", "miniprogram", "phone"
KEPT = timedelta(minutes=10)
_HELD = timedelta(seconds=60)
SNAPSHOTS = "snapshot_logins"
"""The counter of visits by snapshot pages, by account."""


class Replayed(Exception):
    """A state of ours came back with another code than before."""


@dataclass(frozen=True, slots=True)
class Exchanged:
    """Say what a code came to; `login` is there when somebody signed in and it is not about a phone number."""

    outcome: Outcome
    errcode: int = 0
    login: Login | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Claim:
    """Say how a code stands: `token` lets the holder ask WeChat, `done` is what came of it, neither: somebody asks."""

    digest: bytes = field(repr=False)
    appid: str
    token: int | None = None
    done: Exchanged | None = field(default=None, repr=False)
    lost: bool = False
    """Whoever asked about this code is gone, and it is of a kind that is never asked about again."""


def claim_code(session: Session, kind: str, appid: str, code: str, *, state: str = "") -> Claim:
    """Return how the code stands, claimed for the caller if nobody has it.

    Raises Replayed when `state` came with another code before.
    """
    digest = tokens.digest(f"wechat_code_{kind}", f"{appid}:{code}")
    bound = tokens.digest("wechat_state", state) if state else None
    row = {"digest": digest, "state": bound, "kind": kind, "appid": appid, "errcode": 0, "created_at": clock.now()}
    fresh = insert(CodeExchange).values(**row, token=1, until=func.clock_timestamp() + _HELD)
    if session.execute(fresh.on_conflict_do_nothing().returning(CodeExchange.token)).scalar() is not None:
        return Claim(digest, appid, token=1)
    found = session.get(CodeExchange, digest)
    if found is None or found.state != bound:
        raise Replayed
    if found.outcome is not None:
        return Claim(digest, appid, done=_read(found))
    return _take_over(session, found)


def _take_over(session: Session, found: CodeExchange) -> Claim:
    """Return the claim of a code whose holder did not come back in time; asked again, WeChat says that it was used."""
    over = CodeExchange.until <= func.clock_timestamp()
    mine = (CodeExchange.digest == found.digest) & CodeExchange.outcome.is_(None) & over
    if found.kind == PHONE:
        return Claim(
            found.digest, found.appid, lost=session.scalar(select(CodeExchange.digest).where(mine)) is not None
        )
    taken = update(CodeExchange).where(mine).values(token=CodeExchange.token + 1, until=func.clock_timestamp() + _HELD)
    return Claim(found.digest, found.appid, token=session.execute(taken.returning(CodeExchange.token)).scalar())


def settle_code(
    session: Session, claim: Claim, found: Exchanged, note: Callable[[Session], None] | None = None
) -> Exchanged:
    """Keep what a claimed code came to, `note` who signed in, and return what is kept.

    It is another's when the claim was lost meanwhile. Nothing of a snapshot page is kept but that there was one.
    """
    mine = (CodeExchange.digest == claim.digest) & (CodeExchange.token == claim.token) & CodeExchange.outcome.is_(None)
    values = {"outcome": found.outcome, "errcode": found.errcode, "sealed": _seal(claim.digest, found.login)}
    done = session.execute(update(CodeExchange).where(mine).values(values).returning(CodeExchange.digest)).scalar()
    if done is None:
        other = session.get(CodeExchange, claim.digest, populate_existing=True)
        return _read(other) if other is not None and other.outcome else Exchanged("restart")
    if found.outcome == "snapshot":
        rollups.add(session, {(SNAPSHOTS, claim.appid): 1})
    if note is not None and found.outcome == "signed_in":
        note(session)
    return found


def forget_codes(session: Session) -> None:
    """Forget the codes that are over."""
    session.execute(delete(CodeExchange).where(CodeExchange.created_at < clock.now() - KEPT))


def _read(row: CodeExchange) -> Exchanged:
    login = None
    if row.sealed is not None:
        openid, unionid = json.loads(secretbox.unseal(_key(_secret()), row.sealed, context=row.digest.hex()))
        login = Login(openid, unionid)
    return Exchanged(row.outcome or "restart", row.errcode, login)  # type: ignore[arg-type]


def _seal(digest: bytes, login: Login | None) -> bytes | None:
    if login is None:
        return None
    return secretbox.seal(_key(_secret()), json.dumps([login.openid, login.unionid]), context=digest.hex())


def _secret() -> str:
    return settings.current().secret_key


@cache
def _key(secret_key: str) -> bytes:
    return secretbox.derive(secret_key, "wechat_code")
