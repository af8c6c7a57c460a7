"""Conflicts are decided"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from hub.kernel import walls

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this revision."""
    op.add_column("identity_conflict", sa.Column("decision", sa.Text(), nullable=True))
    op.add_column("identity_conflict", sa.Column("decided_at", postgresql.TIMESTAMP(timezone=True), nullable=True))
    op.add_column("identity_conflict", sa.Column("decided_by", sa.Uuid(), nullable=True))
    op.create_index("ix_identity_conflict_person_b", "identity_conflict", ["person_b"], unique=False)
    op.create_index(
        "ix_identity_conflict_open",
        "identity_conflict",
        ["id"],
        unique=False,
        postgresql_where=sa.text("decision IS NULL"),
    )
    op.add_column("merge_edge", sa.Column("undone_by", sa.Uuid(), nullable=True))
    walls.build(op.get_bind())


def downgrade() -> None:
    """Take this revision back."""
    op.drop_column("merge_edge", "undone_by")
    op.drop_index(
        "ix_identity_conflict_open", table_name="identity_conflict", postgresql_where=sa.text("decision IS NULL")
    )
    op.drop_index("ix_identity_conflict_person_b", table_name="identity_conflict")
    op.drop_column("identity_conflict", "decided_by")
    op.drop_column("identity_conflict", "decided_at")
    op.drop_column("identity_conflict", "decision")
