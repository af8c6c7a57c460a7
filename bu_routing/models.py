"""Rule sets, decisions and leads; every row that belongs to a BU carries its `bu_id`."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    Text,
    literal,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from bu_routing.rules.states import OPEN
from hub.kernel.db import Base
from hub.kernel.ids import new_id
from hub.kernel.labels import P0, P1, P3T

_TIME = TIMESTAMP(timezone=True)
_IS_OPEN = text(f"state IN ({', '.join(repr(state) for state in OPEN)})")

DRAFT, PUBLISHED, RETIRED = "draft", "published", "retired"


class RuleSet(Base):
    """Keep one version of the routing rules; at most one is published."""

    __tablename__ = "rule_set"
    __table_args__ = (
        Index("uq_rule_set_published", "status", unique=True, postgresql_where=text("status = 'published'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=P0)
    version: Mapped[int] = mapped_column(Integer, unique=True, info=P0)
    status: Mapped[str] = mapped_column(Text, info=P0)
    body: Mapped[dict[str, Any]] = mapped_column(JSONB, info=P0)
    created_at: Mapped[datetime] = mapped_column(_TIME, info=P0)


class Decision(Base):
    """Record one routing decision with how every rule answered.

    `chosen` None means the fallback, `bu_id` None that no BU was left; `lead_id` is the lead made for it, or the open
    one that was there.
    """

    __tablename__ = "decision"
    __table_args__ = (Index("ix_decision_person_id", "person_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, info=P0)
    person_id: Mapped[UUID] = mapped_column(info=P1)
    rule_set_version: Mapped[int] = mapped_column(Integer, info=P0)
    inputs_hash: Mapped[str] = mapped_column(Text, info=P1)
    outcomes: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, info=P1)
    chosen: Mapped[str | None] = mapped_column(Text, info=P1)
    bu_id: Mapped[UUID | None] = mapped_column(ForeignKey("business_unit.id"), info=P0)
    lead_id: Mapped[UUID | None] = mapped_column(info=P1)
    created_at: Mapped[datetime] = mapped_column(_TIME, info=P0)


class Lead(Base):
    """Hold one lead: person × BU × need. `person_id` is the root at the time of routing; the claim has a lease.

    `claim_token` grows with every claim. `progressed_at` is the BU's time of the newest progress that changed the lead.
    """

    __tablename__ = "lead"
    __table_args__ = (
        Index("uq_lead_open", "person_id", "bu_id", unique=True, postgresql_where=_IS_OPEN),
        Index(
            "ix_lead_queue",
            "bu_id",
            text("score DESC"),
            "created_at",
            "id",
            postgresql_where=text("state = 'queued'"),
        ),
        Index("ix_lead_lease", "bu_id", "lease_until", postgresql_where=text("state = 'claimed'")),
        Index("ix_lead_bu_id_id", "bu_id", "id"),
        Index("ix_lead_bu_id_state_id", "bu_id", "state", "id"),
        Index("ix_lead_state_id", "state", "id"),
        Index("ix_lead_person_id", "person_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, info=P0)
    person_id: Mapped[UUID] = mapped_column(info=P1)
    bu_id: Mapped[UUID] = mapped_column(ForeignKey("business_unit.id"), info=P0)
    decision_id: Mapped[UUID] = mapped_column(ForeignKey("decision.id", deferrable=True, initially="DEFERRED"), info=P0)
    need: Mapped[str | None] = mapped_column(Text, info=P1)
    state: Mapped[str] = mapped_column(Text, info=P1)
    score: Mapped[int] = mapped_column(Integer, info=P1)
    stage: Mapped[str] = mapped_column(Text, info=P1)
    why: Mapped[str] = mapped_column(Text, info=P1)
    claimed_by: Mapped[UUID | None] = mapped_column(info=P0)
    assignee: Mapped[str | None] = mapped_column(Text, info=P0)
    lease_until: Mapped[datetime | None] = mapped_column(_TIME, info=P0)
    claim_token: Mapped[int] = mapped_column(Integer, default=0, server_default="0", info=P0)
    reason: Mapped[str | None] = mapped_column(Text, info=P1)
    note: Mapped[bytes | None] = mapped_column(LargeBinary, info=P3T)
    note_epoch: Mapped[date | None] = mapped_column(Date, info=P0)
    amount: Mapped[Decimal | None] = mapped_column(Numeric(18, 2), info=P1)
    currency: Mapped[str | None] = mapped_column(Text, info=P0)
    external_id: Mapped[str | None] = mapped_column(Text, info=P1)
    progressed_at: Mapped[datetime | None] = mapped_column(_TIME, info=P1)
    recycle_at: Mapped[datetime | None] = mapped_column(_TIME, info=P1)
    sla_due_at: Mapped[datetime | None] = mapped_column(_TIME, info=P0)
    created_at: Mapped[datetime] = mapped_column(_TIME, info=P0)
    updated_at: Mapped[datetime] = mapped_column(_TIME, info=P0)


def is_state(state: str) -> ColumnElement[bool]:
    """Return the test for leads in `state`, written into the SQL so that every plan may use the partial indexes."""
    return Lead.state == literal(state, Text, literal_execute=True)


class LeadTransition(Base):
    """Record one step of a lead: who did it ("system" or a key's id), when, why, and what was passed over."""

    __tablename__ = "lead_transition"
    __table_args__ = (
        Index("ix_lead_transition_lead_id", "lead_id"),
        Index("ix_lead_transition_bu_id_id", "bu_id", "id"),
        Index("ix_lead_transition_actor_id", "actor", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, info=P0)
    lead_id: Mapped[UUID] = mapped_column(ForeignKey("lead.id"), info=P1)
    bu_id: Mapped[UUID] = mapped_column(ForeignKey("business_unit.id"), info=P0)
    from_state: Mapped[str | None] = mapped_column(Text, info=P1)
    to_state: Mapped[str] = mapped_column(Text, info=P1)
    skipped: Mapped[list[str]] = mapped_column(ARRAY(Text), info=P1)
    actor: Mapped[str] = mapped_column(Text, info=P0)
    reason: Mapped[str | None] = mapped_column(Text, info=P1)
    at: Mapped[datetime] = mapped_column(_TIME, info=P1)


class Unrouted(Base):
    """Remember a person who became an MQL while no rule set was published."""

    __tablename__ = "unrouted"

    person_id: Mapped[UUID] = mapped_column(primary_key=True, info=P1)
    since: Mapped[datetime] = mapped_column(_TIME, info=P1)
