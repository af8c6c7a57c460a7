"""People and what is known of them, keyed by ids; no contact data."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Date, ForeignKey, Index, Integer, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.db import Base
from hub.kernel.ids import new_id
from hub.kernel.labels import P0, P1, P2
from hub.kernel.partitions import Partitioned

_TIME = TIMESTAMP(timezone=True)


class Person(Base):
    """Name one person; after merges the readers group by `root_id`, and no id is ever used again."""

    __tablename__ = "person"
    __table_args__ = (Index("ix_person_root_id", "root_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, info=P1)
    root_id: Mapped[UUID] = mapped_column(info=P1)
    created_at: Mapped[datetime] = mapped_column(_TIME, info=P1)


class Identity(Base):
    """Hold one way to recognise a person; it keeps the person it was born with for ever."""

    __tablename__ = "identity"
    __table_args__ = (UniqueConstraint("kind", "namespace", "value"), Index("ix_identity_person_id", "person_id"))

    id: Mapped[UUID] = mapped_column(primary_key=True, info=P1)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id", deferrable=True, initially="DEFERRED"), info=P1)
    kind: Mapped[str] = mapped_column(Text, info=P0)
    namespace: Mapped[str] = mapped_column(Text, info=P0)
    value: Mapped[str] = mapped_column(Text, info=P2)
    first_seen_at: Mapped[datetime] = mapped_column(_TIME, info=P1)
    following: Mapped[bool | None] = mapped_column(Boolean, info=P1)
    follow_changed_at: Mapped[datetime | None] = mapped_column(_TIME, info=P1)


class FollowInterval(Base):
    """Keep one time of following of one identity; `at` is its first known moment. See `rules/following.py`."""

    __tablename__ = "follow_interval"

    identity_id: Mapped[UUID] = mapped_column(ForeignKey("identity.id"), primary_key=True, info=P1)
    at: Mapped[datetime] = mapped_column(_TIME, primary_key=True, info=P1)
    began_at: Mapped[datetime | None] = mapped_column(_TIME, info=P1)
    ended_at: Mapped[datetime | None] = mapped_column(_TIME, info=P1)
    source: Mapped[str] = mapped_column(Text, info=P0)
    ended_source: Mapped[str] = mapped_column(Text, info=P0)
    scene: Mapped[str] = mapped_column(Text, info=P1)
    subscribe_scene: Mapped[str] = mapped_column(Text, info=P1)


class IdentityLink(Base):
    """Record that an OpenID and a UnionID belong to one human being, when and how that was learnt."""

    __tablename__ = "identity_link"

    identity_id: Mapped[UUID] = mapped_column(ForeignKey("identity.id"), primary_key=True, info=P1)
    linked_identity_id: Mapped[UUID] = mapped_column(ForeignKey("identity.id"), primary_key=True, info=P1)
    source: Mapped[str] = mapped_column(Text, info=P0)
    linked_at: Mapped[datetime] = mapped_column(_TIME, info=P1)


class MergeEdge(Base):
    """Record that two persons are one, with the evidence; undone by setting `undone_at`."""

    __tablename__ = "merge_edge"
    __table_args__ = (Index("ix_merge_edge_person_a", "person_a"), Index("ix_merge_edge_person_b", "person_b"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=P0)
    person_a: Mapped[UUID] = mapped_column(ForeignKey("person.id"), info=P1)
    person_b: Mapped[UUID] = mapped_column(ForeignKey("person.id"), info=P1)
    evidence: Mapped[dict[str, Any]] = mapped_column(JSONB, info=P1)
    merged_at: Mapped[datetime] = mapped_column(_TIME, info=P1)
    undone_at: Mapped[datetime | None] = mapped_column(_TIME, info=P1)
    undone_by: Mapped[UUID | None] = mapped_column(info=P0)


class IdentityConflict(Base):
    """Keep two persons that some evidence joins and other evidence keeps apart, and what a human decided of them.

    `decision` is "same" or "apart", None while it is open. A pair kept apart is never merged and never asked again.
    """

    __tablename__ = "identity_conflict"
    __table_args__ = (
        UniqueConstraint("person_a", "person_b"),
        Index("ix_identity_conflict_person_b", "person_b"),
        Index("ix_identity_conflict_open", "id", postgresql_where=text("decision IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, info=P0)
    person_a: Mapped[UUID] = mapped_column(ForeignKey("person.id"), info=P1)
    person_b: Mapped[UUID] = mapped_column(ForeignKey("person.id"), info=P1)
    evidence: Mapped[dict[str, Any]] = mapped_column(JSONB, info=P1)
    found_at: Mapped[datetime] = mapped_column(_TIME, info=P1)
    decision: Mapped[str | None] = mapped_column(Text, info=P0)
    decided_at: Mapped[datetime | None] = mapped_column(_TIME, info=P0)
    decided_by: Mapped[UUID | None] = mapped_column(info=P0)


class Activity(Base):
    """Record one behaviour of a person at a touchpoint; append-only."""

    __tablename__ = "activity"
    __table_args__ = (
        Index("ix_activity_person_id_occurred_at", "person_id", "occurred_at"),
        Index("ix_activity_kind_key_person_id", "kind", "key", "person_id"),
        {"postgresql_partition_by": "RANGE (received_at)"},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, info=P1)
    received_at: Mapped[datetime] = mapped_column(_TIME, primary_key=True, info=P1)
    occurred_at: Mapped[datetime] = mapped_column(_TIME, info=P1)
    person_id: Mapped[UUID] = mapped_column(info=P1)
    identity_id: Mapped[UUID] = mapped_column(info=P1)
    touchpoint_id: Mapped[UUID | None] = mapped_column(info=P0)
    kind: Mapped[str] = mapped_column(Text, info=P1)
    key: Mapped[str] = mapped_column(Text, info=P1)
    properties: Mapped[dict[str, Any]] = mapped_column(JSONB, info=P1)


ACTIVITY_PARTITIONS = Partitioned("activity", "month", behind=1, ahead=3, drop_old=False)


class Receipt(Base):
    """Remember that a touchpoint's item was taken in, so that sending it again changes nothing."""

    __tablename__ = "receipt"

    touchpoint_id: Mapped[UUID] = mapped_column(primary_key=True, info=P0)
    external_id: Mapped[str] = mapped_column(Text, primary_key=True, info=P1)
    received_at: Mapped[datetime] = mapped_column(_TIME, info=P0)


class ScoringModel(Base):
    """Keep one version of the scoring rules."""

    __tablename__ = "scoring_model"

    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False, info=P0)
    body: Mapped[dict[str, Any]] = mapped_column(JSONB, info=P0)
    created_at: Mapped[datetime] = mapped_column(_TIME, info=P0)


class ScorePoint(Base):
    """Name the activity and the rule behind points of a person."""

    __tablename__ = "score_point"
    __table_args__ = (Index("ix_score_point_person_id_rule", "person_id", "rule", "day"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, info=P0)
    person_id: Mapped[UUID] = mapped_column(info=P1)
    activity_id: Mapped[UUID] = mapped_column(info=P1)
    model_version: Mapped[int] = mapped_column(Integer, info=P0)
    rule: Mapped[str] = mapped_column(Text, info=P0)
    day: Mapped[date] = mapped_column(Date, info=P1)
    points: Mapped[int] = mapped_column(Integer, info=P1)


INDEXED_TRAITS = {f"traits.{name}": f"(traits ->> '{name}')" for name in ("interest", "company_size", "company")}
"""Traits that pages offer to look for people by -> the expression that is indexed."""


class Profile(Base):
    """Hold what is derived of one root person; recomputable from activities and edges at any time."""

    __tablename__ = "profile"
    __table_args__ = (
        Index("ix_profile_model_version", "model_version"),
        Index(
            "ix_profile_interest",
            text("(traits ->> 'interest')"),
            postgresql_where=text("(traits ->> 'interest') IS NOT NULL"),
        ),
        Index(
            "ix_profile_company_size",
            text("(traits ->> 'company_size')"),
            postgresql_where=text("(traits ->> 'company_size') IS NOT NULL"),
        ),
        Index(
            "ix_profile_company",
            text("(traits ->> 'company')"),
            postgresql_where=text("traits ->> 'company' IS NOT NULL"),
        ),
        Index("ix_profile_first_scene", "first_scene", postgresql_where=text("first_scene IS NOT NULL")),
        Index("ix_profile_last_scene", "last_scene", postgresql_where=text("last_scene IS NOT NULL")),
    )

    person_id: Mapped[UUID] = mapped_column(primary_key=True, info=P1)
    model_version: Mapped[int] = mapped_column(Integer, info=P0)
    score: Mapped[int] = mapped_column(Integer, info=P1)
    follows: Mapped[int] = mapped_column(Integer, info=P1)
    registered: Mapped[bool] = mapped_column(Boolean, info=P1)
    qualified: Mapped[bool] = mapped_column(Boolean, info=P1)
    counted: Mapped[int] = mapped_column(SmallInteger, info=P0)
    """Which steps of the funnel this profile stands in as counted (bits of `census.STEPS`)."""
    first_scene: Mapped[str | None] = mapped_column(Text, info=P1)
    first_scene_at: Mapped[datetime | None] = mapped_column(_TIME, info=P1)
    last_scene: Mapped[str | None] = mapped_column(Text, info=P1)
    last_scene_at: Mapped[datetime | None] = mapped_column(_TIME, info=P1)
    traits: Mapped[dict[str, Any]] = mapped_column(JSONB, info=P1)
    last_activity_at: Mapped[datetime | None] = mapped_column(_TIME, info=P1)


class Qualification(Base):
    """Record that a person became an MQL under one model version: once."""

    __tablename__ = "qualification"

    person_id: Mapped[UUID] = mapped_column(primary_key=True, info=P1)
    model_version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False, info=P0)
    score: Mapped[int] = mapped_column(Integer, info=P1)
    reached_at: Mapped[datetime] = mapped_column(_TIME, info=P1)
