"""The registry of QR codes: what is wanted, what WeChat made of it, and what came through it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import and_, func, or_, select, text
from sqlalchemy.orm import Session

from hub.kernel import bulk, clock, rollups
from hub.kernel.ids import new_id
from wechat import rules
from wechat.client import WeChatError
from wechat.client.qrcodes import Ticket
from wechat.models import Callback, QrCode
from wechat.rules.scenes import PERMANENT_CODES, TEMPORARY_SECONDS, cap_level, scene_problem

WANTED, MADE, FAILED = "wanted", "made", "failed"
ATTEMPTS = 8


class SceneRefused(ValueError):
    """A scene is none; `reason` is that of `scene_problem`, or "taken" when the account has a code for it."""

    def __init__(self, scene: str, reason: str) -> None:
        super().__init__(f"{reason}: {scene}")
        self.scene, self.reason = scene, reason


@dataclass(frozen=True, slots=True)
class NewCode:
    """Hold one code to register; `reference` is a slug or a staff number, never a name."""

    appid: str
    scene: str
    name: str
    purpose: str
    reference: str
    permanent: bool


@dataclass(frozen=True, slots=True)
class Tally:
    """Hold what came through a code: scans by followers, and follows."""

    scans: int = 0
    follows: int = 0


@dataclass(frozen=True, slots=True)
class Capacity:
    """Hold how many permanent codes an account has used of those it may ever have; `level` is that of `cap_level`."""

    used: int
    cap: int
    level: int


def register_codes(session: Session, codes: Sequence[NewCode]) -> list[UUID]:
    """Write codes down as wanted, all or none; raise SceneRefused for the first that is not to be."""
    for code in codes:
        if problem := scene_problem(code.scene):
            raise SceneRefused(code.scene, problem)
    now = clock.now()
    rows = [
        {
            "id": new_id(),
            "appid": code.appid,
            "scene": code.scene,
            "name": code.name,
            "purpose": code.purpose,
            "reference": code.reference,
            "permanent": code.permanent,
            "state": WANTED,
            "created_at": now,
        }
        for code in codes
    ]
    made = bulk.insert_rows(session, QrCode, rows, conflict="DO NOTHING", returning="appid, scene")
    there = {(row.appid, row.scene) for row in made}
    for code in codes:
        if (code.appid, code.scene) not in there:
            raise SceneRefused(code.scene, "taken")
        there.discard((code.appid, code.scene))
    return [row["id"] for row in rows]  # type: ignore[misc]


def wanted_codes(session: Session, limit: int, only: Collection[UUID] | None = None) -> list[QrCode]:
    """Return codes that WeChat is to be asked for now, oldest first."""
    waited = or_(QrCode.not_before.is_(None), QrCode.not_before <= clock.now())
    query = select(QrCode).where(QrCode.state == WANTED, QrCode.archived_at.is_(None)).order_by(QrCode.id).limit(limit)
    return list(session.scalars(query.where(waited) if only is None else query.where(QrCode.id.in_(list(only)))))


def code_made(session: Session, code_id: UUID, ticket: Ticket) -> None:
    """Keep the ticket that WeChat gave for a code."""
    code, now = session.get_one(QrCode, code_id), clock.now()
    code.state, code.ticket, code.url, code.errcode = MADE, ticket.ticket, ticket.url, None
    code.made_at = now
    code.expires_at = None if ticket.seconds is None else now + timedelta(seconds=ticket.seconds)


def code_refused(session: Session, code_id: UUID, error: WeChatError) -> None:
    """Let a code wait and be asked for again, or fail with WeChat's reason when that is useless."""
    code, now = session.get_one(QrCode, code_id), clock.now()
    code.attempts += not error.blameless
    code.errcode = error.errcode
    lot = random.random()  # noqa: S311 - it spreads callers, nothing more
    code.not_before = now + rules.delay(rules.policy(error.errcode), max(1, code.attempts), now, lot)
    code.state = WANTED if error.retryable and code.attempts < ATTEMPTS else FAILED


def make_again(session: Session, code_id: UUID) -> QrCode | None:
    """Want a failed or an expired code once more; return it, None when there is nothing to make anew."""
    code = find_code(session, code_id)
    if code is None or code.archived_at is not None or not (code.state == FAILED or expired(code)):
        return None
    code.state, code.attempts, code.not_before, code.errcode = WANTED, 0, None, None
    return code


def archive_code(session: Session, code_id: UUID, *, archived: bool) -> QrCode | None:
    """Put a code away, or take it back; what is printed goes on working, as WeChat forgets no permanent code."""
    code = find_code(session, code_id)
    if code is not None:
        code.archived_at = clock.now() if archived else None
    return code


def find_code(session: Session, code_id: UUID) -> QrCode | None:
    """Return a code by its id."""
    return session.get(QrCode, code_id)


def list_codes(
    session: Session, *, appid: str | None, purpose: str | None, archived: bool, before: UUID | None, limit: int
) -> list[QrCode]:
    """Return codes, newest first, those older than `before`."""
    query = select(QrCode).order_by(QrCode.id.desc()).limit(limit)
    query = query.where(QrCode.archived_at.is_not(None) if archived else QrCode.archived_at.is_(None))
    wanted = [(QrCode.appid, appid), (QrCode.purpose, purpose)]
    query = query.where(*(column == value for column, value in wanted if value))
    return list(session.scalars(query if before is None else query.where(QrCode.id < before)))


def expired(code: QrCode) -> bool:
    """Tell whether a temporary code no longer leads anywhere."""
    return code.expires_at is not None and code.expires_at <= clock.now()


def capacities(session: Session) -> dict[str, Capacity]:
    """Return how near every account is to its cap of permanent codes; archived ones count too: WeChat forgets none."""
    counted = and_(QrCode.permanent, QrCode.ticket.is_not(None))
    query = select(QrCode.appid, func.count()).where(counted).group_by(QrCode.appid)
    return {appid: Capacity(n, PERMANENT_CODES, cap_level(n)) for appid, n in session.execute(query)}


def life(code: QrCode) -> int | None:
    """Return how many seconds a code is asked for, None for one that is permanent."""
    return None if code.permanent else TEMPORARY_SECONDS


def tallies(session: Session, codes: Sequence[QrCode]) -> Mapping[UUID, Tally]:
    """Return what came through each of `codes`, from counters that the drain keeps."""
    counts = rollups.of(session, ("qr_scans", "qr_follows"), [str(code.id) for code in codes])
    return {
        code.id: Tally(counts.get(("qr_scans", str(code.id)), 0), counts.get(("qr_follows", str(code.id)), 0))
        for code in codes
    }


def count_codes(session: Session, callbacks: Sequence[Callback]) -> None:
    """Count the scans and follows of registered codes among `callbacks`; other scenes are nobody's and not counted."""
    came = Counter(
        (c.appid, c.details["scene"], "qr_follows" if c.event == "subscribe" else "qr_scans")
        for c in callbacks
        if c.event in ("scan", "subscribe") and c.details.get("scene")
    )
    if not came:
        return
    places = sorted({(appid, scene) for appid, scene, _ in came})
    rows = session.execute(
        text(
            "SELECT c.id, c.appid, c.scene FROM unnest(cast(:appids AS text[]), cast(:scenes AS text[])) AS w(a, s)"
            " JOIN qr_code c ON c.appid = w.a AND c.scene = w.s"
        ),
        {"appids": [appid for appid, _ in places], "scenes": [scene for _, scene in places]},
    )
    known = {(row.appid, row.scene): str(row.id) for row in rows}
    counts: Counter[tuple[str, str]] = Counter()
    for (appid, scene, metric), n in came.items():
        if (appid, scene) in known:
            counts[metric, known[appid, scene]] += n
    rollups.add(session, counts)
