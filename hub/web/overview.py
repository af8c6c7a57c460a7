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
        counts=_counts(totals),
        bus=_bus(session, totals.get("leads_now", {})),
        accounts=_accounts(session, totals.get("followers", {}), totals.get("callbacks", {})),
        recent=_recent(session),
        lags=lag.read(),
    )


def _counts(totals: Mapping[str, Mapping[str, int]]) -> Counts:
    def total(metric: str) -> int:
        return sum(totals.get(metric, {}).values())

    stages = totals.get("people_with", {})
    return Counts(
        callbacks=total("callbacks"),
        people=total("people"),
        stitched=total("stitched"),
        fans=stages.get("fans", 0),
        registered=stages.get("registered", 0),
        mqls=stages.get("qualified", 0),
        leads=total("leads_routed"),
        accepted=total("leads_accepted"),
    )


def _bus(session: Session, leads: Mapping[str, int]) -> tuple[BuLeads, ...]:
    return tuple(
        BuLeads(bu.slug, bu.name, {state: leads.get(f"{bu.slug}:{state}", 0) for state in STATES})
        for bu in group.bus(session)
    )


def _accounts(
    session: Session, followers: Mapping[str, int], callbacks: Mapping[str, int]
) -> tuple[AccountTraffic, ...]:
    rows = [
        AccountTraffic(a.appid, a.name, followers.get(a.appid, 0), callbacks.get(a.appid, 0))
        for a in group.accounts(session)
        if a.kind != "miniprogram"
    ]
    return tuple(sorted(rows, key=lambda row: (-row.followers, row.appid)))


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
