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
        sa.Column("key_id", sa.Uuid(), nullable=False),
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
    op.create_index("ix_fact_due", "fact", ["shard", "id"], unique=False, postgresql_where=sa.text("state = 'new'"))
    op.create_index(
        "ix_fact_waiting", "fact", ["shard"], unique=False, postgresql_where=sa.text("state = 'new' AND attempts > 0")
    )
    op.create_table(
        "ingest_key",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("public", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_ingest_key")),
    )
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


def downgrade() -> None:
    """Take this revision back."""
    op.drop_table("identity_link")
    op.drop_index("ix_merge_edge_person_b", table_name="merge_edge")
    op.drop_index("ix_merge_edge_person_a", table_name="merge_edge")
    op.drop_table("merge_edge")
    op.drop_table("identity_conflict")
    op.drop_index("ix_identity_person_id", table_name="identity")
    op.drop_table("identity")
    op.drop_index("ix_consent_person", table_name="consent")
    op.drop_index(op.f("ix_consent_collection_id"), table_name="consent")
    op.drop_table("consent")
    op.drop_index(
        "ix_unionid_lookup_waiting",
        table_name="unionid_lookup",
        postgresql_where=sa.text("state = 'new' AND attempts > 0"),
    )
    op.drop_index("ix_unionid_lookup_due", table_name="unionid_lookup", postgresql_where=sa.text("state = 'new'"))
    op.drop_index("ix_unionid_lookup_appid", table_name="unionid_lookup", postgresql_where=sa.text("state = 'new'"))
    op.drop_table("unionid_lookup")
    op.drop_table("scoring_model")
    op.drop_index("ix_score_point_person_id_rule", table_name="score_point")
    op.drop_table("score_point")
    op.drop_table("receipt")
    op.drop_table("qualification")
    op.drop_table("purge_run")
    op.drop_index("ix_profile_model_version", table_name="profile")
    op.drop_table("profile")
    op.drop_index("ix_person_root_id", table_name="person")
    op.drop_table("person")
    op.drop_table("ingest_key")
    op.drop_index("ix_fact_waiting", table_name="fact", postgresql_where=sa.text("state = 'new' AND attempts > 0"))
    op.drop_index("ix_fact_due", table_name="fact", postgresql_where=sa.text("state = 'new'"))
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
    op.drop_table("collection")
    op.drop_index(
        "ix_callback_waiting", table_name="callback", postgresql_where=sa.text("state = 'new' AND attempts > 0")
    )
    op.drop_index("ix_callback_due", table_name="callback", postgresql_where=sa.text("state = 'new'"))
    op.drop_table("callback")
    op.drop_index("ix_activity_person_id_occurred_at", table_name="activity")
    op.drop_table("activity")
