"""The spine"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this revision."""
    op.create_table(
        "activity",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("received_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("occurred_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("identity_id", sa.Uuid(), nullable=False),
        sa.Column("touchpoint_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("properties", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", "received_at", name=op.f("pk_activity")),
        postgresql_partition_by="RANGE (received_at)",
    )
    op.create_index("ix_activity_person_id_occurred_at", "activity", ["person_id", "occurred_at"], unique=False)
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor_role", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object_kind", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("bu_id", sa.Uuid(), nullable=True),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    op.create_index(op.f("ix_audit_entry_actor_id"), "audit_entry", ["actor_id"], unique=False)
    op.create_index(op.f("ix_audit_entry_at"), "audit_entry", ["at"], unique=False)
    op.create_index(op.f("ix_audit_entry_bu_id"), "audit_entry", ["bu_id"], unique=False)
    op.create_index(
        op.f("ix_audit_entry_object_kind_object_id"), "audit_entry", ["object_kind", "object_id"], unique=False
    )
    op.create_table(
        "callback",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("dedupe_key", sa.LargeBinary(), nullable=False),
        sa.Column("appid", sa.Text(), nullable=False),
        sa.Column("msg_type", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("known", sa.Boolean(), nullable=False),
        sa.Column("occurred_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("received_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_epoch", sa.Date(), nullable=True),
        sa.Column("shard", sa.SmallInteger(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="new", nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("not_before", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", "day", name=op.f("pk_callback")),
        sa.UniqueConstraint("day", "dedupe_key", name=op.f("uq_callback_day_dedupe_key")),
        postgresql_partition_by="RANGE (day)",
    )
    op.create_index("ix_callback_dead", "callback", ["id"], unique=False, postgresql_where=sa.text("state = 'dead'"))
    op.create_index(
        "ix_callback_due", "callback", ["shard", "id"], unique=False, postgresql_where=sa.text("state = 'new'")
    )
    op.create_index(
        "ix_callback_waiting",
        "callback",
        ["shard"],
        unique=False,
        postgresql_where=sa.text("state = 'new' AND attempts > 0"),
    )
    op.create_table(
        "collection",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("legal_entity", sa.Text(), nullable=True),
        sa.Column("fields", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("collected_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_epoch", sa.Date(), nullable=True),
        sa.Column("vaulted_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("purged_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("shard", sa.SmallInteger(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="new", nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("not_before", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.CheckConstraint("expires_at <= collected_at + interval '30 days'", name=op.f("ck_collection_life")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collection")),
    )
    op.create_index(
        "ix_collection_dead", "collection", ["id"], unique=False, postgresql_where=sa.text("state = 'dead'")
    )
    op.create_index(
        "ix_collection_due", "collection", ["shard", "id"], unique=False, postgresql_where=sa.text("state = 'new'")
    )
    op.create_index("ix_collection_person", "collection", ["person_id", "collected_at"], unique=False)
    op.create_index(
        "ix_collection_unpurged",
        "collection",
        ["expires_on", "id"],
        unique=False,
        postgresql_where=sa.text("purged_at IS NULL"),
    )
    op.create_index(
        "ix_collection_waiting",
        "collection",
        ["shard"],
        unique=False,
        postgresql_where=sa.text("state = 'new' AND attempts > 0"),
    )
    op.create_table(
        "disclosure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("collection_id", sa.Uuid(), nullable=False),
        sa.Column("bu_id", sa.Uuid(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("fields", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disclosure")),
    )
    op.create_index("ix_disclosure_lead", "disclosure", ["lead_id"], unique=False)
    op.create_index("ix_disclosure_person", "disclosure", ["person_id"], unique=False)
    op.create_table(
        "fact",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("shard", sa.SmallInteger(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="new", nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("not_before", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", "day", name=op.f("pk_fact")),
        postgresql_partition_by="RANGE (day)",
    )
    op.create_index("ix_fact_dead", "fact", ["id"], unique=False, postgresql_where=sa.text("state = 'dead'"))
    op.create_index("ix_fact_due", "fact", ["shard", "id"], unique=False, postgresql_where=sa.text("state = 'new'"))
    op.create_index(
        "ix_fact_waiting", "fact", ["shard"], unique=False, postgresql_where=sa.text("state = 'new' AND attempts > 0")
    )
    op.create_table(
        "group_profile",
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_group_profile")),
    )
    op.create_table(
        "idempotency_record",
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("started_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("mimetype", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("actor_id", "key_hash", name=op.f("pk_idempotency_record")),
    )
    op.create_index(op.f("ix_idempotency_record_created_at"), "idempotency_record", ["created_at"], unique=False)
    op.create_table(
        "ingest_key",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("public", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_ingest_key")),
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("until", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    op.create_table(
        "legal_entity",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_entity")),
        sa.UniqueConstraint("slug", name=op.f("uq_legal_entity_slug")),
    )
    op.create_table(
        "login_attempt",
        sa.Column("subject", sa.LargeBinary(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_login_attempt")),
    )
    op.create_index(op.f("ix_login_attempt_last_at"), "login_attempt", ["last_at"], unique=False)
    op.create_table(
        "person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("root_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
    )
    op.create_index("ix_person_root_id", "person", ["root_id"], unique=False)
    op.create_table(
        "profile",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("model_version", sa.Integer(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("follows", sa.Integer(), nullable=False),
        sa.Column("registered", sa.Boolean(), nullable=False),
        sa.Column("qualified", sa.Boolean(), nullable=False),
        sa.Column("counted", sa.SmallInteger(), nullable=False),
        sa.Column("last_scene", sa.Text(), nullable=True),
        sa.Column("last_scene_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("traits", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("last_activity_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_profile")),
    )
    op.create_index("ix_profile_model_version", "profile", ["model_version"], unique=False)
    op.create_table(
        "purge_run",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("items", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("collections", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("destroyed_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("dropped_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("day", "kind", name=op.f("pk_purge_run")),
    )
    op.create_table(
        "qualification",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("model_version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("reached_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "model_version", name=op.f("pk_qualification")),
    )
    op.create_table(
        "receipt",
        sa.Column("touchpoint_id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("received_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("touchpoint_id", "external_id", name=op.f("pk_receipt")),
    )
    op.create_table(
        "rollup",
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("dimension", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("slot", sa.SmallInteger(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("metric", "dimension", "day", "slot", name=op.f("pk_rollup")),
    )
    op.create_table(
        "rule_set",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_set")),
        sa.UniqueConstraint("version", name=op.f("uq_rule_set_version")),
    )
    op.create_index(
        "uq_rule_set_published", "rule_set", ["status"], unique=True, postgresql_where=sa.text("status = 'published'")
    )
    op.create_table(
        "score_point",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("activity_id", sa.Uuid(), nullable=False),
        sa.Column("model_version", sa.Integer(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score_point")),
    )
    op.create_index("ix_score_point_person_id_rule", "score_point", ["person_id", "rule", "day"], unique=False)
    op.create_table(
        "scoring_model",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_scoring_model")),
    )
    op.create_table(
        "unionid_lookup",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("appid", sa.Text(), nullable=False),
        sa.Column("openid", sa.Text(), nullable=False),
        sa.Column("shard", sa.SmallInteger(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="new", nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("not_before", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unionid_lookup")),
        sa.UniqueConstraint("appid", "openid", name=op.f("uq_unionid_lookup_appid_openid")),
    )
    op.create_index(
        "ix_unionid_lookup_appid",
        "unionid_lookup",
        ["appid", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'new'"),
    )
    op.create_index(
        "ix_unionid_lookup_dead", "unionid_lookup", ["id"], unique=False, postgresql_where=sa.text("state = 'dead'")
    )
    op.create_index(
        "ix_unionid_lookup_due",
        "unionid_lookup",
        ["shard", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'new'"),
    )
    op.create_index(
        "ix_unionid_lookup_waiting",
        "unionid_lookup",
        ["shard"],
        unique=False,
        postgresql_where=sa.text("state = 'new' AND attempts > 0"),
    )
    op.create_table(
        "unrouted",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("since", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_unrouted")),
    )
    op.create_table(
        "business_unit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("legal_entity_id", sa.Uuid(), nullable=False),
        sa.Column("circulation", sa.Text(), nullable=False),
        sa.Column("accept_within_hours", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["legal_entity_id"], ["legal_entity.id"], name=op.f("fk_business_unit_legal_entity_id_legal_entity")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_business_unit")),
        sa.UniqueConstraint("slug", name=op.f("uq_business_unit_slug")),
    )
    op.create_table(
        "consent",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("collection_id", sa.Uuid(), nullable=False),
        sa.Column("text_version", sa.Text(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("given_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("withdrawn_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["collection_id"], ["collection.id"], name=op.f("fk_consent_collection_id_collection")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    op.create_index(op.f("ix_consent_collection_id"), "consent", ["collection_id"], unique=False)
    op.create_index("ix_consent_person", "consent", ["person_id"], unique=False)
    op.create_table(
        "identity",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("namespace", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("first_seen_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("following", sa.Boolean(), nullable=True),
        sa.Column("follow_changed_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_identity_person_id_person"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity")),
        sa.UniqueConstraint("kind", "namespace", "value", name=op.f("uq_identity_kind_namespace_value")),
    )
    op.create_index("ix_identity_person_id", "identity", ["person_id"], unique=False)
    op.create_table(
        "identity_conflict",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_a", sa.Uuid(), nullable=False),
        sa.Column("person_b", sa.Uuid(), nullable=False),
        sa.Column("evidence", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("found_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_a"], ["person.id"], name=op.f("fk_identity_conflict_person_a_person")),
        sa.ForeignKeyConstraint(["person_b"], ["person.id"], name=op.f("fk_identity_conflict_person_b_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_conflict")),
        sa.UniqueConstraint("person_a", "person_b", name=op.f("uq_identity_conflict_person_a_person_b")),
    )
    op.create_table(
        "merge_edge",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_a", sa.Uuid(), nullable=False),
        sa.Column("person_b", sa.Uuid(), nullable=False),
        sa.Column("evidence", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("merged_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("undone_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_a"], ["person.id"], name=op.f("fk_merge_edge_person_a_person")),
        sa.ForeignKeyConstraint(["person_b"], ["person.id"], name=op.f("fk_merge_edge_person_b_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merge_edge")),
    )
    op.create_index("ix_merge_edge_person_a", "merge_edge", ["person_a"], unique=False)
    op.create_index("ix_merge_edge_person_b", "merge_edge", ["person_b"], unique=False)
    op.create_table(
        "open_platform",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("legal_entity_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["legal_entity_id"], ["legal_entity.id"], name=op.f("fk_open_platform_legal_entity_id_legal_entity")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_open_platform")),
        sa.UniqueConstraint("slug", name=op.f("uq_open_platform_slug")),
    )
    op.create_table(
        "touchpoint",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("legal_entity_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["legal_entity_id"], ["legal_entity.id"], name=op.f("fk_touchpoint_legal_entity_id_legal_entity")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_touchpoint")),
        sa.UniqueConstraint("slug", name=op.f("uq_touchpoint_slug")),
    )
    op.create_table(
        "api_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("bu_id", sa.Uuid(), nullable=True),
        sa.Column("touchpoint_id", sa.Uuid(), nullable=True),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("revoked_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("last_used_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["bu_id"], ["business_unit.id"], name=op.f("fk_api_key_bu_id_business_unit")),
        sa.ForeignKeyConstraint(["touchpoint_id"], ["touchpoint.id"], name=op.f("fk_api_key_touchpoint_id_touchpoint")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("public_id", name=op.f("uq_api_key_public_id")),
    )
    op.create_table(
        "decision",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("rule_set_version", sa.Integer(), nullable=False),
        sa.Column("inputs_hash", sa.Text(), nullable=False),
        sa.Column("outcomes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("chosen", sa.Text(), nullable=True),
        sa.Column("bu_id", sa.Uuid(), nullable=True),
        sa.Column("lead_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["bu_id"], ["business_unit.id"], name=op.f("fk_decision_bu_id_business_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
    )
    op.create_index("ix_decision_person_id", "decision", ["person_id"], unique=False)
    op.create_table(
        "event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("starts_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("ends_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("venue", sa.Text(), nullable=True),
        sa.Column("bu_id", sa.Uuid(), nullable=True),
        sa.Column("touchpoint_id", sa.Uuid(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("interest", sa.Text(), nullable=True),
        sa.Column("published", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("registered", sa.Integer(), server_default="0", nullable=False),
        sa.Column("checked_in", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_event_order")),
        sa.ForeignKeyConstraint(["bu_id"], ["business_unit.id"], name=op.f("fk_event_bu_id_business_unit")),
        sa.ForeignKeyConstraint(["touchpoint_id"], ["touchpoint.id"], name=op.f("fk_event_touchpoint_id_touchpoint")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
        sa.UniqueConstraint("slug", name=op.f("uq_event_slug")),
    )
    op.create_table(
        "identity_link",
        sa.Column("identity_id", sa.Uuid(), nullable=False),
        sa.Column("linked_identity_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("linked_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["identity_id"], ["identity.id"], name=op.f("fk_identity_link_identity_id_identity")),
        sa.ForeignKeyConstraint(
            ["linked_identity_id"], ["identity.id"], name=op.f("fk_identity_link_linked_identity_id_identity")
        ),
        sa.PrimaryKeyConstraint("identity_id", "linked_identity_id", name=op.f("pk_identity_link")),
    )
    op.create_table(
        "user_account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("bu_id", sa.Uuid(), nullable=True),
        sa.Column("password_digest", sa.LargeBinary(), nullable=True),
        sa.Column("totp_secret", sa.LargeBinary(), nullable=True),
        sa.Column("totp_confirmed", sa.Boolean(), nullable=False),
        sa.Column("totp_last_step", sa.BigInteger(), nullable=True),
        sa.Column("oidc_issuer", sa.Text(), nullable=True),
        sa.Column("oidc_subject", sa.Text(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["bu_id"], ["business_unit.id"], name=op.f("fk_user_account_bu_id_business_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
        sa.UniqueConstraint("oidc_issuer", "oidc_subject", name=op.f("uq_user_account_oidc_issuer_oidc_subject")),
    )
    op.create_index(
        "uq_user_account_email",
        "user_account",
        ["email"],
        unique=True,
        postgresql_where=sa.text("oidc_subject IS NULL"),
    )
    op.create_table(
        "wechat_account",
        sa.Column("touchpoint_id", sa.Uuid(), nullable=False),
        sa.Column("appid", sa.Text(), nullable=False),
        sa.Column("original_id", sa.Text(), nullable=False),
        sa.Column("open_platform_id", sa.Uuid(), nullable=True),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("aes_key", sa.LargeBinary(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["open_platform_id"], ["open_platform.id"], name=op.f("fk_wechat_account_open_platform_id_open_platform")
        ),
        sa.ForeignKeyConstraint(
            ["touchpoint_id"], ["touchpoint.id"], name=op.f("fk_wechat_account_touchpoint_id_touchpoint")
        ),
        sa.PrimaryKeyConstraint("touchpoint_id", name=op.f("pk_wechat_account")),
        sa.UniqueConstraint("appid", name=op.f("uq_wechat_account_appid")),
    )
    op.create_table(
        "event_registration",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("identity_kind", sa.Text(), nullable=False),
        sa.Column("identity_namespace", sa.Text(), nullable=False),
        sa.Column("identity_value", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("registered_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("checked_in_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_event_registration_event_id_event")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_registration")),
        sa.UniqueConstraint("event_id", "code", name=op.f("uq_event_registration_event_id_code")),
        sa.UniqueConstraint(
            "event_id",
            "identity_kind",
            "identity_namespace",
            "identity_value",
            name=op.f("uq_event_registration_event_id_identity_kind_identity_namespace_identity_value"),
        ),
    )
    op.create_table(
        "invitation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("used_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_invitation_user_id_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("digest", name=op.f("uq_invitation_digest")),
    )
    op.create_index(op.f("ix_invitation_user_id"), "invitation", ["user_id"], unique=False)
    op.create_table(
        "lead",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("bu_id", sa.Uuid(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("need", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("claimed_by", sa.Uuid(), nullable=True),
        sa.Column("assignee", sa.Text(), nullable=True),
        sa.Column("lease_until", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("claim_token", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("note_epoch", sa.Date(), nullable=True),
        sa.Column("amount", sa.Numeric(precision=18, scale=2), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("progressed_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("recycle_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("sla_due_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["bu_id"], ["business_unit.id"], name=op.f("fk_lead_bu_id_business_unit")),
        sa.ForeignKeyConstraint(
            ["decision_id"],
            ["decision.id"],
            name=op.f("fk_lead_decision_id_decision"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead")),
    )
    op.create_index("ix_lead_bu_id_id", "lead", ["bu_id", "id"], unique=False)
    op.create_index("ix_lead_bu_id_state_id", "lead", ["bu_id", "state", "id"], unique=False)
    op.create_index(
        "ix_lead_lease", "lead", ["bu_id", "lease_until"], unique=False, postgresql_where=sa.text("state = 'claimed'")
    )
    op.create_index("ix_lead_person_id", "lead", ["person_id"], unique=False)
    op.create_index(
        "ix_lead_queue",
        "lead",
        ["bu_id", sa.literal_column("score DESC"), "created_at", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'queued'"),
    )
    op.create_index(
        "uq_lead_open",
        "lead",
        ["person_id", "bu_id"],
        unique=True,
        postgresql_where=sa.text(
            "state IN ('held', 'confirming', 'queued', 'claimed', 'accepted', 'qualified', 'opportunity')"
        ),
    )
    op.create_table(
        "user_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("pending", sa.Boolean(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("last_seen_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("revoked_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_user_session_user_id_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_session")),
        sa.UniqueConstraint("digest", name=op.f("uq_user_session_digest")),
    )
    op.create_index(op.f("ix_user_session_expires_at"), "user_session", ["expires_at"], unique=False)
    op.create_index(op.f("ix_user_session_user_id"), "user_session", ["user_id"], unique=False)
    op.create_table(
        "lead_transition",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("bu_id", sa.Uuid(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=True),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("skipped", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["bu_id"], ["business_unit.id"], name=op.f("fk_lead_transition_bu_id_business_unit")),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_lead_transition_lead_id_lead")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_transition")),
    )
    op.create_index("ix_lead_transition_bu_id_id", "lead_transition", ["bu_id", "id"], unique=False)
    op.create_index("ix_lead_transition_lead_id", "lead_transition", ["lead_id"], unique=False)


def downgrade() -> None:
    """Take this revision back."""
    op.drop_index("ix_lead_transition_lead_id", table_name="lead_transition")
    op.drop_index("ix_lead_transition_bu_id_id", table_name="lead_transition")
    op.drop_table("lead_transition")
    op.drop_index(op.f("ix_user_session_user_id"), table_name="user_session")
    op.drop_index(op.f("ix_user_session_expires_at"), table_name="user_session")
    op.drop_table("user_session")
    op.drop_index(
        "uq_lead_open",
        table_name="lead",
        postgresql_where=sa.text(
            "state IN ('held', 'confirming', 'queued', 'claimed', 'accepted', 'qualified', 'opportunity')"
        ),
    )
    op.drop_index("ix_lead_queue", table_name="lead", postgresql_where=sa.text("state = 'queued'"))
    op.drop_index("ix_lead_person_id", table_name="lead")
    op.drop_index("ix_lead_lease", table_name="lead", postgresql_where=sa.text("state = 'claimed'"))
    op.drop_index("ix_lead_bu_id_state_id", table_name="lead")
    op.drop_index("ix_lead_bu_id_id", table_name="lead")
    op.drop_table("lead")
    op.drop_index(op.f("ix_invitation_user_id"), table_name="invitation")
    op.drop_table("invitation")
    op.drop_table("event_registration")
    op.drop_table("wechat_account")
    op.drop_index("uq_user_account_email", table_name="user_account", postgresql_where=sa.text("oidc_subject IS NULL"))
    op.drop_table("user_account")
    op.drop_table("identity_link")
    op.drop_table("event")
    op.drop_index("ix_decision_person_id", table_name="decision")
    op.drop_table("decision")
    op.drop_table("api_key")
    op.drop_table("touchpoint")
    op.drop_table("open_platform")
    op.drop_index("ix_merge_edge_person_b", table_name="merge_edge")
    op.drop_index("ix_merge_edge_person_a", table_name="merge_edge")
    op.drop_table("merge_edge")
    op.drop_table("identity_conflict")
    op.drop_index("ix_identity_person_id", table_name="identity")
    op.drop_table("identity")
    op.drop_index("ix_consent_person", table_name="consent")
    op.drop_index(op.f("ix_consent_collection_id"), table_name="consent")
    op.drop_table("consent")
    op.drop_table("business_unit")
    op.drop_table("unrouted")
    op.drop_index(
        "ix_unionid_lookup_waiting",
        table_name="unionid_lookup",
        postgresql_where=sa.text("state = 'new' AND attempts > 0"),
    )
    op.drop_index("ix_unionid_lookup_due", table_name="unionid_lookup", postgresql_where=sa.text("state = 'new'"))
    op.drop_index("ix_unionid_lookup_dead", table_name="unionid_lookup", postgresql_where=sa.text("state = 'dead'"))
    op.drop_index("ix_unionid_lookup_appid", table_name="unionid_lookup", postgresql_where=sa.text("state = 'new'"))
    op.drop_table("unionid_lookup")
    op.drop_table("scoring_model")
    op.drop_index("ix_score_point_person_id_rule", table_name="score_point")
    op.drop_table("score_point")
    op.drop_index("uq_rule_set_published", table_name="rule_set", postgresql_where=sa.text("status = 'published'"))
    op.drop_table("rule_set")
    op.drop_table("rollup")
    op.drop_table("receipt")
    op.drop_table("qualification")
    op.drop_table("purge_run")
    op.drop_index("ix_profile_model_version", table_name="profile")
    op.drop_table("profile")
    op.drop_index("ix_person_root_id", table_name="person")
    op.drop_table("person")
    op.drop_index(op.f("ix_login_attempt_last_at"), table_name="login_attempt")
    op.drop_table("login_attempt")
    op.drop_table("legal_entity")
    op.drop_table("lease")
    op.drop_table("ingest_key")
    op.drop_index(op.f("ix_idempotency_record_created_at"), table_name="idempotency_record")
    op.drop_table("idempotency_record")
    op.drop_table("group_profile")
    op.drop_index("ix_fact_waiting", table_name="fact", postgresql_where=sa.text("state = 'new' AND attempts > 0"))
    op.drop_index("ix_fact_due", table_name="fact", postgresql_where=sa.text("state = 'new'"))
    op.drop_index("ix_fact_dead", table_name="fact", postgresql_where=sa.text("state = 'dead'"))
    op.drop_table("fact")
    op.drop_index("ix_disclosure_person", table_name="disclosure")
    op.drop_index("ix_disclosure_lead", table_name="disclosure")
    op.drop_table("disclosure")
    op.drop_index(
        "ix_collection_waiting", table_name="collection", postgresql_where=sa.text("state = 'new' AND attempts > 0")
    )
    op.drop_index("ix_collection_unpurged", table_name="collection", postgresql_where=sa.text("purged_at IS NULL"))
    op.drop_index("ix_collection_person", table_name="collection")
    op.drop_index("ix_collection_due", table_name="collection", postgresql_where=sa.text("state = 'new'"))
    op.drop_index("ix_collection_dead", table_name="collection", postgresql_where=sa.text("state = 'dead'"))
    op.drop_table("collection")
    op.drop_index(
        "ix_callback_waiting", table_name="callback", postgresql_where=sa.text("state = 'new' AND attempts > 0")
    )
    op.drop_index("ix_callback_due", table_name="callback", postgresql_where=sa.text("state = 'new'"))
    op.drop_index("ix_callback_dead", table_name="callback", postgresql_where=sa.text("state = 'dead'"))
    op.drop_table("callback")
    op.drop_index(op.f("ix_audit_entry_object_kind_object_id"), table_name="audit_entry")
    op.drop_index(op.f("ix_audit_entry_bu_id"), table_name="audit_entry")
    op.drop_index(op.f("ix_audit_entry_at"), table_name="audit_entry")
    op.drop_index(op.f("ix_audit_entry_actor_id"), table_name="audit_entry")
    op.drop_table("audit_entry")
    op.drop_index("ix_activity_person_id_occurred_at", table_name="activity")
    op.drop_table("activity")
