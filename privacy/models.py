"""What the vault keeps: ciphertext by expiry day, and in the main database what may be known without reading it."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Index, LargeBinary, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.db import Base, VaultBase
from hub.kernel.labels import EVIDENCE, P0, P1, P3
from hub.kernel.partitions import Partitioned
from hub.kernel.work import WorkRow, due_indexes


class Collection(WorkRow, Base):
    """Record that contact fields of a person were collected: their names and their clock, never their values.

    `verified` names those fields that somebody else vouches for, as WeChat does for a mobile.
    `sealed` holds the values, readable by no web process, from the registration until a worker has vaulted them.
    """

    __tablename__ = "collection"
    __table_args__ = (
        *due_indexes("collection"),
        Index("ix_collection_person", "person_id", "collected_at"),
        Index("ix_collection_unpurged", "expires_on", "id", postgresql_where=text("purged_at IS NULL")),
        CheckConstraint("expires_at <= collected_at + interval '30 days'", name="life"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, info=EVIDENCE)
    person_id: Mapped[UUID] = mapped_column(info=EVIDENCE)
    legal_entity: Mapped[str | None] = mapped_column(Text, info=EVIDENCE)
    fields: Mapped[list[str]] = mapped_column(ARRAY(Text), info=EVIDENCE)
    verified: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default="{}", info=EVIDENCE)
    collected_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), info=EVIDENCE)
    expires_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), info=EVIDENCE)
    expires_on: Mapped[date] = mapped_column(Date, info=EVIDENCE)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary, info=P3)
    sealed_epoch: Mapped[date | None] = mapped_column(Date, info=P0)
    vaulted_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True), info=EVIDENCE)
    purged_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True), info=EVIDENCE)


class ConsentRecord(Base):
    """Record what a person agreed to, under which text; only `withdrawn_at` is ever set afterwards."""

    __tablename__ = "consent"
    __table_args__ = (Index("ix_consent_person", "person_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, info=EVIDENCE)
    person_id: Mapped[UUID] = mapped_column(info=EVIDENCE)
    collection_id: Mapped[UUID] = mapped_column(ForeignKey("collection.id"), index=True, info=EVIDENCE)
    text_version: Mapped[str] = mapped_column(Text, info=EVIDENCE)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text), info=EVIDENCE)
    given_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), info=EVIDENCE)
    withdrawn_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True), info=EVIDENCE)


class Disclosure(Base):
    """Record who was shown which fields of which collection, when, and what for; never the values."""

    __tablename__ = "disclosure"
    __table_args__ = (
        Index("ix_disclosure_person", "person_id"),
        Index("ix_disclosure_lead", "lead_id"),
        Index("ix_disclosure_actor_id_id", "actor_id", "id"),
        Index("ix_disclosure_bu_id_id", "bu_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, info=EVIDENCE)
    lead_id: Mapped[UUID] = mapped_column(info=EVIDENCE)
    person_id: Mapped[UUID] = mapped_column(info=EVIDENCE)
    collection_id: Mapped[UUID] = mapped_column(info=EVIDENCE)
    bu_id: Mapped[UUID] = mapped_column(info=EVIDENCE)
    actor_id: Mapped[UUID] = mapped_column(info=EVIDENCE)
    purpose: Mapped[str] = mapped_column(Text, info=EVIDENCE)
    fields: Mapped[list[str]] = mapped_column(ARRAY(Text), info=EVIDENCE)
    at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), info=EVIDENCE)


class PurgeRun(Base):
    """Record how far the purge of one day is: its key destroyed, its partition dropped, what it held.

    For the kind "ingest", `collections` counts those that nobody had opened in time: an incident.
    """

    __tablename__ = "purge_run"

    day: Mapped[date] = mapped_column(Date, primary_key=True, info=EVIDENCE)
    kind: Mapped[str] = mapped_column(Text, primary_key=True, info=EVIDENCE)
    items: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0", info=EVIDENCE)
    collections: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0", info=EVIDENCE)
    destroyed_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), info=EVIDENCE)
    dropped_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True), info=EVIDENCE)


class IngestKey(Base):
    """Publish the public half of a day's ingest key, so that a web process seals without the key store."""

    __tablename__ = "ingest_key"

    day: Mapped[date] = mapped_column(Date, primary_key=True, info=P0)
    public: Mapped[bytes] = mapped_column(LargeBinary, info=P0)


class VaultItem(VaultBase):
    """Keep one field of one collection as ciphertext, in the partition of the day it expires."""

    __tablename__ = "vault_item"
    __table_args__ = (
        CheckConstraint("expires_at <= collected_at + interval '30 days'", name="life"),
        CheckConstraint("expires_on = (expires_at AT TIME ZONE 'UTC')::date", name="day"),
        {"postgresql_partition_by": "RANGE (expires_on)"},
    )

    expires_on: Mapped[date] = mapped_column(Date, primary_key=True, info=P1)
    collection_id: Mapped[UUID] = mapped_column(primary_key=True, info=P1)
    field: Mapped[str] = mapped_column(Text, primary_key=True, info=P1)
    collected_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), info=P1)
    expires_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), info=P1)
    ciphertext: Mapped[bytes] = mapped_column(LargeBinary, info=P3)


PARTITIONED = (Partitioned("vault_item", "day", behind=-1, ahead=45, drop_old=False),)
"""From tomorrow on: today's partition is the purge's to drop, and is never made again."""
