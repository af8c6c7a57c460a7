"""Read what the live page shows: counters first, and a few counts that no counter keeps yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from bu_routing.rules.states import STATES
from hub.group import service as group
from hub.kernel import clock, rollups
from hub.web import lag
from hub.web.lag import Lag

NEWEST = 12


@dataclass(frozen=True, slots=True)
class Counts:
    """Hold the figures of the head line, and of the funnel between people and leads."""

    callbacks: int
    people: int
    stitched: int
    fans: int
    registered: int
    mqls: int
    leads: int
    accepted: int


@dataclass(frozen=True, slots=True)
class BuLeads:
    """Hold how many leads of a business unit are in each state; every state is there."""

    slug: str
    name: str
    states: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class AccountTraffic:
    """Hold how many people follow an account now, and how many callbacks it sent."""

    appid: str
    name: str
    followers: int
    callbacks: int


@dataclass(frozen=True, slots=True)
class Recent:
    """Hold one of the latest activities; `person` is the root's id."""

    id: UUID
    kind: str
    place: str
    at: datetime
    person: UUID


@dataclass(frozen=True, slots=True)
class Overview:
    """Hold the state of the whole hub at one moment."""

    at: datetime
    group: str | None
    timezone: str
    counts: Counts
    bus: tuple[BuLeads, ...]
    accounts: tuple[AccountTraffic, ...]
    recent: tuple[Recent, ...]
    lags: Mapping[str, Lag]


def read(session: Session) -> Overview:
    """Return the state of the hub now."""
    totals = rollups.totals(session)
    return Overview(
        at=clock.now(),
        group=session.scalar(text("SELECT name FROM group_profile LIMIT 1")),
        timezone=group.group_timezone(session),
        counts=_counts(session, totals),
        bus=_bus(session),
        accounts=_accounts(session, totals.get("callbacks", {})),
        recent=_recent(session),
        lags=lag.read(),
    )


def _counts(session: Session, totals: Mapping[str, Mapping[str, int]]) -> Counts:
    def total(metric: str) -> int:
        return sum(totals.get(metric, {}).values())

    stages = session.execute(
        text(
            "SELECT count(*) FILTER (WHERE follows > 0) AS fans, count(*) FILTER (WHERE registered) AS registered,"
            " count(*) FILTER (WHERE qualified) AS mqls FROM profile"
        )
    ).one()
    return Counts(
        callbacks=total("callbacks"),
        people=total("people"),
        stitched=total("stitched"),
        fans=stages.fans,
        registered=stages.registered,
        mqls=stages.mqls,
        leads=total("leads_routed"),
        accepted=total("leads_accepted"),
    )


def _bus(session: Session) -> tuple[BuLeads, ...]:
    found: dict[UUID, dict[str, int]] = {bu.id: dict.fromkeys(STATES, 0) for bu in group.bus(session)}
    for bu_id, state, n in session.execute(text("SELECT bu_id, state, count(*) FROM lead GROUP BY bu_id, state")):
        found[bu_id][state] = n
    return tuple(BuLeads(bu.slug, bu.name, found[bu.id]) for bu in group.bus(session))


def _accounts(session: Session, callbacks: Mapping[str, int]) -> tuple[AccountTraffic, ...]:
    rows = session.execute(
        text(
            "SELECT a.appid, t.name, coalesce(f.n, 0) AS followers FROM wechat_account a"
            " JOIN touchpoint t ON t.id = a.touchpoint_id"
            " LEFT JOIN (SELECT namespace, count(*) AS n FROM identity WHERE kind = 'openid' AND following"
            " GROUP BY namespace) f ON f.namespace = a.appid"
            " WHERE t.kind <> 'miniprogram' ORDER BY followers DESC, a.appid"
        )
    )
    return tuple(AccountTraffic(r.appid, r.name, r.followers, callbacks.get(r.appid, 0)) for r in rows)


def _recent(session: Session) -> tuple[Recent, ...]:
    rows = session.execute(
        text(
            "SELECT a.id, a.kind, coalesce(t.name, '') AS place, a.received_at, p.root_id"
            " FROM (SELECT * FROM activity ORDER BY id DESC LIMIT :n) a"
            " JOIN person p ON p.id = a.person_id LEFT JOIN touchpoint t ON t.id = a.touchpoint_id ORDER BY a.id DESC"
        ),
        {"n": NEWEST},
    )
    return tuple(Recent(r.id, r.kind, r.place, r.received_at, r.root_id) for r in rows)
