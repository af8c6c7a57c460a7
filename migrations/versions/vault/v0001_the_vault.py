"""The vault"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "v0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this revision."""
    op.create_table(
        "vault_item",
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("collection_id", sa.Uuid(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("collected_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("expires_at <= collected_at + interval '30 days'", name=op.f("ck_vault_item_life")),
        sa.CheckConstraint("expires_on = (expires_at AT TIME ZONE 'UTC')::date", name=op.f("ck_vault_item_day")),
        sa.PrimaryKeyConstraint("expires_on", "collection_id", "field", name=op.f("pk_vault_item")),
        postgresql_partition_by="RANGE (expires_on)",
    )


def downgrade() -> None:
    """Take this revision back."""
    op.drop_table("vault_item")
