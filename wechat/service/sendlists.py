"""Read sends: lists with filters, one with its why, counts by state for each campaign."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.kernel import clock, rollups
from wechat.models import MassJob, Send
from wechat.rules.sends import STATES

_COUNTED_DAYS = timedelta(days=90)
FILTERS = ("state", "channel", "appid", "campaign")


@dataclass(frozen=True, slots=True)
class SendShown:
    """Hold one send as lists and its page show it; `openid` is masked where it is shown to people."""

    id: UUID
    person_id: UUID | None
    appid: str
    openid: str
    channel: str
    purpose: str
    campaign: str
    reference: str
    state: str
    reason: str | None
    errcode: int | None
    detail: str | None
    attempts: int
    content: Mapping[str, Any]
    why: Mapping[str, Any]
    msgid: str | None
    created_at: datetime
    not_before: datetime | None
    expires_at: datetime | None
    sending_at: datetime | None
    sent_at: datetime | None
    closed_at: datetime | None
    job: Mapping[str, Any] | None = None


def list_sends(
    session: Session,
    *,
    where: Mapping[str, str],
    people: Sequence[UUID] | None = None,
    before: UUID | None,
    limit: int,
) -> list[SendShown]:
    """Return sends, newest first, those older than `before`; `where` narrows by FILTERS, `people` to these persons."""
    query = select(Send).order_by(Send.id.desc()).limit(limit)
    for name, value in where.items():
        query = query.where(getattr(Send, name) == value)
    if people is not None:
        query = query.where(Send.person_id.in_(list(people)))
    if before is not None:
        query = query.where(Send.id < before)
    return [_shown(row) for row in session.scalars(query)]


def read_sends(session: Session, ids: Sequence[UUID]) -> list[SendShown]:
    """Return the sends `ids` in their order, those that are none left out."""
    rows = {row.id: row for row in session.scalars(select(Send).where(Send.id.in_(list(ids))))}
    return [_shown(rows[id_]) for id_ in ids if id_ in rows]


def show_send(session: Session, id_: UUID) -> SendShown | None:
    """Return one send with the mass message it went out in, None when there is none."""
    row = session.get(Send, id_)
    if row is None:
        return None
    job = session.get(MassJob, row.job_id) if row.job_id else None
    return _shown(row, job)


def campaign_counts(session: Session) -> dict[str, dict[str, int]]:
    """Return campaign -> state -> sends of the last 90 days, newest campaign first; kept by whoever moves a send."""
    since = (clock.now() - _COUNTED_DAYS).date()
    found: dict[str, dict[str, int]] = {}
    newest: dict[str, Any] = {}
    for (metric, campaign), days in rollups.series(session, [f"sends_{state}" for state in STATES], since).items():
        n = sum(days.values())
        newest[campaign] = max(newest.get(campaign, since), *days)
        if n > 0:
            found.setdefault(campaign, {})[metric.removeprefix("sends_")] = n
    return dict(sorted(found.items(), key=lambda item: (newest[item[0]], item[0]), reverse=True))


def _shown(row: Send, job: MassJob | None = None) -> SendShown:
    names = [name for name in SendShown.__slots__ if name not in ("reason", "job")]
    mass = {"recipients": job.recipients, "state": job.state, "status": job.status, **job.counts} if job else None
    return SendShown(**{name: getattr(row, name) for name in names}, reason=row.error, job=mass)
